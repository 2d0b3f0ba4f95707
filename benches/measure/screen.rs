//! The screen model alone, beside the crates that could stand in for it: speed, snapshots, memory.
//!
//! Each works on one thread and waits for nothing, so what counts is the CPU time of that thread: a busy machine
//! disturbs it little.

use std::time::Duration;

use anyhow::{Result, ensure};
use coda::domain::size::Size;
use rustix::time::{ClockId, clock_gettime};

use super::Run;
use crate::screen::heap;
use crate::screen::models::{MODELS, Model, SCROLLBACK};
use crate::screen::streams;
use crate::stats::{least, median, most};
use crate::table::{Budget, Row};

const SMALL: Size = Size { rows: 24, cols: 80 };
const LARGE: Size = Size { rows: 50, cols: 200 };
/// Bytes given to a model at once.
const CHUNK: usize = 64 * 1024;
const MIB: f64 = 1024.0 * 1024.0;
/// A shell that waits at its prompt.
const PROMPT: &str =
    "\x1b[?2004h\x1b]0;me@host: ~\x07\x1b[01;32mme@host\x1b[00m:\x1b[01;34m~\x1b[00m$ cd coda\r\n$ ";

/// Megabytes a second that are asked of ours.
const PLAIN: (f64, &str) = (300.0, "≥ 300 MB/s");
const OTHER: (f64, &str) = (150.0, "≥ 150 MB/s");

pub fn take(run: &mut Run) -> Result<()> {
    let bytes = run.scaled(8, 2) * 1_000_000;
    let small = [streams::plain(bytes), streams::coloured(bytes), streams::redraw(bytes, 24, 80)];
    speed(run, "plain, 80×24", SMALL, &small[0], PLAIN)?;
    speed(run, "coloured, 80×24", SMALL, &small[1], OTHER)?;
    speed(run, "redraw, 80×24", SMALL, &small[2], OTHER)?;
    speed(run, "recordings, 80×24", SMALL, &streams::recorded(bytes)?, OTHER)?;
    speed(run, "plain, 200×50", LARGE, &small[0], PLAIN)?;
    speed(run, "coloured, 200×50", LARGE, &small[1], OTHER)?;
    speed(run, "redraw, 200×50", LARGE, &streams::redraw(bytes, 50, 200), OTHER)?;

    for (kind, text) in [("plain", &small[0]), ("coloured", &small[1])] {
        let text = lines(text)?;
        snapshot(run, kind, text);
        memory(run, kind, text);
    }
    idle(run);
    run.table.note(format!(
        "screen: {} MB a stream in pieces of {} KiB, {} rounds in turn; MB/s of CPU time; {SCROLLBACK} lines of scrollback; \
         vt100 and avt leave the scrollback out of their snapshots, alacritty has none; memory: bytes asked of the allocator",
        bytes / 1_000_000,
        CHUNK / 1024,
        rounds(run),
    ));
    Ok(())
}

fn rounds(run: &Run) -> usize {
    run.scaled(5, 3)
}

/// CPU time of this thread.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn timed<T>(act: impl FnOnce() -> T) -> (T, f64) {
    let began = cpu();
    let result = act();
    (result, (cpu() - began).as_secs_f64())
}

fn feed(model: &mut dyn Model, mut text: &str) {
    while !text.is_empty() {
        let (now, later) = text.split_at(text.floor_char_boundary(CHUNK));
        model.feed(now);
        text = later;
    }
}

