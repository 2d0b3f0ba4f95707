//! Typing, one key at a time, and waiting for each to appear.
//!
//! The program is `cat` on a terminal as everyone has it: cooked, with the echo made by the kernel's line
//! discipline. So a key's way is client → server → PTY → line discipline → PTY → server → client, and the program
//! itself sleeps. A line is ended, unmeasured, before the line discipline's buffer is full.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::client::Client;

/// A session that only echoes.
pub const ECHO: [&str; 1] = ["/bin/cat"];
/// Keys in a line.
const LINE: u64 = 50;

/// Somebody who types on one channel.
pub struct Typist {
    pub client: Client,
    channel: u32,
    in_line: u64,
    /// Spreads the pauses, so that they do not beat with anybody's timer.
    state: u64,
}

impl Typist {
    pub fn new(client: Client, channel: u32) -> Typist {
        Typist { client, channel, in_line: 0, state: 1 }
    }

    /// Types `count` keys about 5 ms apart; how long each took to appear.
    pub fn round(&mut self, count: usize) -> Result<Vec<Duration>> {
        (0..count).map(|_| self.pause().key()).collect()
    }

    /// Types for as long as that.
    pub fn during(&mut self, time: Duration) -> Result<Vec<Duration>> {
        let began = Instant::now();
        let mut latencies = Vec::new();
        while began.elapsed() < time {
            latencies.push(self.pause().key()?);
        }
        Ok(latencies)
    }

    fn pause(&mut self) -> &mut Typist {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_micros(4_500 + (self.state >> 33) % 1_000));
        self
    }

    /// One key.
    pub fn key(&mut self) -> Result<Duration> {
        self.end_line()?;
        let expected = self.client.channels[&self.channel].offset + 1;
        let began = Instant::now();
        self.client.input(self.channel, b"x")?;
        self.client.until_offset(self.channel, expected)?;
        let took = began.elapsed();
        self.in_line += 1;
        Ok(took)
    }

    fn end_line(&mut self) -> Result<()> {
        if self.in_line < LINE {
            return Ok(());
        }
        // The echo of the end, and the line again from `cat`.
        let expected = self.client.channels[&self.channel].offset + 2 + LINE + 2;
        self.client.input(self.channel, b"\n")?;
        self.client.until_offset(self.channel, expected)?;
        self.in_line = 0;
        Ok(())
    }
}
