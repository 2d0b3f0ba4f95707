//! The screen model against its measure, xterm.js, and against itself.
//!
//! A comparison feeds a stream to the model, cuts it somewhere, takes a snapshot there, and asks
//! xterm.js whether the snapshot and the rest of the stream lead where the whole stream leads.
//! The recordings in `corpus/` were made once; `record.py` makes them again.
//!
//! `SCREEN_CASES` says how many random streams to try, `SCREEN_SEED` where they start. With one case
//! and `SCREEN_SHRINK` the case is made as short as it can be, cut at its end, and shown.

mod bounds;
mod corpus;
mod differences;
mod features;
mod graphemes;
mod oracle;
mod random;
mod shrink;

use coda::domain::screen::{Screen, Widths};
use coda::domain::size::Size;
use corpus::Recording;
use features::FEATURES;
use oracle::{Case, Step, Verdict};
use random::Random;

const ALL: usize = usize::MAX;
/// What a former session may have left in the viewer.
const DIRT: &str = "\x1b[?1049h\x1b[2;3r\x1b7junk\x1b[?1003h\x1b[?1006h\x1b[4h\x1b(0\x1b[?6h\x1b[?7l\x1b[31;44m\
    \x1b[3g\x1b]8;;https://old.example/\x07\x1b[?2026h\x1b[?25l\x1b[20h\x1b]0;half a title";

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// How a terminal begins.
#[derive(Clone, Copy)]
struct Start {
    size: Size,
    scrollback: usize,
    widths: Widths,
}

impl Start {
    fn new(rows: u16, cols: u16, scrollback: usize) -> Start {
        Start { size: Size { rows, cols }, scrollback, widths: Widths::Unicode11 }
    }

    fn of_clusters(self) -> Start {
        Start { widths: Widths::Graphemes, ..self }
    }

    fn screen(self) -> Screen {
        Screen::new(self.size, self.scrollback).with_widths(self.widths)
    }

    fn case(self, name: String, want: Vec<Step>, have: Vec<Step>, quiet: usize) -> Case {
        let Start { size: Size { rows, cols }, scrollback, widths } = self;
        Case { name, rows, cols, scrollback, widths, want, have, quiet }
    }

    fn of(case: &Case) -> Start {
        Start { widths: case.widths, ..Start::new(case.rows, case.cols, case.scrollback) }
    }

    /// Any small terminal.
    fn random(random: &mut Random) -> Start {
        Start::new(2 + random.below(8) as u16, 4 + random.below(30) as u16, 0)
    }
}

/// Feeds `steps` up to the byte `cut`, takes a snapshot, and goes on with the rest. When the state
/// there is one that no snapshot can say, the cut is at the end; `None` when it is one there too.
fn case(name: String, start: Start, steps: &[Step], cut: usize, dirty: bool) -> Option<Case> {
    let (screen, rest) = cut_at(start, steps, cut);
    let (screen, mut rest) = if can_say(&screen, &rest) { (screen, rest) } else { cut_at(start, steps, ALL) };
    if !can_say(&screen, &rest) {
        return None;
    }
    let mut have = vec![Step::Resize(screen.size().rows, screen.size().cols)];
    if dirty {
        have.push(Step::Bytes(DIRT.into()));
    }
    let mut bytes = screen.snapshot(ALL);
    let mut quiet = have.len() + 1;
    if let Some(Step::Bytes(more)) = rest.first_mut() {
        let within = screen.is_within_sequence();
        bytes.extend(more.drain(..inseparable(more, within)));
        // What completes a query is answered, and rightly.
        quiet -= usize::from(within);
    }
    have.push(Step::Bytes(bytes));
    have.extend(rest);
    Some(start.case(name, steps.to_vec(), have, quiet))
}

