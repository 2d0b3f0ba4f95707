//! What stays, what changes, and what is refused.

use proptest::prelude::*;

use super::reader::{read, values};
use super::*;

const HOST: &str = "https://new.example";
const TOKEN: &str = "dapi0new";

fn edited(old: &str) -> Result<String, EditError> {
    named(old, "DEFAULT")
}

fn named(old: &str, name: &str) -> Result<String, EditError> {
    let new = edit(old.as_bytes(), &Profile { name, host: HOST, token: TOKEN })?;
    Ok(String::from_utf8(new).unwrap())
}

/// B-37: the file was written anew at each rotation, and other profiles were gone.
#[test]
fn only_host_and_token_change() {
    for (old, new) in [
        ("", "[DEFAULT]\nhost = https://new.example\ntoken = dapi0new\n"),
        (
            "# mine\r\n[DEFAULT]\r\n  Host=https://old\t\r\n  cluster_id = c\r\n\r\n[work]\r\ntoken : t",
            "# mine\r\n[DEFAULT]\r\n  host=https://new.example\t\r\n  token = dapi0new\r\n  cluster_id = c\r\n\r\n[work]\r\ntoken : t",
        ),
        (
            "[work]\nhost = w\ntoken = w",
            "[work]\nhost = w\ntoken = w\n\n[DEFAULT]\nhost = https://new.example\ntoken = dapi0new\n",
        ),
        (
            "[DEFAULT]\n; none yet\n\n    cluster_id = c\n  [work]\nhost = w\n",
            "[DEFAULT]\n    host = https://new.example\n    token = dapi0new\n; none yet\n\n    cluster_id = c\n  [work]\nhost = w\n",
        ),
        (
            "[DEFAULT] # the usual\ntoken = old # from ann\nhost =\n[DEFAULT]\nscopes = a,\n  b\n",
            "[DEFAULT] # the usual\n# from ann\ntoken = dapi0new\nhost =https://new.example\n[DEFAULT]\nscopes = a,\n  b\n",
        ),
        ("[DEFAULT]", "[DEFAULT]\nhost = https://new.example\ntoken = dapi0new\n"),
        ("[DEFAULT]\ntoken=#old", "[DEFAULT]\n#old\ntoken=dapi0new\nhost = https://new.example\n"),
    ] {
        assert_eq!(edited(old).unwrap(), new, "{old:?}");
        assert_eq!(edited(new).unwrap(), new, "a second time changes nothing");
    }
    let two = "[DEFAULT]\nhost = a\ntoken = b\n\n[work]\nhost = c\n";
    assert_eq!(
        named(two, "work").unwrap(),
        "[DEFAULT]\nhost = a\ntoken = b\n\n[work]\nhost = https://new.example\ntoken = dapi0new\n"
    );
}

#[test]
fn what_cannot_be_read_safely_is_refused_by_its_line() {
    for (old, line) in [
        ("host = x\n[DEFAULT]\n", 1),
        ("\u{feff}[DEFAULT]\n", 1),
        ("[DEFAULT]\nnonsense\n", 2),
        ("[DEFAULT]\n= x\n", 2),
        ("[work]\na = 1\n[work]\n", 3),
        ("[DEFAULT]\ntoken = a\n[DEFAULT]\nTOKEN = b\n", 4),
        ("[DEFAULT\n", 1),
        ("[]\n", 1),
        ("[work] # see [wiki]\n", 1),
        ("[DEFAULT]\nhost = a\n  token = b\n", 3),
        ("[DEFAULT]\ncluster_id = a\n  token = b\n", 3),
        ("[DEFAULT]\nhost = a\rtoken = b\n", 2),
        ("[DEFAULT]\nhost = a\0\n", 2),
    ] {
        let error = edited(old).unwrap_err();
        assert!(matches!(error, EditError::Line { number, .. } if number == line), "{old:?}: {error}");
    }
    assert_eq!(edit(b"[\xff]", &Profile::default_of(HOST, TOKEN)), Err(EditError::NotText));
}

#[test]
fn what_is_no_host_and_no_token_never_gets_in() {
    for token in ["", "a b", "a\nhost = evil", "a\r", "%(x)s", "a#b", "\"a\"", "é", "a\\"] {
        assert_eq!(edit(b"", &Profile::default_of(HOST, token)), Err(EditError::Value("token")), "{token:?}");
    }
    assert_eq!(edit(b"", &Profile::default_of("", TOKEN)), Err(EditError::Value("host")));
    for name in ["", " x", "a]", "a\nb", "__settings__"] {
        assert_eq!(named("", name), Err(EditError::Value("name")), "{name:?}");
    }
}

/// Anything like such a file, odd spacing and all.
pub fn files() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        4 => "[ \t]{0,3}(host|Token|token|cluster_id|x y)[ \t]{0,2}[=:][ \t]{0,2}[a-z0-9:/.=%]{0,6}( [#;][ a-z\\]]{0,4})?[ \t]{0,2}",
        2 => "\\[(DEFAULT|DEFAULT|work|home| DEFAULT|__settings__)\\]( [#;a-z]{0,3})?",
        1 => "[ \t]{0,3}[#;][ a-z=\\[\\]]{0,8}",
        1 => "[ \t]{0,3}",
        1 => "[ \t]{1,4}[a-z]{1,5}( = [a-z]{0,3})?\\\\?",
        1 => "\\PC{0,6}",
    ];
    let end = prop_oneof![5 => Just("\n"), 2 => Just("\r\n")];
    let lines = proptest::collection::vec((line, end), 0..12);
    (lines, any::<bool>()).prop_map(|(lines, cut)| {
        let mut text: String = lines.iter().flat_map(|(line, end)| [line.as_str(), *end]).collect();
        if cut && text.ends_with('\n') {
            text.pop();
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_reader_finds_what_it_found_before_and_ours(old in files(), name in "(DEFAULT|work|new)") {
        let Ok(new) = named(&old, &name) else { return Ok(()) };
        let mut expected = values(&read(old.as_bytes()).unwrap());
        expected.insert((name.clone(), "host".into()), HOST.into());
        expected.insert((name.clone(), "token".into()), TOKEN.into());
        prop_assert_eq!(values(&read(new.as_bytes()).unwrap()), expected);
        prop_assert_eq!(named(&new, &name).unwrap(), new);
    }

    /// Every old line that is not one of ours is in the new file, in its order, byte for byte.
    #[test]
    fn every_other_line_stays(old in files(), name in "(DEFAULT|work|new)") {
        let Ok(new) = named(&old, &name) else { return Ok(()) };
        let ours = |line: &reader::Line<'_>| matches!(&line.kind,
            reader::Kind::Entry { section, key, .. } if *section == name && (key == "host" || key == "token"));
        let lines = read(old.as_bytes()).unwrap();
        let kept = lines.iter().filter(|line| !ours(line)).map(|line| line.text);
        let mut rest = new.lines();
        for text in kept {
            prop_assert!(rest.any(|line| line == text), "{:?} is gone from {:?}", text, new);
        }
    }

    #[test]
    fn nonsense_never_panics(old in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = edit(&old, &Profile::default_of(HOST, TOKEN));
    }
}
