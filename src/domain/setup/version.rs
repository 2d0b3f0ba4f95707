//! Versions in their own order, and which published one to install.
//!
//! A package that was published a moment ago may be somebody else's work: it is left alone until others have looked at
//! it (`NPM_MIN_RELEASE_AGE_DAYS`). Of what is old enough the highest is taken, not the one published last: that may
//! be a correction of an older line.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

/// A version of three numbers, with what follows a `-`; what follows a `+` orders nothing and is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    numbers: [u64; 3],
    /// Empty: a stable one.
    before: Vec<Part>,
}

/// A part of what follows the `-`: numbers come before words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Word(String),
}

impl Version {
    /// With or without a `v`; missing numbers are zero.
    pub fn parse(text: &str) -> Option<Version> {
        let text = text.trim();
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let text = text.split('+').next().unwrap_or(text);
        let (core, before) = text.split_once('-').map_or((text, None), |(core, before)| (core, Some(before)));
        let mut numbers = [0; 3];
        let mut given = core.split('.');
        for (place, number) in numbers.iter_mut().zip(given.by_ref()) {
            *place = number.parse().ok()?;
        }
        let before = match before {
            None => Vec::new(),
            Some(before) => before.split('.').map(Part::parse).collect::<Option<Vec<Part>>>()?,
        };
        given.next().is_none().then_some(Version { numbers, before })
    }

    /// The first version in what a program says when asked for its version.
    pub fn said(text: &str) -> Option<Version> {
        let words = text.split(|c: char| c.is_whitespace() || "(),;".contains(c));
        words
            .filter(|word| word.contains('.'))
            .find_map(Version::parse)
            .or_else(|| text.split_whitespace().filter(|word| word.starts_with('v')).find_map(Version::parse))
    }

    pub fn is_stable(&self) -> bool {
        self.before.is_empty()
    }

    pub fn major(&self) -> u64 {
        self.numbers[0]
    }
}

impl Part {
    fn parse(text: &str) -> Option<Part> {
        let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        fits.then(|| text.parse().map_or_else(|_| Part::Word(text.to_owned()), Part::Number))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        let by_stability = other.before.is_empty().cmp(&self.before.is_empty()).reverse();
        self.numbers.cmp(&other.numbers).then(by_stability).then_with(|| self.before.cmp(&other.before))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        for (position, part) in self.before.iter().enumerate() {
            f.write_str(if position == 0 { "-" } else { "." })?;
            match part {
                Part::Number(number) => write!(f, "{number}")?,
                Part::Word(word) => f.write_str(word)?,
            }
        }
        Ok(())
    }
}

/// What `npm view PACKAGE versions time --json` says.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Published {
    #[serde(default, deserialize_with = "one_or_many")]
    pub versions: Vec<String>,
    /// When each was published, and `created` and `modified`.
    #[serde(default)]
    pub time: BTreeMap<String, String>,
}

/// A package with a single version is told without a list.
fn one_or_many<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Given::deserialize(from)? {
        Given::One(one) => vec![one],
        Given::Many(many) => many,
    })
}

/// No version of the package can be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoVersion {
    #[error("the registry knows no stable version of it")]
    NoneStable,
    #[error(
        "no version of it is {days} days old; the first will be on {first}; wait, or set NPM_MIN_RELEASE_AGE_DAYS"
    )]
    AllFresh { days: u64, first: String },
}