/// The screen after `cut` bytes, and what comes behind.
fn cut_at(start: Start, steps: &[Step], cut: usize) -> (Screen, Vec<Step>) {
    let mut screen = start.screen();
    let mut left = cut;
    let mut rest = Vec::new();
    for step in steps {
        match step {
            Step::Bytes(bytes) if rest.is_empty() => {
                let (now, later) = bytes.split_at(left.min(bytes.len()));
                screen.feed(now);
                left -= now.len();
                if left == 0 {
                    rest.push(Step::Bytes(later.to_vec()));
                }
            }
            Step::Resize(rows, cols) if rest.is_empty() => screen.resize(Size { rows: *rows, cols: *cols }),
            later => rest.push(later.clone()),
        }
    }
    (screen, rest)
}

/// Whether a snapshot of `screen` says everything that matters for what comes behind it.
fn can_say(screen: &Screen, rest: &[Step]) -> bool {
    let resizes = rest.iter().any(|step| matches!(step, Step::Resize(..)));
    screen.unsaid().iter().all(|kind| kind.is_hidden() && !resizes)
}

/// How many bytes must go into the same write as the snapshot, because xterm.js 6.0 makes a
/// difference where none should be: its decoder loses a character that two writes share when its
/// second byte is 0x80, and it looks for the halves of wide characters only where a write begins.
fn inseparable(more: &[u8], within: bool) -> usize {
    let owed = |byte: &u8| byte & 0xc0 == 0x80;
    let printed = |byte: &u8| *byte >= 0x20 && *byte != 0x7f;
    let count = more.iter().take_while(|byte| owed(byte) || !within && printed(byte)).count();
    let c1 = |pair: &[u8]| pair[0] == 0xc2 && (0x80..0xa0).contains(&pair[1]);
    more.windows(2).position(c1).map_or(count, |at| at.min(count))
}

fn length(steps: &[Step]) -> usize {
    steps.iter().map(|step| if let Step::Bytes(bytes) = step { bytes.len() } else { 0 }).sum()
}

fn judge(cases: Vec<Option<Case>>) {
    let all = cases.len();
    if let [Some(case)] = cases.as_slice()
        && std::env::var("SCREEN_SHRINK").is_ok()
    {
        let again = |steps: &[Step]| self::case(case.name.clone(), Start::of(case), steps, ALL, false);
        let steps = shrink::shrink(case.want.clone(), again);
        return judge_all(vec![again(&steps).unwrap_or_else(|| case.clone())]);
    }
    let cases: Vec<Case> = cases.into_iter().flatten().collect();
    eprintln!("{} of {all} cases cannot be said", all - cases.len());
    judge_all(cases);
}

fn judge_all(cases: Vec<Case>) {
    if cases.len() == 1 {
        show(&cases[0]);
    }
    let Some(verdicts) = oracle::ask(&cases) else { return };
    let wrong: Vec<&Verdict> = verdicts.iter().filter(|verdict| !verdict.differences.is_empty()).collect();
    let void = verdicts.iter().filter(|verdict| verdict.void).count();
    eprintln!("{} cases: {} differ, {void} void", verdicts.len(), wrong.len());
    for verdict in wrong.iter().take(setting("SCREEN_SHOW", 12)) {
        eprintln!("{}\n    {}", verdict.name, verdict.differences.join("\n    "));
    }
    assert!(wrong.is_empty(), "{} of {} cases differ", wrong.len(), verdicts.len());
}

/// The stream cut at each of its bytes.
fn cut_everywhere(name: &str, start: Start, stream: &str) -> Vec<Option<Case>> {
    let steps = [Step::Bytes(stream.as_bytes().to_vec())];
    let cut = |cut| case(format!("{name} at {cut}"), start, &steps, cut, cut % 2 == 1);
    (0..=stream.len()).map(cut).collect()
}

#[test]
fn every_feature_is_restored_at_every_byte() {
    let start = Start::new(6, 20, 50);
    let mut cases = Vec::new();
    for (name, stream) in FEATURES {
        cases.extend(cut_everywhere(name, start, stream));
    }
    judge(cases);
}

