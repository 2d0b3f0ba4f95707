//! How a session's program ended.
//!
//! An unknown end is `unknown`: it has neither code nor signal and is never taken for success.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The end of a session's program. When `reason` is `exited`, exactly one of `code` and `signal`
/// is there; when it is `unknown`, none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Exit {
    /// What the program passed to `exit`, 0–255.
    pub code: Option<i32>,
    /// The number of the signal that killed it.
    pub signal: Option<i32>,
    #[serde(with = "rfc3339")]
    #[cfg_attr(test, ts(type = "string"))]
    pub at: DateTime<Utc>,
    pub reason: Reason,
}

/// Why there is no program any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It ended by itself, or something outside of us killed it.
    Exited,
    /// Somebody closed the session.
    Closed,
    /// Nobody looked after the session for too long.
    Idle,
    /// It was gone with its keeper when we started: deployed anew, or the host or the keeper went down.
    Redeployed,
    /// Nobody saw it end. Also what a reason written by a newer version is read as.
    #[serde(other)]
    Unknown,
}

impl Exit {
    /// The program called `exit(code)`.
    pub fn from_code(code: i32, at: DateTime<Utc>) -> Exit {
        Exit { code: Some(code), signal: None, at, reason: Reason::Exited }
    }

    /// The program was killed by `signal`.
    pub fn from_signal(signal: i32, at: DateTime<Utc>) -> Exit {
        Exit { code: None, signal: Some(signal), at, reason: Reason::Exited }
    }

    /// The program is gone and nobody saw how.
    pub fn unknown(at: DateTime<Utc>) -> Exit {
        Exit { code: None, signal: None, at, reason: Reason::Unknown }
    }

    /// From what `wait` reported: a code, a signal, or neither.
    pub fn from_status(code: Option<i32>, signal: Option<i32>, at: DateTime<Utc>) -> Exit {
        match (code, signal) {
            (Some(code), _) => Exit::from_code(code, at),
            (None, Some(signal)) => Exit::from_signal(signal, at),
            (None, None) => Exit::unknown(at),
        }
    }

    /// The same end, brought about by us.
    pub fn because(self, reason: Reason) -> Exit {
        Exit { reason, ..self }
    }

    /// What a shell would say: the code, or 128 and the signal. None: unknown.
    pub fn shell_code(&self) -> Option<u8> {
        let code = self.code.or_else(|| self.signal.map(|signal| 128 + signal))?;
        u8::try_from(code).ok()
    }

    /// Whether the program is known to have ended with code 0.
    pub fn succeeded(&self) -> bool {
        self.code == Some(0)
    }
}

/// Times on disk and wire: RFC 3339, UTC, as many fraction digits as it takes.
pub(crate) mod rfc3339 {
    use chrono::{DateTime, SecondsFormat, Utc};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(at: &DateTime<Utc>, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(input)?;
        let at = DateTime::parse_from_rfc3339(&text).map_err(D::Error::custom)?;
        Ok(at.with_timezone(&Utc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at() -> DateTime<Utc> {
        DateTime::from_timestamp_micros(1_700_000_000_250_000).unwrap()
    }

    #[test]
    fn is_spelled_as_in_the_protocol() {
        for (exit, expected) in [
            (
                Exit::from_code(3, at()),
                json!({"code": 3, "signal": null, "at": "2023-11-14T22:13:20.250Z", "reason": "exited"}),
            ),
            (
                Exit::from_signal(9, at()).because(Reason::Closed),
                json!({"code": null, "signal": 9, "at": "2023-11-14T22:13:20.250Z", "reason": "closed"}),
            ),
            (
                Exit::unknown(at()),
                json!({"code": null, "signal": null, "at": "2023-11-14T22:13:20.250Z", "reason": "unknown"}),
            ),
        ] {
            let value = serde_json::to_value(&exit).unwrap();
            assert_eq!(value, expected);
            assert_eq!(serde_json::from_value::<Exit>(value).unwrap(), exit);
        }
    }

    #[test]
    fn unknown_is_not_success() {
        assert!(!Exit::unknown(at()).succeeded());
        assert!(!Exit::from_signal(15, at()).succeeded());
        assert!(!Exit::from_code(1, at()).succeeded());
        assert!(Exit::from_code(0, at()).succeeded());
    }

    #[test]
    fn a_shell_says_it_with_one_number() {
        assert_eq!(Exit::from_code(3, at()).shell_code(), Some(3));
        assert_eq!(Exit::from_signal(9, at()).because(Reason::Closed).shell_code(), Some(137));
        assert_eq!(Exit::unknown(at()).shell_code(), None);
    }

    #[test]
    fn a_newer_reason_reads_as_unknown() {
        let text =
            r#"{"code":null,"signal":9,"at":"2023-11-14T22:13:20Z","reason":"out_of_memory","more":1}"#;
        assert_eq!(serde_json::from_str::<Exit>(text).unwrap().reason, Reason::Unknown);
    }
}
