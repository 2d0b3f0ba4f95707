//! Child processes of steps.

use std::path::Path;

use super::{Done, Work, right};
use crate::domain::setup::{Command, Failure, Outcome};
use crate::os::program::{Program, found};

/// Most bytes of an answer.
const ANSWER: usize = 32 << 20;

impl Work {
    /// Runs a program to its end; what it prints is the step's output.
    pub(super) async fn run(&self, argv: &[String], more: &[(&str, String)]) -> Result<(), Failure> {
        self.say(&format!("$ {}", argv.join(" ")));
        let (program, _listed) = self.start(argv, more)?;
        let status = program.finish(|line| self.say(line)).await.map_err(|error| self.lost(argv, &error))?;
        if status.success() { Ok(()) } else { Err(self.unhappy(argv, status)) }
    }

    /// Runs a program and takes what it writes to its output.
    pub(super) async fn answer(&self, argv: &[String]) -> Result<String, Failure> {
        let (program, _listed) = self.start(argv, &[])?;
        let answered = program.answer(ANSWER, |line| self.say(line)).await;
        let (status, answer) = answered.map_err(|error| self.lost(argv, &error))?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        if status.success() { Ok(answer) } else { Err(self.unhappy(argv, status)) }
    }

    fn start(
        &self,
        argv: &[String],
        more: &[(&str, String)],
    ) -> Result<(Program, super::ground::Listed), Failure> {
        let mut environment = self.ground.environment.clone();
        for (name, value) in more {
            environment.retain(|(other, _)| other != name);
            environment.push(((*name).to_owned(), value.clone()));
        }
        let program =
            Program::start(argv, &environment, &self.ground.home).map_err(|error| self.lost(argv, &error))?;
        let listed = self.ground.groups.list(program.group());
        self.save.do_send(super::Save);
        Ok((program, listed))
    }

    fn lost(&self, argv: &[String], error: &std::io::Error) -> Failure {
        let name = argv.first().map_or("", String::as_str);
        if error.kind() == std::io::ErrorKind::NotFound {
            return Failure::last(format!("{name} is not on the path; install it, or skip this step"));
        }
        Failure::passing(format!("{name} could not be run: {error}"))
    }

    fn unhappy(&self, argv: &[String], status: std::process::ExitStatus) -> Failure {
        let name = argv.first().map_or("", String::as_str);
        let name = name.rsplit('/').next().unwrap_or(name);
        let last = self.voice.last().unwrap_or_default();
        Failure::passing(format!("{name} ended with {status}: {last}"))
    }

    /// Where a program is, as the steps' path has it.
    pub(super) fn found(&self, name: &str) -> Option<std::path::PathBuf> {
        found(name, self.ground.variable("PATH"))
    }

    /// What a program says its version is.
    pub(super) async fn version_of(&self, program: &Path) -> Option<crate::domain::setup::version::Version> {
        let argv = [program.display().to_string(), "--version".to_owned()];
        let asked = tokio::time::timeout(std::time::Duration::from_secs(30), self.answer(&argv)).await;
        crate::domain::setup::version::Version::said(&asked.ok()?.ok()?)
    }
}

/// A step of whoever wrote the catalogue.
pub async fn command(work: &Work, command: &Command) -> Done {
    let home = work.ground.home.display().to_string();
    let at_home = |words: &[String]| -> Vec<String> {
        let word =
            |word: &String| word.strip_prefix("~/").map_or(word.clone(), |rest| format!("{home}/{rest}"));
        words.iter().map(word).collect()
    };
    if !work.forced {
        if !command.check.is_empty() && work.run(&at_home(&command.check), &[]).await.is_ok() {
            return Ok(right("nothing is to be done"));
        }
        let (home, products) = (work.ground.home.clone(), work.step.produces.clone());
        let gone = work.blocking(move || Ok(super::missing(&home, &products))).await?;
        if command.check.is_empty() && gone.is_empty() {
            return Ok(right("what it makes is there"));
        }
    }
    work.run(&at_home(&command.command), &[]).await?;
    if !command.check.is_empty() {
        work.run(&at_home(&command.check), &[]).await.map_err(|failure| Failure {
            why: format!("it ended well, but its check did not: {}", failure.why),
            ..failure
        })?;
    }
    Ok(Outcome::Done { version: None })
}