/// The highest stable version that is `days` old.
pub fn choose(published: &Published, days: u64, now: DateTime<Utc>) -> Result<String, NoVersion> {
    let stable = published.versions.iter().filter_map(|text| {
        let version = Version::parse(text).filter(Version::is_stable)?;
        let at = published.time.get(text).and_then(|at| DateTime::parse_from_rfc3339(at).ok());
        Some((version, text, at.map(|at| at.with_timezone(&Utc))))
    });
    let stable: Vec<(Version, &String, Option<DateTime<Utc>>)> = stable.collect();
    let age = i64::try_from(days).ok().and_then(TimeDelta::try_days).unwrap_or(TimeDelta::MAX);
    // Without a date it counts as fresh.
    let old = |at: &Option<DateTime<Utc>>| days == 0 || at.is_some_and(|at| now - at >= age);
    let chosen = stable.iter().filter(|(_, _, at)| old(at)).max_by(|a, b| a.0.cmp(&b.0));
    if let Some((_, text, _)) = chosen {
        return Ok((*text).clone());
    }
    let first = stable.iter().filter_map(|(_, _, at)| *at).min().and_then(|at| at.checked_add_signed(age));
    Err(match first {
        Some(first) => NoVersion::AllFresh { days, first: first.format("%Y-%m-%d").to_string() },
        None => NoVersion::NoneStable,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn published(rows: &[(&str, &str)]) -> Published {
        let versions = rows.iter().map(|(version, _)| (*version).to_owned()).collect();
        let time = rows.iter().map(|(version, at)| ((*version).to_owned(), format!("{at}T00:00:00.000Z")));
        Published { versions, time: time.collect() }
    }

    fn at(day: &str) -> DateTime<Utc> {
        format!("{day}T12:00:00Z").parse().unwrap()
    }

    #[test]
    fn versions_have_their_own_order() {
        let rising = [
            "0.0.0-dev-1",
            "0.0.1",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-rc.2",
            "1.0.0-rc.10",
            "1.0.0",
            "1.0.1",
            "1.2.0",
            "1.10.0",
            "2.0.0",
        ];
        for pair in rising.windows(2) {
            let (lower, higher) = (Version::parse(pair[0]).unwrap(), Version::parse(pair[1]).unwrap());
            assert!(lower < higher, "{} < {}", pair[0], pair[1]);
        }
        for text in ["", "x", "1.2.3.4", "1..2", "1.0.0-", "1.0.0-a..b", "latest", "-1.0.0"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
        assert_eq!(Version::parse("v22.14").unwrap().to_string(), "22.14.0");
    }

    #[test]
    fn what_programs_say_is_understood() {
        for (said, version) in [
            ("v22.14.0\n", "22.14.0"),
            ("2.1.329 (Claude Code)", "2.1.329"),
            ("codex-cli 0.169.0", "0.169.0"),
            ("gh version 2.74.1 (2025-06-10)\nhttps://github.com/cli/cli", "2.74.1"),
            ("Databricks CLI v0.290.1", "0.290.1"),
            ("Version: 2.0.14\nCommit hash: 1", "2.0.14"),
        ] {
            assert_eq!(Version::said(said).unwrap().to_string(), version, "{said}");
        }
        assert_eq!(Version::said("no such option"), None);
    }

    /// B-58: the Python daemon took what was published last, a correction of an older line.
    #[test]
    fn the_highest_counts_and_not_the_last() {
        let rows = [("1.9.9", "2026-01-10"), ("2.0.0", "2026-01-02"), ("2.1.0-beta.1", "2026-01-03")];
        assert_eq!(choose(&published(&rows), 7, at("2026-02-01")).unwrap(), "2.0.0");
    }

    #[test]
    fn what_is_fresh_is_left_alone() {
        let rows = [("1.0.0", "2026-01-01"), ("1.1.0", "2026-01-20"), ("0.0.0-dev-5", "2026-01-01")];
        let rows = published(&rows);
        assert_eq!(choose(&rows, 7, at("2026-01-25")).unwrap(), "1.0.0");
        assert_eq!(choose(&rows, 7, at("2026-01-27")).unwrap(), "1.1.0");
        assert_eq!(choose(&rows, 0, at("2026-01-20")).unwrap(), "1.1.0", "zero switches it off");
        let fresh = choose(&rows, 7, at("2026-01-03")).unwrap_err();
        assert_eq!(fresh, NoVersion::AllFresh { days: 7, first: "2026-01-08".to_owned() });
        let undated = Published { versions: vec!["1.0.0".into()], time: BTreeMap::new() };
        assert_eq!(choose(&undated, 7, at("2026-01-03")), Err(NoVersion::NoneStable));
        assert_eq!(choose(&undated, 0, at("2026-01-03")).unwrap(), "1.0.0");
        assert_eq!(choose(&Published::default(), 0, at("2026-01-03")), Err(NoVersion::NoneStable));
    }

    #[test]
    fn one_version_is_told_without_a_list() {
        let said = r#"{"versions": "1.0.0", "time": {"created": "x", "1.0.0": "2026-01-01T00:00:00Z"}}"#;
        let published: Published = serde_json::from_str(said).unwrap();
        assert_eq!(choose(&published, 7, at("2026-02-01")).unwrap(), "1.0.0");
        assert!(
            serde_json::from_str::<Published>("[1, 2]").is_err()
                && serde_json::from_str::<Published>("{").is_err()
        );
    }

    proptest! {
        #[test]
        fn what_is_chosen_is_stable_old_and_beaten_by_none(
            rows in prop::collection::vec((0u64..4, 0u64..4, 0u64..4, any::<bool>(), 1u32..28), 0..20),
            days in 0u64..30,
        ) {
            let rows: Vec<(String, String)> = rows.into_iter().map(|(a, b, c, beta, day)| {
                (format!("{a}.{b}.{c}{}", if beta { "-beta" } else { "" }), format!("2026-01-{day:02}"))
            }).collect();
            let rows: Vec<(&str, &str)> = rows.iter().map(|(v, d)| (v.as_str(), d.as_str())).collect();
            let published = published(&rows);
            let now = at("2026-01-28");
            let old = |text: &str| now - DateTime::parse_from_rfc3339(&published.time[text]).unwrap().to_utc() >= TimeDelta::days(days as i64);
            let fits = |text: &&String| Version::parse(text).unwrap().is_stable() && old(text);
            match choose(&published, days, now) {
                Ok(chosen) => {
                    prop_assert!(fits(&&chosen));
                    let best = Version::parse(&chosen).unwrap();
                    prop_assert!(published.versions.iter().filter(fits).all(|text| Version::parse(text).unwrap() <= best));
                }
                Err(_) => prop_assert!(!published.versions.iter().any(|text| fits(&text))),
            }
        }
    }
}