/// Every model reads the stream in each round; the first, unmeasured, fills the scrollback.
fn speed(run: &mut Run, what: &str, size: Size, text: &str, budget: (f64, &str)) -> Result<()> {
    let mut models: Vec<_> = MODELS.iter().map(|(_, make)| make(size)).collect();
    models.iter_mut().for_each(|model| feed(model.as_mut(), text));
    let mut speeds = vec![Vec::new(); models.len()];
    for _ in 0..rounds(run) {
        for (model, speeds) in models.iter_mut().zip(&mut speeds) {
            let ((), seconds) = timed(|| feed(model.as_mut(), text));
            ensure!(seconds > 0.0, "the clock stands still");
            speeds.push(text.len() as f64 / 1e6 / seconds);
        }
    }
    let (ours, others) = (median(&speeds[0]), &speeds[1..]);
    let fastest = most(&others.iter().map(|speeds| median(speeds)).collect::<Vec<_>>());
    let row = format!("{ours:.0} MB/s ({:.0}–{:.0})", least(&speeds[0]), most(&speeds[0]));
    let row = Row::new(format!("screen, {what}"), row)
        .against(beside(others.iter().map(|speeds| format!("{:.0}", median(speeds)))), ours / fastest)
        .bound_value(ours, Budget::AtLeast(budget.0), budget.1);
    run.table.row(row);
    Ok(())
}

/// "vt100 33, avt 44, alacritty 77".
fn beside(values: impl Iterator<Item = String>) -> String {
    let names = MODELS[1..].iter().map(|(name, _)| name);
    names.zip(values).map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

/// As many lines as fill the scrollback and a screen.
fn lines(text: &str) -> Result<&str> {
    let mut ends = text.match_indices('\n').skip(SCROLLBACK + usize::from(SMALL.rows));
    let Some((end, _)) = ends.next() else { anyhow::bail!("too few lines to fill the scrollback") };
    Ok(&text[..=end])
}

fn snapshot(run: &mut Run, kind: &str, text: &str) {
    let mut cells = Vec::new();
    let mut ours = (0.0, 0);
    for (index, (_, make)) in MODELS.iter().enumerate() {
        let mut model = make(SMALL);
        feed(model.as_mut(), text);
        let taken: Vec<_> = (0..run.scaled(20, 7)).map(|_| timed(|| model.snapshot())).collect();
        let took = median(&taken.iter().map(|(_, seconds)| seconds * 1e3).collect::<Vec<_>>());
        let size = taken[0].0.as_ref().map(Vec::len);
        match size {
            Some(size) if index == 0 => ours = (took, size),
            Some(size) => cells.push(format!("{took:.1} ms {} KiB", size / 1024)),
            None => cells.push("–".to_owned()),
        }
    }
    let measured = format!("{:.2} ms, {} KiB", ours.0, ours.1 / 1024);
    let mut row = Row::new(format!("  snapshot of a screen and {SCROLLBACK} lines, {kind}"), measured)
        .bound_value(ours.0, Budget::AtMost(5.0), "≤ 5 ms");
    row.baseline = beside(cells.into_iter());
    run.table.row(row);
}

fn memory(run: &mut Run, kind: &str, text: &str) {
    let held = MODELS.map(|(_, make)| {
        let (_model, held) = heap::held(|| {
            let mut model = make(SMALL);
            feed(model.as_mut(), text);
            model
        });
        held as f64 / MIB
    });
    let mut row = Row::new(
        format!("  memory of a screen and {SCROLLBACK} lines, {kind}"),
        format!("{:.2} MiB", held[0]),
    )
    .bound_value(held[0], Budget::AtMost(2.0), "≤ 2 MiB");
    row.baseline = beside(held[1..].iter().map(|held| format!("{held:.1}")));
    run.table.row(row);
}

fn idle(run: &mut Run) {
    let held = MODELS.map(|(_, make)| {
        let (_model, held) = heap::held(|| {
            let mut model = make(SMALL);
            feed(model.as_mut(), PROMPT);
            model
        });
        held as f64 / 1024.0
    });
    let mut row = Row::new("  memory of an idle 80×24 session", format!("{:.1} KiB", held[0])).bound_value(
        held[0],
        Budget::AtMost(64.0),
        "≤ 64 KiB",
    );
    row.baseline = beside(held[1..].iter().map(|held| format!("{held:.0}")));
    run.table.row(row);
}
