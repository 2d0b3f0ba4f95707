//! What has changed since an earlier screen, against the stream itself.

use super::oracle::{Case, Step};
use super::random::{self, Random};
use super::{Start, Widths, corpus, inseparable, judge, setting};

/// A viewer that has everything before one byte is led to a later one by the difference alone.
#[test]
fn differences_lead_where_the_stream_leads() {
    let first = setting("SCREEN_SEED", 1);
    let tried = setting("SCREEN_CASES", 2000);
    let mut cases = Vec::new();
    for seed in first..first + tried {
        cases.push(random_attempt(seed, Random::new(seed as u64 ^ 0xd1ff), Widths::Unicode11));
    }
    let mut random = Random::new(11);
    for recording in corpus::recordings() {
        let stream = recording.output();
        for _ in 0..setting("SCREEN_CUTS", 4) {
            let to = random.below(stream.len() + 1);
            let from = to - random.below(to.min(3000) + 1);
            let start = Start::new(recording.size.rows, recording.size.cols, 1000);
            cases.push(attempt(recording.name.clone(), start, &stream, from, to));
        }
    }
    judge_most(cases, tried);
}

#[test]
fn differences_of_clusters_lead_where_the_stream_leads() {
    let first = setting("SCREEN_SEED", 1);
    let tried = setting("SCREEN_CASES", 2000) / 4;
    let attempt = |seed| random_attempt(seed, Random::of_clusters(seed as u64 ^ 0xd1ff), Widths::Graphemes);
    judge_most((first..first + tried).map(attempt).collect(), tried);
}

fn judge_most(cases: Vec<Option<Case>>, tried: usize) {
    let cases: Vec<Option<Case>> = cases.into_iter().filter(Option::is_some).collect();
    assert!(cases.len() > tried / 4, "only {} of {tried} streams had a difference", cases.len());
    judge(cases);
}

fn random_attempt(seed: usize, mut random: Random, widths: Widths) -> Option<Case> {
    let start = Start::random(&mut random);
    let length = 1 + random.below(80);
    let stream = random::stream(&mut random, length);
    let to = random.below(stream.len() + 1);
    let from = to - random.below(to.min(200) + 1);
    let scrollback = 50 + random.below(2) * 300;
    attempt(format!("seed {seed}"), Start { scrollback, widths, ..start }, &stream, from, to)
}

/// `None` when there is no difference that can be said.
fn attempt(name: String, start: Start, stream: &[u8], from: usize, to: usize) -> Option<Case> {
    let mut screen = start.screen();
    screen.feed(&stream[..from]);
    let begun = inseparable(&stream[from..], screen.is_within_sequence());
    screen.feed(&stream[from..from + begun]);
    let (from, to) = (from + begun, to.max(from + begun));
    let shown = screen.shown();
    screen.feed(&stream[from..to]);
    let mut bytes = screen.difference(&shown)?;
    let end = to + inseparable(&stream[to..], screen.is_within_sequence());
    bytes.extend(&stream[to..end]);
    let have = [&stream[..from], &bytes, &stream[end..]].map(|bytes| Step::Bytes(bytes.to_vec()));
    let want = vec![Step::Bytes(stream.to_vec())];
    Some(start.case(format!("{name} from {from} to {to}"), want, have.to_vec(), 0))
}
