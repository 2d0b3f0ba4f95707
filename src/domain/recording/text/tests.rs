use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::domain::journal::Keyframe;
use crate::domain::recording::line::LONGEST;

const SIZE: Size = Size { rows: 24, cols: 80 };

fn record(body: Body) -> Record {
    Record { offset: 0, time_us: 0, body }
}

fn text(bodies: impl IntoIterator<Item = Body>) -> String {
    let mut text = Text::begin(Vec::new(), SIZE);
    for body in bodies {
        text.record(&record(body)).unwrap();
    }
    String::from_utf8(text.finish().unwrap()).unwrap()
}

fn out(bytes: impl Into<Bytes>) -> Body {
    Body::Output(bytes.into())
}

#[test]
fn a_line_is_what_it_was_in_the_end() {
    for (printed, expected) in [
        ("", ""),
        ("one\r\ntwo\nthree", "one\ntwo\nthree\n"),
        ("\r\n\r\n", "\n\n"),
        (" 10%\r 50%\r100%\r\ndone\r\n", "100%\ndone\n"),
        ("long line\rnew\x1b[K\n", "new\n"),
        ("abc\x08\x08X\n", "aXc\n"),
        ("a\tb\tc\n", "a       b       c\n"),
        ("trailing   \n", "trailing\n"),
        ("\x1b[1;31mred\x1b[0m \x1b]0;title\x07text\x1b(B\x1b=\n", "red text\n"),
        ("\x1bP1$tq\x1b\\after\x1b_apc\x1b\\\n", "after\n"),
        ("h\u{e9}llo \u{1f980}\n", "h\u{e9}llo \u{1f980}\n"),
        ("a\x1b[5Cb\x1b[3DX\n", "a   X b\n"),
        ("abcdef\x1b[3G\x1b[2P\n", "abef\n"),
        ("abc\x1b[2G\x1b[2@-\n", "a- bc\n"),
        ("abc\x1b[2G\x1b[1K\n", "  c\n"),
        ("gone\x1b[2K\rhere\n", "here\n"),
        ("far\x1b[999Cx\n", &format!("far{}x\n", " ".repeat(76))),
        ("one\x1b[2;5Htwo\x1b[3;1Hthree", "one\n    two\nthree\n"),
        ("\x1b[?25h\x1b[>4;1m\x1b[?1049hquiet\n", "quiet\n"),
        ("\u{85}\x07\x0e\x7fplain\n", "plain\n"),
    ] {
        assert_eq!(text([out(printed)]), expected, "{printed:?}");
        let pieces = printed.bytes().map(|byte| out(vec![byte]));
        assert_eq!(text(pieces), expected, "{printed:?} byte by byte");
    }
}

#[test]
fn begins_with_a_snapshot_and_names_gaps() {
    let frame = |text: &'static str| {
        Body::Keyframe(Keyframe { size: SIZE, bytes: Bytes::from_static(text.as_bytes()) })
    };
    let text = text([
        frame("old\r\n$ "),
        out("ls\r\n"),
        frame("old\r\n$ ls\r\n"),
        out("cut \x1b]0;off"),
        Body::Gap(9),
        frame("new screen\r\n"),
        out("end"),
    ]);
    assert_eq!(text, "old\n$ ls\ncut\n[9 bytes of output are missing]\nnew screen\nend\n");
}

/// A tab at the right margin once moved the cursor of a wrapped line back to it.
#[test]
fn a_line_longer_than_the_terminal_goes_on() {
    let long = "x".repeat(90);
    assert_eq!(text([out(format!("{long}\t\x1b[9C!\n"))]), format!("{long}!\n"));
}

#[test]
fn a_long_line_is_broken() {
    let text = text([out(vec![b'x'; LONGEST * 2 + 5])]);
    let lines: Vec<usize> = text.lines().map(str::len).collect();
    assert_eq!(lines, [LONGEST, LONGEST, 5]);
}

/// A title that never ends once made the parser keep the rest of the session in memory.
#[test]
fn an_endless_control_string_is_dropped() {
    let mut bodies = vec![out("\x1b]0;")];
    bodies.extend((0..40).map(|_| out(vec![b'x'; 64 << 10])));
    bodies.push(out("\r\nback\r\n"));
    assert!(text(bodies).ends_with("\nback\n"));
}

proptest! {
    #[test]
    fn any_bytes_give_bounded_lines(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0x1b), Just(b'['), 48..80u8], 0..3000)
    ) {
        let whole = text([out(bytes.clone())]);
        prop_assert!(whole.lines().all(|line| line.chars().count() <= LONGEST));
        prop_assert!(!whole.contains('\x1b'));
        let (a, b) = bytes.split_at(bytes.len() / 2);
        prop_assert_eq!(text([out(a.to_vec()), out(b.to_vec())]), whole);
    }
}
