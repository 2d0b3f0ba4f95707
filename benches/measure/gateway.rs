//! What the way through the gateway adds to a streamed answer, and what ten thousand of them leave behind.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::json;
use workspace::Workspace;

use super::Run;
use crate::daemon::{Daemon, until};
use crate::model::{self, Asker};
use crate::stats::Rounds;
use crate::table::{Budget, Row};
use crate::{http, proc};

const ANN: &str = "ann@example.com";
/// A path that no filter touches and whose answers are read along.
const PATH: &str = "/anthropic/v1/messages";
/// Askers at once.
const CROWD: usize = 64;
/// Events of an answer of the crowd's.
const SHORT: usize = 20;

struct Place {
    daemon: Daemon,
    _workspace: Workspace,
    gateway: SocketAddr,
    key: String,
}

pub fn take(run: &mut Run) -> Result<()> {
    let model = model::start()?;
    let place = place(model)?;
    latency(run, model, &place)?;
    crowd(run, &place)
}

fn latency(run: &mut Run, model: SocketAddr, place: &Place) -> Result<()> {
    let (mut bare, mut coda) = (Rounds::default(), Rounds::default());
    let mut direct = Asker::new(model, PATH, "x")?;
    let mut through = Asker::new(place.gateway, PATH, &place.key)?;
    through.ask(20, 1)?;
    for _ in 0..run.scaled(9, 3) {
        let ages = |asker: &mut Asker| -> Result<Vec<Duration>> {
            Ok(asker.ask(250, 2)?.into_iter().map(Duration::from_nanos).collect())
        };
        bare.add(&ages(&mut direct)?);
        coda.add(&ages(&mut through)?);
    }
    for percent in [50.0, 99.0] {
        let what = format!("a streamed piece through the gateway, p{percent:.0}");
        let row = Row::new(what, coda.show(percent))
            .against(format!("{} directly", bare.show(percent)), coda.at(percent) / bare.at(percent));
        run.table.row(row);
    }
    Ok(())
}

fn crowd(run: &mut Run, place: &Place) -> Result<()> {
    let pid = place.daemon.daemon_pid().context("there is no daemon")?;
    ask_all(place, CROWD * 4)?;
    std::thread::sleep(Duration::from_secs(2));
    let (before, began) = (proc::rss(pid), Instant::now());
    let count = run.scaled(10_000, 1_000);
    ask_all(place, count)?;
    let rate = count as f64 / began.elapsed().as_secs_f64();
    // What the allocator gives back, it gives back soon.
    std::thread::sleep(Duration::from_secs(3));
    let after = proc::rss(pid);
    let row = Row::new(
        format!("memory after {count} streamed requests, {CROWD} at once"),
        format!("{} KiB ({rate:.0} requests/s)", after),
    );
    let row = row
        .against(format!("{before} KiB before"), after as f64 / before as f64)
        .bound(Budget::AtMost(1.10), "≤ 1.10 × before");
    run.table.row(row);
    Ok(())
}

fn ask_all(place: &Place, count: usize) -> Result<()> {
    std::thread::scope(|scope| {
        let each = count.div_ceil(CROWD);
        let askers: Vec<_> = (0..CROWD)
            .map(|_| {
                scope.spawn(move || -> Result<()> {
                    let mut asker = Asker::new(place.gateway, PATH, &place.key)?;
                    (0..each).try_for_each(|_| asker.ask(SHORT, 0).map(drop))
                })
            })
            .collect();
        askers
            .into_iter()
            .try_for_each(|asker| asker.join().map_err(|_| anyhow::anyhow!("an asker broke"))?)
    })
}

/// An instance with a token, a session and its key.
fn place(model: SocketAddr) -> Result<Place> {
    let workspace = Workspace::start();
    let token = workspace.person(ANN).token;
    let host = format!("http://{model}");
    let variables =
        [("DATABRICKS_HOST", workspace.url()), ("APP_OWNER_EMAIL", ANN), ("DATABRICKS_GATEWAY_HOST", &host)];
    let daemon = Daemon::with_variables("", &variables)?;
    let post = |path: &str, body: serde_json::Value| http::json_as(daemon.address, path, ANN, &body);
    post("/api/configure-pat", json!({ "token": token }))?;
    let script = "env > \"$HOME/env.new\"; mv \"$HOME/env.new\" \"$HOME/env\"; sleep 1000";
    post("/api/session", json!({"command": ["/bin/sh", "-c", script]}))?;
    let file = daemon.home().join("env");
    let text =
        until("the session's environment", Duration::from_secs(10), || std::fs::read_to_string(&file).ok())?;
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    let gateway = value("CODA_GATEWAY_URL=http://").context("no gateway")?.parse()?;
    let key = value("CODA_GATEWAY_KEY=").context("no key")?;
    Ok(Place { daemon, _workspace: workspace, gateway, key })
}
