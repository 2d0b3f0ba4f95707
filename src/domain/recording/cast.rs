//! asciicast v3, the recording that `asciinema` and its player take:
//! <https://docs.asciinema.org/manual/asciicast/v3/>.
//!
//! One JSON value a line: a header, then events `[seconds since the event before, code, data]`.
//! Marks become markers; so do gaps and an exit that nobody saw, which has no status to give.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use super::utf8::Utf8;
use crate::domain::exit::Exit;
use crate::domain::journal::{Body, Keyframe, Record, SegmentHeader};
use crate::domain::size::Size;

/// Writes one recording. Every event is written as it comes.
#[derive(Debug)]
pub struct Cast<W> {
    out: W,
    size: Size,
    /// The time of the last event, microseconds since the epoch.
    last_us: u64,
    text: Utf8,
    /// Whether the screen is not known: at the beginning, and after a gap.
    blank: bool,
}

#[derive(Serialize)]
struct Header<'a> {
    version: u8,
    term: Term,
    /// Seconds since the epoch.
    timestamp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
}

#[derive(Serialize)]
struct Term {
    cols: u16,
    rows: u16,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl<W: Write> Cast<W> {
    /// Writes the header. `begin` is that of the first segment whose records follow.
    pub fn begin(mut out: W, begin: SegmentHeader, title: Option<&str>) -> io::Result<Cast<W>> {
        let Size { rows, cols } = begin.size;
        let term = Term { cols, rows, kind: "xterm-256color" };
        let timestamp = begin.created_us / 1_000_000;
        serde_json::to_writer(&mut out, &Header { version: 3, term, timestamp, title })?;
        out.write_all(b"\n")?;
        let (size, last_us) = (begin.size, begin.created_us);
        Ok(Cast { out, size, last_us, text: Utf8::default(), blank: true })
    }

    /// Writes what a record amounts to.
    pub fn record(&mut self, record: &Record) -> io::Result<()> {
        let at = record.time_us;
        match &record.body {
            Body::Output(bytes) => {
                self.blank = false;
                self.output(at, bytes)
            }
            Body::Resize(size) => self.resize(at, *size),
            Body::Mark(mark) => self.event(at, "m", &label(mark)),
            Body::Exit(exit) => self.exit(at, exit),
            Body::Keyframe(keyframe) => self.keyframe(at, keyframe),
            Body::Gap(bytes) => {
                self.blank = true;
                self.flush(at)?;
                self.event(at, "m", &format!("{bytes} bytes of output are missing"))
            }
        }
    }

    /// Writes a marker: a place that somebody may want to go to.
    pub fn marker(&mut self, at: u64, label: &str) -> io::Result<()> {
        self.event(at, "m", label)
    }

    /// Writes what is left and returns the output.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush(self.last_us)?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// What it writes to, to take away what is there.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    fn output(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let text = self.text.push(bytes);
        if text.is_empty() { Ok(()) } else { self.event(at, "o", &text) }
    }

    fn resize(&mut self, at: u64, size: Size) -> io::Result<()> {
        if self.size == size {
            return Ok(());
        }
        self.size = size;
        self.event(at, "r", &format!("{}x{}", size.cols, size.rows))
    }

    fn keyframe(&mut self, at: u64, keyframe: &Keyframe) -> io::Result<()> {
        if !self.blank {
            return Ok(());
        }
        self.blank = false;
        self.resize(at, keyframe.size)?;
        self.output(at, &keyframe.bytes)
    }

    /// A signal is told as a shell does: 128 and its number.
    fn exit(&mut self, at: u64, exit: &Exit) -> io::Result<()> {
        self.flush(at)?;
        match exit.code.or(exit.signal.map(|signal| 128 + signal)) {
            Some(status) => self.event(at, "x", &status.to_string()),
            None => self.event(at, "m", "ended, nobody saw how"),
        }
    }

    fn flush(&mut self, at: u64) -> io::Result<()> {
        let rest = self.text.finish();
        if rest.is_empty() { Ok(()) } else { self.event(at, "o", &rest) }
    }

    /// A clock that was set back counts as no time.
    fn event(&mut self, at: u64, code: &str, data: &str) -> io::Result<()> {
        let interval = at.saturating_sub(self.last_us);
        self.last_us = at;
        let (seconds, micros) = (interval / 1_000_000, interval % 1_000_000);
        let data = Value::from(data);
        writeln!(self.out, "[{seconds}.{micros:06}, \"{code}\", {data}]")
    }
}

