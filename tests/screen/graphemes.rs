//! Grapheme clusters: the model counts columns as xterm.js does with that provider.

use std::path::Path;
use std::process::Command;

use super::features::FEATURES;
use super::random::Random;
use super::{Start, Widths, cut_everywhere, judge, random_case, resizing_case, setting};

/// What only clusters do.
#[rustfmt::skip]
const CLUSTERS: &[(&str, &str)] = &[
    ("family", "👨\u{200d}👩\u{200d}👧\u{200d}👦 x"),
    ("presentation", "✔\u{fe0f}x✔x\u{2764}\u{fe0f}\u{200d}🔥|"),
    ("skin tones", "👍🏽👍 🏽x"),
    ("flags", "🇩🇪🇫🇷🇬|🇬\x1b[m🇧"),
    ("jamo", "\u{1100}\u{1161}\u{11a8}|\u{1100}\x1b[m\u{1161}|각\u{11a8}"),
    ("indic", "नि क्षि \x1b[mि"),
    ("right to left", "שָׁלוֹם عَرَبِيّ \u{600}123 \u{600}\x1b[m1"),
    ("marks alone", "\x1b[m\u{301}x\x1b[m\u{fe0f}y\x1b[2C\u{200d}💻"),
    ("grown at the edge", "1234567890123456789✔\u{fe0f}x"),
    ("grown at the edge, in color", "\x1b[44m1234567890123456789✔\x1b[41m\u{fe0f}x\x1b[mend"),
    ("grown at the edge of the last row", "\n\n\n\n\n1234567890123456789✔\u{fe0f}x"),
    ("grown on a wide one", "世界世\r✔\u{fe0f}\x1b[4G✔\u{fe0f}"),
    ("grown in insert mode", "abcdefghijklmnopqrst\x1b[3G\x1b[4h✔\u{fe0f}"),
    ("grown in insert mode, then on", "abcdefghijklmnopqrst\x1b[3G\x1b[4h✔\u{fe0f}y👩\u{200d}💻z\x1b[4l"),
    ("no wrap, grown at the edge", "\x1b[?7l12345678901234567890\x1b[20G✔\u{fe0f}\u{301}\x1b[?7h"),
    ("no wrap, cut", "\x1b[?7l1234567890123456789✔\u{fe0f}👩\u{200d}💻x\u{301}\x1b[?7h"),
    ("prefix runs on", "1234567890123456789\u{600}1"),
    ("prefix at the edge, parted", "1234567890123456789\u{600}\x1b[m1x"),
    ("repeated", "✔\u{fe0f}\x1b[3b🇩\x1b[2b\u{301}\x1b[bé\x1b[2b"),
    ("on the alternate screen", "\x1b[?1049h✔\u{fe0f}🇩🇪\x1b[2;19H👩\u{200d}💻👩\u{200d}💻"),
];

#[test]
fn every_cluster_is_restored_at_every_byte() {
    let start = Start::new(6, 20, 50).of_clusters();
    let streams = CLUSTERS.iter().chain(FEATURES);
    judge(streams.flat_map(|(name, stream)| cut_everywhere(name, start, stream)).collect());
}

#[test]
fn random_clusters_are_restored() {
    let first = setting("SCREEN_SEED", 1);
    let seeds = first..first + setting("SCREEN_CASES", 2000) / 2;
    judge(seeds.map(|seed| random_case(seed, Random::of_clusters(seed as u64), Widths::Graphemes)).collect());
}

#[test]
fn sizes_may_change_among_clusters() {
    let first = setting("SCREEN_SEED", 1);
    let seeds = first..first + setting("SCREEN_CASES", 2000) / 4;
    let case = |seed| resizing_case(seed, Random::of_clusters(!(seed as u64)), Widths::Graphemes);
    judge(seeds.map(case).collect());
}

/// The table in the model is the one that its generator takes from the provider.
#[test]
fn the_table_is_that_of_the_provider() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Ok(written) = Command::new("node").arg(home.join("tests/screen/ranges.mjs")).output() else { return };
    if !written.status.success() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{}", String::from_utf8_lossy(&written.stderr));
        return eprintln!("SKIPPED: run `npm ci` in tests/screen first");
    }
    let table = std::fs::read(home.join("src/domain/screen/ranges.rs")).expect("the table is in its place");
    assert!(written.stdout == table, "run `node tests/screen/ranges.mjs > src/domain/screen/ranges.rs`");
}
