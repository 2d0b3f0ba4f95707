//! Which shells get our marks, and how: arguments and variables that make bash or zsh read our file, which reads
//! what the shell would have read. Nothing of the user's is edited.
//!
//! Only a plain interactive shell is touched: `bash` or `zsh` by name, with nothing but `-i`, `-l` or `--login`.
//! Anything else was said on purpose.

use std::path::Path;

/// Names of our files below the folder they are written to, and what is in them.
pub const FILES: [(&str, &str); 3] = [
    ("coda.bash", include_str!("../../config/shell/coda.bash")),
    ("coda.zsh", include_str!("../../config/shell/coda.zsh")),
    ("zsh/.zshenv", include_str!("../../config/shell/zshenv")),
];

/// How to start a shell with our marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injected {
    pub argv: Vec<String>,
    /// Variables of ours; [`super::environment::Environment::with`] takes them.
    pub variables: Vec<(&'static str, String)>,
}

/// How to start `argv` with the marks whose files lie in `folder`; None: as it is. `zdotdir` is the user's own.
pub fn inject(argv: &[String], folder: &Path, nonce: &str, zdotdir: Option<&str>) -> Option<Injected> {
    let (program, options) = argv.split_first()?;
    let known = |option: &String| matches!(option.as_str(), "-i" | "-l" | "--login");
    if !options.iter().all(known) {
        return None;
    }
    let login = options.iter().any(|option| option != "-i");
    let file = |name: &str| Some(folder.join(name).to_str()?.to_owned());
    let mut variables = vec![("CODA_SHELL_NONCE", nonce.to_owned())];
    let begin = match program.rsplit('/').next()? {
        "bash" if login => {
            variables.extend([("ENV", file("coda.bash")?), ("CODA_BASH_LOGIN", "1".to_owned())]);
            vec!["--posix".to_owned()]
        }
        "bash" => vec!["--rcfile".to_owned(), file("coda.bash")?],
        "zsh" => {
            variables.push(("ZDOTDIR", file("zsh")?));
            variables.extend(zdotdir.map(|dir| ("CODA_ZDOTDIR", dir.to_owned())));
            Vec::new()
        }
        _ => return None,
    };
    // Long options of bash come before short ones.
    let (long, short): (Vec<&String>, Vec<&String>) = options.iter().partition(|option| option.len() > 2);
    let options = begin.into_iter().chain(long.into_iter().chain(short).cloned());
    Some(Injected { argv: std::iter::once(program.clone()).chain(options).collect(), variables })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn injected(argv: &[&str], zdotdir: Option<&str>) -> Option<(String, Vec<(&'static str, String)>)> {
        let argv: Vec<String> = argv.iter().map(ToString::to_string).collect();
        let injected = inject(&argv, Path::new("/f"), "n", zdotdir)?;
        Some((injected.argv.join(" "), injected.variables))
    }

    #[test]
    fn plain_shells_are_started_with_our_files() {
        for (argv, expected, names) in [
            (&["/bin/bash"][..], "/bin/bash --rcfile /f/coda.bash", &["CODA_SHELL_NONCE"][..]),
            (&["bash", "-i"], "bash --rcfile /f/coda.bash -i", &["CODA_SHELL_NONCE"]),
            (&["bash", "-l"], "bash --posix -l", &["CODA_SHELL_NONCE", "ENV", "CODA_BASH_LOGIN"]),
            (
                &["bash", "-i", "--login"],
                "bash --posix --login -i",
                &["CODA_SHELL_NONCE", "ENV", "CODA_BASH_LOGIN"],
            ),
            (&["/usr/bin/zsh"], "/usr/bin/zsh", &["CODA_SHELL_NONCE", "ZDOTDIR"]),
            (&["zsh", "-l"], "zsh -l", &["CODA_SHELL_NONCE", "ZDOTDIR"]),
        ] {
            let (line, variables) = injected(argv, None).unwrap();
            assert_eq!(line, expected);
            assert_eq!(variables.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names, "{argv:?}");
        }
        let (_, variables) = injected(&["zsh"], Some("/home/ann/z")).unwrap();
        assert!(variables.contains(&("CODA_ZDOTDIR", "/home/ann/z".to_owned())));
        assert!(variables.contains(&("ZDOTDIR", "/f/zsh".to_owned())));
    }

    #[test]
    fn what_was_said_on_purpose_stays() {
        for argv in [
            &[][..],
            &["sh"],
            &["fish"],
            &["/usr/bin/bashful"],
            &["bash", "-c", "ls"],
            &["bash", "--norc"],
            &["bash", "--rcfile", "mine"],
            &["bash", "script.sh"],
            &["zsh", "-f"],
            &["env", "bash"],
        ] {
            assert_eq!(injected(argv, None), None, "{argv:?}");
        }
    }
}
