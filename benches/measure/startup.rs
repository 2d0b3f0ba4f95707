//! From the start of `coda serve` to its first answer.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::Run;
use super::typing::ECHO;
use crate::baseline::Server;
use crate::client::{Client, DEADLINE};
use crate::daemon::{Daemon, free_address};
use crate::stats::{median, most};
use crate::table::{Budget, Row};

pub fn take(run: &mut Run) -> Result<()> {
    let (mut coda, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..run.scaled(15, 7) {
        let began = Instant::now();
        let server = Server::start(&ECHO)?;
        drop(Client::bare(server.address)?);
        bare.push(began.elapsed().as_secs_f64() * 1e3);
        coda.push(first_answer()?.as_secs_f64() * 1e3);
    }
    let show = |times: &[f64]| format!("{:.0} ms (most {:.0})", median(times), most(times));
    let row = Row::new("start to the first answer", show(&coda))
        .against(show(&bare), median(&coda) / median(&bare))
        .bound_value(median(&coda), Budget::AtMost(100.0), "≤ 100 ms");
    run.table.row(row);
    Ok(())
}

fn first_answer() -> Result<Duration> {
    let address = free_address()?;
    let began = Instant::now();
    let daemon = Daemon::spawn(address, "")?;
    while TcpStream::connect(address).is_err() {
        ensure!(began.elapsed() < DEADLINE, "nobody listens: {}", daemon.log());
        std::thread::sleep(Duration::from_micros(200));
    }
    let (status, body) = daemon.get("/health")?;
    let took = began.elapsed();
    ensure!(status == 200, "{status} {body}");
    Ok(took)
}
