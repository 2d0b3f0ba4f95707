//! A program on a PTY.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use anyhow::Result;

use crate::watchdog::Guarded;

/// Bytes asked for in one read.
pub const BUFFER: usize = 64 * 1024;

/// A program on a PTY that is read directly. It ends when this is dropped.
pub struct Pty {
    pub master: File,
    _program: Guarded,
}

impl Pty {
    pub fn spawn(argv: &[String]) -> Result<Pty> {
        let (pty, pts) = pty_process::blocking::open()?;
        pty.resize(pty_process::Size::new(24, 80))?;
        let (program, arguments) = argv.split_first().ok_or_else(|| anyhow::anyhow!("no program"))?;
        let command = pty_process::blocking::Command::new(program).args(arguments);
        let program = Guarded(command.env("TERM", "xterm-256color").spawn(pts)?);
        Ok(Pty { master: File::from(OwnedFd::from(pty)), _program: program })
    }

    pub fn type_in(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.master.write_all(bytes)?)
    }

    /// Reads until `count` bytes have come.
    pub fn read(&mut self, count: u64) -> Result<()> {
        let mut buffer = vec![0; BUFFER];
        let mut left = count;
        while left > 0 {
            let got = self.master.read(&mut buffer)? as u64;
            anyhow::ensure!(got > 0 && got <= left, "{got} bytes came, {left} expected");
            left -= got;
        }
        Ok(())
    }
}