/// What a person sees of a mark: itself if it is text, or its label.
fn label(mark: &Value) -> String {
    let text = mark.as_str().or_else(|| mark.get("label")?.as_str());
    text.map_or_else(|| mark.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exit::Reason;
    use bytes::Bytes;
    use chrono::DateTime;
    use serde_json::json;

    const T: u64 = 1_700_000_000_000_000;
    const SIZE: Size = Size { rows: 24, cols: 80 };

    fn cast(title: Option<&str>, records: Vec<(u64, Body)>) -> String {
        let begin = SegmentHeader { first_offset: 0, created_us: T, size: SIZE };
        let mut cast = Cast::begin(Vec::new(), begin, title).unwrap();
        for (after_us, body) in records {
            cast.record(&Record { offset: 0, time_us: T + after_us, body }).unwrap();
        }
        String::from_utf8(cast.finish().unwrap()).unwrap()
    }

    fn out(bytes: &'static [u8]) -> Body {
        Body::Output(Bytes::from_static(bytes))
    }

    fn frame(text: &'static str, size: Size) -> Body {
        Body::Keyframe(Keyframe { size, bytes: Bytes::from_static(text.as_bytes()) })
    }

    #[test]
    fn a_whole_session() {
        let at = DateTime::from_timestamp(0, 0).unwrap();
        let text = cast(
            Some("build \"all\""),
            vec![
                (0, Body::Resize(SIZE)),
                (248_000, out(b"\x1b[1mh\xc3")),
                (250_000, out(b"\xa9\r\n")),
                (1_250_001, Body::Resize(Size { rows: 50, cols: 100 })),
                (1_250_001, Body::Mark(json!({"label": "done"}))),
                (1_250_002, Body::Mark(json!("again"))),
                (1_250_002, Body::Mark(json!({"n": 1}))),
                (900_000, out(b"back in time")),
                (1_000_000, frame("not shown", SIZE)),
                (61_000_000, out(b"bad \xff\x00")),
                (61_500_000, Body::Exit(Exit::from_code(3, at))),
            ],
        );
        let expected = r#"{"version":3,"term":{"cols":80,"rows":24,"type":"xterm-256color"},"timestamp":1700000000,"title":"build \"all\""}
[0.248000, "o", "\u001b[1mh"]
[0.002000, "o", "é\r\n"]
[1.000001, "r", "100x50"]
[0.000000, "m", "done"]
[0.000001, "m", "again"]
[0.000000, "m", "{\"n\":1}"]
[0.000000, "o", "back in time"]
[60.100000, "o", "bad �\u0000"]
[0.500000, "x", "3"]
"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn begins_with_a_snapshot_when_the_beginning_is_gone() {
        let small = Size { rows: 5, cols: 6 };
        let text = cast(
            None,
            vec![
                (0, frame("screen", SIZE)),
                (1000, frame("again", SIZE)),
                (2000, out(b"x\xe2\x94")),
                (3000, Body::Gap(70)),
                (4000, frame("after the gap", small)),
                (5000, out(b"y")),
                (6000, frame("no more", SIZE)),
            ],
        );
        let expected = r#"{"version":3,"term":{"cols":80,"rows":24,"type":"xterm-256color"},"timestamp":1700000000}
[0.000000, "o", "screen"]
[0.002000, "o", "x"]
[0.001000, "o", "�"]
[0.000000, "m", "70 bytes of output are missing"]
[0.001000, "r", "6x5"]
[0.000000, "o", "after the gap"]
[0.001000, "o", "y"]
"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn an_unknown_exit_has_no_status() {
        let at = DateTime::from_timestamp(0, 0).unwrap();
        for (exit, expected) in [
            (Exit::from_code(0, at), r#"[0.000000, "x", "0"]"#),
            (Exit::from_signal(15, at).because(Reason::Closed), r#"[0.000000, "x", "143"]"#),
            (Exit::unknown(at), r#"[0.000000, "m", "ended, nobody saw how"]"#),
        ] {
            assert_eq!(cast(None, vec![(0, Body::Exit(exit))]).lines().nth(1), Some(expected));
        }
    }
}
