//! Programs that run for us: each leads a process group of its own, which ends with it.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::future::join;
use rustix::process::Signal;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};

use super::process;

/// A line longer than this is told in pieces, in bytes.
const LONGEST_LINE: usize = 8 * 1024;
/// What is read at once, in bytes.
const PIECE: usize = 16 * 1024;
/// How long a program that has ended may leave others with its output.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A program that runs. Dropping it kills its process group.
#[derive(Debug)]
pub struct Program {
    child: Child,
    group: i32,
    began: u64,
    out: Receiver,
    error: Receiver,
}

impl Program {
    /// Starts a program with this environment and no other, reading nothing.
    pub fn start(argv: &[String], environment: &[(String, String)], directory: &Path) -> io::Result<Program> {
        let (name, arguments) = argv.split_first().ok_or_else(|| io::Error::other("no program is named"))?;
        let (out, out_end) = io::pipe()?;
        let (error, error_end) = io::pipe()?;
        let path = environment.iter().find(|(name, _)| name == "PATH").map_or("", |(_, path)| path);
        let program = found(name, path).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let mut command = std::process::Command::new(program);
        command.args(arguments).env_clear().current_dir(directory).process_group(0);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(out_end).stderr(error_end);
        let mut command = Command::from(command);
        command.kill_on_drop(true);
        let child = command.spawn()?;
        // Our own ends of the pipes: with them open there would be no end of the output.
        drop(command);
        let group = child.id().and_then(|id| i32::try_from(id).ok()).unwrap_or_default();
        let (out, error) = (Receiver::from_owned_fd(out.into())?, Receiver::from_owned_fd(error.into())?);
        Ok(Program { child, group, began: process::began(group).unwrap_or_default(), out, error })
    }

    /// The process group, and when its leader began, by which it is known again.
    pub fn group(&self) -> (i32, u64) {
        (self.group, self.began)
    }

    /// Waits for the end. `line` hears every line of both outputs.
    pub async fn finish(self, line: impl Fn(&str)) -> io::Result<ExitStatus> {
        let (status, _) = self.hear(|_| false, line).await?;
        Ok(status)
    }

    /// Waits for the end, and takes what it writes to its output, up to `most` bytes; `line` hears its errors.
    pub async fn answer(self, most: usize, line: impl Fn(&str)) -> io::Result<(ExitStatus, Vec<u8>)> {
        self.hear(|taken| taken < most, line).await
    }

    /// `take`: whether this many bytes and more are taken, and not told.
    async fn hear(
        mut self,
        take: impl Fn(usize) -> bool,
        line: impl Fn(&str),
    ) -> io::Result<(ExitStatus, Vec<u8>)> {
        let mut taken = Vec::new();
        let mut lines = Lines::default();
        let mut errors = Lines::default();
        let takes = take(0);
        let out = pump(&self.out, |bytes| match takes {
            true if take(taken.len()) => taken.extend_from_slice(bytes),
            true => {}
            false => lines.push(bytes, &line),
        });
        let error = pump(&self.error, |bytes| errors.push(bytes, &line));
        let child = &mut self.child;
        let status = {
            let mut words = std::pin::pin!(join(out, error));
            tokio::select! {
                status = child.wait() => {
                    // Whoever it has left behind may hold the pipes.
                    let _ = tokio::time::timeout(LAST_WORDS, words).await;
                    status
                }
                _ = &mut words => child.wait().await,
            }
        }?;
        lines.end(&line);
        errors.end(&line);
        Ok((status, taken))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        process::signal_group(self.group, Signal::KILL);
    }
}

/// Where a program is; a name with a slash is a place itself.
pub fn found(name: &str, path: &str) -> Option<std::path::PathBuf> {
    let is_program =
        |path: &Path| path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    if name.contains('/') {
        return Some(Path::new(name).to_owned()).filter(|path| is_program(path));
    }
    std::env::split_paths(path).map(|folder| folder.join(name)).find(|path| is_program(path))
}

/// Hands everything on until the end.
async fn pump(pipe: &Receiver, mut each: impl FnMut(&[u8])) {
    let mut buffer = vec![0; PIECE];
    while pipe.readable().await.is_ok() {
        match pipe.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => each(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

/// Cuts a stream into lines. A line that is drawn over counts as it was last.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    fn push(&mut self, bytes: &[u8], line: &impl Fn(&str)) {
        for &byte in bytes {
            match byte {
                b'\n' => self.end(line),
                byte => self.rest.push(byte),
            }
            if self.rest.len() >= LONGEST_LINE {
                self.end(line);
            }
        }
    }

    fn end(&mut self, line: &impl Fn(&str)) {
        let text = String::from_utf8_lossy(&self.rest);
        let text = text.trim_end_matches('\r');
        let text = text.rsplit('\r').next().unwrap_or(text);
        if !self.rest.is_empty() {
            line(text);
        }
        self.rest.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn start(script: &str) -> Program {
        let environment =
            [("PATH".to_owned(), "/usr/bin:/bin".to_owned()), ("GREETING".to_owned(), "hello".to_owned())];
        Program::start(&["sh", "-c", script].map(str::to_owned), &environment, Path::new("/")).unwrap()
    }

    #[tokio::test]
    async fn lines_of_both_outputs_are_heard_and_nothing_is_inherited() {
        let heard = RefCell::new(Vec::new());
        let program = start("echo $GREETING $HOME.; echo oops >&2; printf 'one\\rtwo'; exit 3");
        let status = program.finish(|line| heard.borrow_mut().push(line.to_owned())).await.unwrap();
        assert_eq!(status.code(), Some(3));
        let mut heard = heard.into_inner();
        heard.sort();
        assert_eq!(heard, ["hello .", "oops", "two"]);
    }

    #[tokio::test]
    async fn an_answer_is_bounded() {
        let (status, answer) = start("yes | head -c 100000").answer(1000, |_| {}).await.unwrap();
        assert!(status.success() && answer.len() >= 1000 && answer.len() < 1000 + PIECE);
    }

    #[tokio::test]
    async fn the_whole_group_ends_with_it() {
        let program = start("sleep 1000 & echo $!; wait");
        let group = program.group();
        assert_eq!(process::began(group.0), Some(group.1));
        drop(program);
        let gone = async {
            while process::members_of_group(group.0) > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), gone).await.expect("all of them end");
    }

    #[tokio::test]
    async fn one_that_leaves_others_behind_ends_all_the_same() {
        let program = start("sleep 1000 & exit 0");
        let group = program.group().0;
        assert!(program.finish(|_| {}).await.unwrap().success());
        let gone = async {
            while process::members_of_group(group) > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), gone).await.expect("they end, too");
    }
}
