//! `coda generate DIR`: shell completions and manual pages, from the options themselves. For `make dist`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::options::Cli;

#[derive(Debug, Args)]
pub struct GenerateOptions {
    /// Directory for `completions/` and `man/`
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    dir: PathBuf,
}

pub fn run(options: &GenerateOptions) -> anyhow::Result<ExitCode> {
    let [completions, man] = ["completions", "man"].map(|name| options.dir.join(name));
    for dir in [&completions, &man] {
        fs::create_dir_all(dir).with_context(|| format!("create {}", dir.display()))?;
    }
    let command = without_hidden(Cli::command());
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut command.clone(), "coda", &completions)
            .with_context(|| format!("write to {}", completions.display()))?;
    }
    clap_mangen::generate_to(command, &man).with_context(|| format!("write to {}", man.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// What is not for people is not offered to them.
fn without_hidden(command: clap::Command) -> clap::Command {
    let shown: Vec<clap::Command> =
        command.get_subcommands().filter(|command| !command.is_hide_set()).cloned().collect();
    let mut bare = clap::Command::new("coda").version(crate::RELEASE);
    bare = bare.about(command.get_about().cloned().unwrap_or_default());
    bare = bare.after_help(command.get_after_help().cloned().unwrap_or_default());
    bare.subcommands(shown)
}
