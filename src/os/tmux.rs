//! The tmux server that holds sessions when that is asked for: a program with a deadline, on a socket of our own.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::session_files::make_private_dir;
use crate::domain::panes;

/// How long tmux may take to answer.
const DEADLINE: Duration = Duration::from_secs(5);
/// Longest answer read, in bytes.
const ANSWER: u64 = 1024 * 1024;
/// Longest path that a socket can have, in bytes.
const SOCKET: usize = 107;

/// The program `tmux` on a search path, if it is there.
pub fn find(path: &str) -> Option<PathBuf> {
    let candidates =
        path.split(':').filter(|dir| dir.starts_with('/')).map(|dir| Path::new(dir).join("tmux"));
    candidates
        .filter(|program| program.is_file())
        .find(|program| rustix::fs::access(program, rustix::fs::Access::EXEC_OK).is_ok())
}

/// What tmux says of itself, such as `tmux 3.4`.
pub fn version(program: &Path) -> io::Result<String> {
    Ok(ask(Command::new(program).arg("-V"), DEADLINE)?.trim().to_owned())
}

/// A server's place: its socket and its settings lie in `dir`.
#[derive(Debug, Clone)]
pub struct Server {
    program: PathBuf,
    dir: PathBuf,
    environment: Vec<(String, String)>,
}

impl Server {
    /// The server below `dir`, started by `program` when the first session is. Error: `dir` cannot hold one.
    pub fn new(program: PathBuf, dir: &Path, environment: &[(String, String)]) -> io::Result<Server> {
        let server = Server { program, dir: dir.to_owned(), environment: environment.to_vec() };
        let length = server.socket().as_os_str().len();
        if length > SOCKET {
            let why = format!("{} is {length} bytes long; a socket's path can have {SOCKET}", dir.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        Ok(server)
    }

    fn socket(&self) -> PathBuf {
        self.dir.join("socket")
    }

    fn settings(&self) -> PathBuf {
        self.dir.join("tmux.conf")
    }

    /// Writes the settings; a server that runs has read its own.
    pub fn prepare(&self, settings: &str) -> io::Result<()> {
        make_private_dir(&self.dir).map_err(io::Error::other)?;
        let next = self.dir.join("tmux.conf.new");
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&next)?;
        io::Write::write_all(&mut file, settings.as_bytes())?;
        fs::rename(&next, self.settings())
    }

    /// The whole command line behind which `arguments` stand.
    pub fn command(&self, arguments: Vec<String>) -> Vec<String> {
        let text = |path: PathBuf| path.display().to_string();
        let mut command = vec![text(self.program.clone()), "-u".to_owned()];
        command.extend(["-S".to_owned(), text(self.socket()), "-f".to_owned(), text(self.settings())]);
        command.extend(arguments);
        command
    }

    /// The session names, one a line; none when no server runs.
    pub fn sessions(&self) -> String {
        self.ask(&["list-sessions", "-F", "#{session_name}"]).unwrap_or_default()
    }

    /// Ends a session and what runs in it.
    pub fn kill(&self, pane: u32) -> io::Result<()> {
        // `=`: this name, not one that begins like it.
        self.ask(&["kill-session", "-t", &format!("={}", panes::name(pane))]).map(drop)
    }

    fn ask(&self, arguments: &[&str]) -> io::Result<String> {
        let whole = self.command(arguments.iter().map(|&argument| argument.to_owned()).collect());
        let mut command = Command::new(&whole[0]);
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        command.args(&whole[1..]).env_clear().envs(environment);
        ask(&mut command, DEADLINE)
    }
}

/// Runs a program to its end and takes what it says; one that is late is killed.
fn ask(command: &mut Command, deadline: Duration) -> io::Result<String> {
    let until = Instant::now() + deadline;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let said = listen(&mut child, until);
    if said.is_err() {
        let _ = child.kill();
    }
    let status = child.wait()?;
    let said = said?;
    if !status.success() {
        return Err(io::Error::other(format!("{} ended with {status}", command.get_program().display())));
    }
    Ok(said)
}

/// Reads until the program closes its output, which these do when they end.
fn listen(child: &mut Child, until: Instant) -> io::Result<String> {
    let Some(output) = child.stdout.take() else { return Ok(String::new()) };
    let mut output = output.take(ANSWER);
    let (mut said, mut piece) = (Vec::new(), [0u8; 4096]);
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let wait = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        if poll(&mut [PollFd::new(output.get_ref(), PollFlags::IN)], Some(&wait))? == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match output.read(&mut piece)? {
            0 => return String::from_utf8(said).map_err(io::Error::other),
            count => said.extend_from_slice(&piece[..count]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_on_the_path_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = format!("relative:{}:/nowhere", dir.path().display());
        assert_eq!(find(&path), None);
        let program = dir.path().join("tmux");
        fs::write(&program, "#!/bin/sh\n").unwrap();
        assert_eq!(find(&path), None, "it cannot be run");
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        assert_eq!(find(&path), Some(program));
    }

    #[test]
    fn a_program_that_does_not_answer_is_killed() {
        let late = ask(Command::new("/bin/sleep").arg("60"), Duration::from_millis(50)).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        assert_eq!(ask(Command::new("/bin/echo").arg("here"), DEADLINE).unwrap(), "here\n");
        assert!(ask(&mut Command::new("/bin/false"), DEADLINE).is_err());
        assert!(ask(&mut Command::new("/nowhere"), DEADLINE).is_err());
    }

    #[test]
    fn a_path_too_long_for_a_socket_is_refused() {
        let dir = PathBuf::from(format!("/{}", "d".repeat(100)));
        assert!(Server::new("/usr/bin/tmux".into(), &dir, &[]).is_err());
        assert!(Server::new("/usr/bin/tmux".into(), Path::new("/short"), &[]).is_ok());
    }
}