#[test]
fn recorded_programs_are_restored_at_random_bytes() {
    let mut random = Random::new(7);
    let mut cases = Vec::new();
    for Recording { name, size, steps } in corpus::recordings() {
        let cuts = (0..setting("SCREEN_CUTS", 5)).map(|_| random.below(length(&steps) + 1));
        for cut in cuts.chain([length(&steps)]) {
            let start = Start::new(size.rows, size.cols, 1000);
            cases.push(case(format!("{name} at {cut}"), start, &steps, cut, false));
        }
    }
    judge(cases);
}

#[test]
fn the_corpus_is_large_in_kinds_and_small_in_bytes() {
    let recordings = corpus::recordings();
    assert!(recordings.len() + FEATURES.len() >= 80);
    assert!(recordings.iter().map(|recording| recording.output().len()).sum::<usize>() < 3 << 20);
}

#[test]
fn random_streams_are_restored() {
    let first = setting("SCREEN_SEED", 1);
    let seeds = first..first + setting("SCREEN_CASES", 2000);
    judge(seeds.map(|seed| random_case(seed, Random::new(seed as u64), Widths::Unicode11)).collect());
}

/// A stream from a seed, cut somewhere.
fn random_case(seed: usize, mut random: Random, widths: Widths) -> Option<Case> {
    let start = Start::random(&mut random);
    let length = 1 + random.below(80);
    let stream = random::stream(&mut random, length);
    let cut = random.below(stream.len() + 1);
    let scrollback = random.below(3) * 10;
    let start = Start { scrollback, widths, ..start };
    case(format!("seed {seed} at {cut}"), start, &[Step::Bytes(stream)], cut, seed.is_multiple_of(4))
}

#[test]
fn sizes_may_change_anywhere() {
    let first = setting("SCREEN_SEED", 1);
    let mut cases = Vec::new();
    for seed in first..first + setting("SCREEN_CASES", 2000) / 2 {
        cases.push(resizing_case(seed, Random::new(!(seed as u64)), Widths::Unicode11));
    }
    judge(cases);
}

/// An empty line that continues nothing needs no row when it is wrapped anew; xterm.js then takes one
/// from the saved cursor's line, and the model did not.
#[test]
fn a_saved_cursor_moves_with_an_empty_continuation() {
    let steps = [
        Step::Bytes("qk\x1b[0alorem ipsum dolor sit amet\x1b[1S\u{a0}a世界🙂🙂|\x1b[?6h\x1b[16;2P".into()),
        Step::Resize(7, 11),
        Step::Bytes(b"\0".to_vec()),
    ];
    judge(vec![case("saved cursor".to_owned(), Start::new(2, 28, 30), &steps, ALL, false)]);
}

/// A stream with changes of size from a seed, cut somewhere.
fn resizing_case(seed: usize, mut random: Random, widths: Widths) -> Option<Case> {
    let start = Start::random(&mut random);
    let mut steps = Vec::new();
    for _ in 0..1 + random.below(4) {
        let length = 1 + random.below(25);
        steps.push(Step::Bytes(random::stream(&mut random, length)));
        steps.push(Step::Resize(2 + random.below(8) as u16, 4 + random.below(30) as u16));
    }
    // A change of size does not end a run of characters, and what it ends in is not there any more.
    steps.push(Step::Bytes(b"\0".to_vec()));
    let cut = random.below(length(&steps) + 1);
    let scrollback = 30 + random.below(2) * 300;
    case(format!("seed {seed} at {cut}"), Start { scrollback, widths, ..start }, &steps, cut, false)
}

