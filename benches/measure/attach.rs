//! Joining a session that has printed a lot.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::Run;
use crate::client::Channel;
use crate::daemon::{Daemon, until};
use crate::files;
use crate::stats::{median, most};
use crate::table::{Budget, Row};

const OUTPUT: u64 = 20_000_000;
/// What the last line says; the snapshot must have it.
const LAST: &str = "this is the last line";

pub fn take(run: &mut Run) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let daemon = Daemon::start()?;
    let times = run.scaled(20, 8);
    for coloured in [false, true] {
        let kind = if coloured { "coloured" } else { "plain" };
        let file = files::write(dir.path(), OUTPUT, coloured)?;
        let (bytes, joins) = joins(&daemon, &file.path, file.printed, times)?;
        let kib = most(&bytes) / 1024.0;
        run.table.row(
            Row::new(format!("attach after 20 MB, {kind}, bytes sent"), format!("{kib:.0} KiB")).bound_value(
                kib,
                Budget::AtMost(256.0),
                "≤ 256 KiB",
            ),
        );
        let (middle, worst) = (median(&joins), most(&joins));
        run.table.row(
            Row::new(
                format!("attach after 20 MB, {kind}, time"),
                format!("{middle:.1} ms (most {worst:.1})"),
            )
            .bound_value(middle, Budget::AtMost(50.0), "≤ 50 ms"),
        );
    }
    run.table.note(format!(
        "attach: {times} joins each, from the join to the snapshot's last part, which has the last line"
    ));
    Ok(())
}

/// Bytes and milliseconds of each join.
fn joins(daemon: &Daemon, file: &Path, printed: u64, times: usize) -> Result<(Vec<f64>, Vec<f64>)> {
    let script = format!("cat '{}'; echo; echo {LAST}; exec sleep 600", file.display());
    let session = daemon.create(&["/bin/sh", "-c", &script])?;
    let expected = printed + 2 + LAST.len() as u64 + 2;
    until("20 MB of output", Duration::from_secs(30), || {
        let (_, rows) = daemon.get("/api/sessions").ok()?;
        rows.contains(&format!("\"offset\":{expected}")).then_some(())
    })?;
    let (mut bytes, mut took) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let mut client = daemon.client()?;
        let mut channel = Channel::new(&session, true);
        channel.kept = Some(Vec::new());
        client.channels.insert(1, channel);
        let began = Instant::now();
        client.join(1, &session, None)?;
        took.push(began.elapsed().as_secs_f64() * 1e3);
        let channel = &client.channels[&1];
        bytes.push(channel.snapshot_bytes as f64);
        let text = String::from_utf8_lossy(channel.kept.as_deref().unwrap_or_default());
        ensure!(text.contains(LAST), "the snapshot does not show the last line");
    }
    Ok((bytes, took))
}