/// Streams for the properties that need no judge.
fn streams() -> Vec<(String, Size, Vec<u8>)> {
    let small = Size { rows: 6, cols: 20 };
    let features = FEATURES.iter().map(|(name, text)| ((*name).to_owned(), small, text.as_bytes().to_vec()));
    let recorded = corpus::recordings();
    let recorded = recorded.into_iter().map(|record| (record.name.clone(), record.size, record.output()));
    let random = (0..500).map(|seed| {
        let stream = random::stream(&mut Random::new(seed), 60);
        (format!("seed {seed}"), Size { rows: 5, cols: 17 }, stream)
    });
    features.chain(recorded).chain(random).collect()
}

fn fed(size: Size, chunks: &mut dyn Iterator<Item = &[u8]>) -> Screen {
    let mut screen = Screen::new(size, 100);
    chunks.for_each(|chunk| screen.feed(chunk));
    screen
}

#[test]
fn chunks_do_not_matter() {
    for (name, size, stream) in streams() {
        let whole = fed(size, &mut std::iter::once(stream.as_slice())).snapshot(ALL);
        for chunk in [1, 2, 3, 7, 64] {
            let cut = fed(size, &mut stream.chunks(chunk)).snapshot(ALL);
            assert!(cut == whole, "{name} in chunks of {chunk}");
        }
    }
}

#[test]
fn a_snapshot_of_a_snapshot_is_the_same() {
    for (name, size, stream) in streams() {
        let first = fed(size, &mut std::iter::once(stream.as_slice()));
        let mut second = Screen::new(size, 100);
        second.feed(DIRT.as_bytes());
        second.feed(&first.snapshot(ALL));
        assert_eq!(second.take_replies(), b"", "{name} asks");
        assert_eq!(second.text(), first.text(), "{name}");
        let (want, have) = (first.snapshot(ALL), second.snapshot(ALL));
        let (want, have) = (String::from_utf8_lossy(&want), String::from_utf8_lossy(&have));
        assert!(want == have, "{name}\n{want:?}\n{have:?}");
    }
}

#[test]
fn a_small_snapshot_keeps_the_screen_and_the_newest_lines() {
    let size = Size { rows: 4, cols: 20 };
    let mut screen = Screen::new(size, 1000);
    (0..500).for_each(|line| screen.feed(format!("line {line}\r\n").as_bytes()));
    let whole = screen.snapshot(ALL).len();
    for most in [whole, whole - 1, whole / 2, 1000, 0] {
        let bytes = screen.snapshot(most);
        assert!(bytes.len() <= most.max(800), "{} bytes of {most}", bytes.len());
        let mut again = Screen::new(size, 1000);
        again.feed(&bytes);
        assert_eq!(again.text(), screen.text());
        assert!(screen.scrollback_text().ends_with(&again.scrollback_text()), "{most}");
    }
}

#[test]
fn what_xterm_ignores_is_kept_and_restored() {
    let size = Size { rows: 5, cols: 30 };
    let mut screen = Screen::new(size, 100);
    screen.feed(b"\x1b]2;shell\x07\x1b[22;2t\x1b]2;editor\x07\x1b[23;2t\x1b]7501;state=blocked:id=a:kind=question\x07");
    screen.feed(b"\x1b]133;D;3\x07\x1b]133;A\x07$ \x1b]133;B\x07ls\r\n\x1b]133;C\x07one\r\n\n\n\n\n\n\x1bPq#0~\x1b\\end");
    let mut again = Screen::new(size, 100);
    again.feed(&screen.snapshot(ALL));
    for screen in [&screen, &again] {
        assert_eq!(screen.title(), "shell");
        let marks = screen.marks();
        assert_eq!((marks[0].line, marks[0].marks.status()), (0, Some(3)));
        assert!(marks[0].marks.is_prompt() && marks[0].marks.is_input() && marks[1].marks.is_output());
    }
    assert_eq!(screen.images().seen(), 1);
    assert!(screen.marks().last().is_some_and(|mark| mark.marks.is_image() && mark.line == 7));
    assert!(screen.text().ends_with("end") && !screen.text().contains("#0~"));
    // The prompt ended what was blocked.
    assert!(screen.statuses().is_empty());
    screen.feed(b"\x1b]7501;state=working\x07");
    again.feed(&screen.snapshot(ALL));
    assert_eq!(again.statuses(), screen.statuses());
}

#[test]
fn queries_are_answered_in_their_order() {
    let mut screen = Screen::new(Size { rows: 5, cols: 30 }, 0);
    for (query, answer) in [
        ("\x1b]7501;?\x07\x1b[c", "\x1b]7501;?\x1b\\\x1b[?1;2c"),
        ("\x1b[>c\x1b[=c", "\x1b[>0;276;0c\x1bP!|00000000\x1b\\"),
        ("\x1b[5n\x1b[2;3H\x1b[6n\x1b[?6n", "\x1b[0n\x1b[2;3R\x1b[?2;3R"),
        ("\x1b[?2026$p\x1b[4$p\x1b[?9999$p", "\x1b[?2026;2$y\x1b[4;2$y\x1b[?9999;0$y"),
        ("\x1bP$qr\x1b\\", "\x1bP1$r1;5r\x1b\\"),
        ("\x1b[>q", "\x1bP>|xterm.js(6.0.0)\x1b\\"),
        ("\x1b]11;?\x07", "\x1b]11;rgb:0000/0000/0000\x1b\\"),
        ("\x1b]4;1;#010203\x07\x1b]4;1;?\x07", "\x1b]4;1;rgb:0101/0202/0303\x1b\\"),
        ("\x1b[>5u\x1b[?u", "\x1b[?5u"),
    ] {
        screen.feed(query.as_bytes());
        assert_eq!(String::from_utf8_lossy(&screen.take_replies()), answer, "{query:?}");
    }
}

#[test]
fn hostile_streams_stay_small() {
    let size = Size { rows: 24, cols: 80 };
    let mut random = Random::new(99);
    let noise: Vec<u8> = (0..1 << 20).map(|_| random.below(256) as u8).collect();
    let links: String = (0..50_000).map(|n| format!("\x1b]8;;https://{n}.example/\x07x")).collect();
    let marks = "e".to_owned() + &"\u{301}".repeat(100_000);
    let long = format!("\x1b]0;{}", "a".repeat(1 << 20));
    let queries = "\x1b[c\x1b[6n\x1b]4;1;?\x07".repeat(10_000);
    let payload = "A".repeat(1 << 20);
    let images = format!(
        "\x1bPq{payload}\x1b\\\x1b]1337;File=inline=1:{payload}\x07\x1b_Ga=T;{payload}\x1b\\\x1bX{payload}"
    );
    let counts = "\x1b[65535b\x1b[65535S\x1b[65535L\x1b[65535@a\x1b[65535b\x1b[>31u".repeat(50);
    for stream in [
        &noise[..],
        links.as_bytes(),
        marks.as_bytes(),
        long.as_bytes(),
        queries.as_bytes(),
        counts.as_bytes(),
        images.as_bytes(),
    ] {
        let mut screen = Screen::new(size, 100);
        screen.feed(stream);
        assert!(screen.take_replies().len() <= 4096);
        assert!(screen.title().chars().count() <= 256);
        let bytes = screen.snapshot(ALL);
        assert!(bytes.len() < 4 << 20, "{} bytes", bytes.len());
        assert!(!screen.text().contains("AAAA"), "a payload is shown as text");
    }
}

/// For a case that is tried alone.
fn show(case: &Case) {
    eprintln!("{} rows, {} columns, {} lines above", case.rows, case.cols, case.scrollback);
    for (name, steps) in [("want", &case.want), ("have", &case.have)] {
        for step in steps {
            match step {
                Step::Bytes(bytes) => eprintln!("{name}: {:?}", String::from_utf8_lossy(bytes)),
                Step::Resize(rows, cols) => eprintln!("{name}: {rows} rows, {cols} columns"),
            }
        }
    }
}
