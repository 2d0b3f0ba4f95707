use proptest::prelude::*;

use super::*;
use crate::domain::exit::Exit;
use crate::domain::journal::{Body, Record};

const NONCE: &str = "n0nce";

fn record(offset: u64, time_us: u64, bytes: &[u8]) -> Record {
    Record { offset, time_us, body: Body::Output(bytes.to_vec().into()) }
}

/// The commands in a stream that came in these pieces, one microsecond after the other.
fn read(pieces: &[&[u8]], limit: usize, before: Option<u64>) -> Page {
    let mut reader = Reader::new(NONCE, limit, before);
    let mut offset = 0;
    for (time, piece) in pieces.iter().enumerate() {
        reader.record(&record(offset, time as u64 + 1, piece));
        offset += piece.len() as u64;
    }
    reader.finish()
}

/// A prompt, a line, its output and its status, as our shells say it.
fn said(line: &str, output: &str, status: i32) -> String {
    let line_url: String = line.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!(
        "\x1b]7;file://host/a%20b\x07\x1b]133;A;coda={NONCE}\x07$ \x1b]133;B\x07{line}\r\n\
         \x1b]133;C;cmdline_url={line_url};coda={NONCE}\x07{output}\x1b]133;D;{status};coda={NONCE}\x07"
    )
}

#[test]
fn a_command_has_its_line_status_directory_and_place() {
    let stream = said("echo é; ls", "out\r\n", 3);
    let page = read(&[stream.as_bytes()], 10, None);
    assert_eq!(page.before, None);
    let [command] = &page.commands[..] else { panic!("{page:?}") };
    assert_eq!(command.line.as_deref(), Some("echo é; ls"));
    assert_eq!(command.cwd.as_deref(), Some("/a b"));
    assert_eq!((command.code, command.trusted), (Some(3), true));
    let (begin, end) = (command.begin as usize, command.end.unwrap() as usize);
    assert_eq!(&stream.as_bytes()[begin..end], b"out\r\n");
}

#[test]
fn marks_of_others_never_touch_a_trusted_command() {
    let inner = "\x1b]133;A\x07\x1b]133;C;cmdline_url=evil\x07x\x1b]133;D;0\x1b\\\x1b]133;D;9;coda=guess\x07\x1b]133;A\x07";
    let page = read(&[said("cat file", inner, 7).as_bytes()], 10, None);
    let told: Vec<_> =
        page.commands.iter().map(|it| (it.line.as_deref().unwrap(), it.code, it.trusted)).collect();
    assert_eq!(told, [("cat file", Some(7), true), ("evil", Some(0), false)]);
}

#[test]
fn a_command_without_an_end_ends_with_the_next_prompt_or_the_session() {
    let open = format!("\x1b]133;C;cmdline_url=sleep;coda={NONCE}\x07");
    let prompt = format!("\x1b]133;A;coda={NONCE}\x07");
    let page = read(&[open.as_bytes()], 10, None);
    assert_eq!((page.commands[0].ended_us, page.commands[0].end), (None, None));
    let page = read(&[open.as_bytes(), prompt.as_bytes()], 10, None);
    assert_eq!((page.commands[0].ended_us, page.commands[0].code), (Some(2), None));
    let mut reader = Reader::new(NONCE, 10, None);
    reader.record(&record(0, 1, open.as_bytes()));
    let exit = Body::Exit(Exit::unknown(chrono::Utc::now()));
    reader.record(&Record { offset: open.len() as u64, time_us: 5, body: exit });
    let page = reader.finish();
    assert_eq!((page.commands[0].ended_us, page.commands[0].code), (Some(5), None));
}

/// bash says the newest line of its history; one that it was told not to keep is not that.
#[test]
fn a_repeated_line_is_believed_when_it_was_typed() {
    let again = |typed: &str| {
        let stream =
            format!("\x1b]133;B\x07{typed}\r\n\x1b[?2004l\r\x1b]133;C;repeated=1;cmdline_url=make%20all\x07");
        read(&[stream.as_bytes()], 10, None).commands[0].line.clone()
    };
    assert_eq!(again("make all").as_deref(), Some("make all"));
    assert_eq!(again("make ax\x08ll").as_deref(), Some("make all"));
    assert_eq!(again(" export KEY=1"), None);
    assert_eq!(again(" make all"), None);
}

#[test]
fn pages_go_back_from_the_newest() {
    let stream: String = (0..10).map(|number| said(&format!("c{number}"), "", 0)).collect();
    let lines = |page: &Page| -> Vec<String> {
        page.commands.iter().map(|command| command.line.clone().unwrap()).collect()
    };
    let newest = read(&[stream.as_bytes()], 4, None);
    assert_eq!(lines(&newest), ["c6", "c7", "c8", "c9"]);
    let older = read(&[stream.as_bytes()], 4, newest.before);
    assert_eq!(lines(&older), ["c2", "c3", "c4", "c5"]);
    let oldest = read(&[stream.as_bytes()], 4, older.before);
    assert_eq!((lines(&oldest), oldest.before), (vec!["c0".to_owned(), "c1".to_owned()], None));
}

#[test]
fn what_never_ends_or_is_too_long_is_passed_over() {
    let long = format!("\x1b]133;C;cmdline_url={}\x07", "x".repeat(100_000));
    let after = said("ls", "", 0);
    for nuisance in [&long, "\x1b]133;C;cmdline_url=x\x18", "\x1b]133;C\x1b[m", "\x1b]1;\x1b]2;x\x07"] {
        let page = read(&[nuisance.as_bytes(), after.as_bytes()], 10, None);
        assert_eq!(page.commands.len(), 1, "{nuisance:.20}");
        assert_eq!(page.commands[0].line.as_deref(), Some("ls"));
    }
}

proptest! {
    #[test]
    fn where_it_is_cut_does_not_matter(
        commands in prop::collection::vec(("[a-z ;é%]{1,9}", "[a-z\x1b\\]]{0,9}", 0..256i32), 1..6),
        cuts in prop::collection::vec(1..40usize, 1..60),
    ) {
        let stream: String = commands.iter().map(|(line, output, status)| said(line, output, *status)).collect();
        let (mut pieces, mut rest) = (Vec::new(), stream.as_bytes());
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        let timeless = |page: Page| -> Vec<Command> {
            let timeless = |command| Command { began_us: 0, ended_us: None, ..command };
            page.commands.into_iter().map(timeless).collect()
        };
        prop_assert_eq!(
            timeless(read(&pieces, 100, None)),
            timeless(read(&[stream.as_bytes()], 100, None))
        );
    }

    #[test]
    fn a_hostile_stream_is_bounded(
        pieces in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..60),
                prop::sample::select(&[
                    "\x1b]133;", "C;cmdline_url=%41", "A", "B", "D;1", ";coda=n0nce", "\x07", "\x1b\\", "\x1b",
                    "\x1b]7;file:///x", "\x1b]",
                ][..]).prop_map(|text| text.as_bytes().to_vec()),
            ],
            0..300,
        ),
        limit in 0..5usize,
    ) {
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let page = read(&pieces, limit, None);
        prop_assert!(page.commands.len() <= limit.max(1));
        prop_assert!(page.commands.windows(2).all(|two| two[0].begin < two[1].begin));
        let total: usize = pieces.iter().map(|piece| piece.len()).sum();
        for command in &page.commands {
            let end = command.end.unwrap_or(total as u64);
            prop_assert!(command.begin <= end && end <= total as u64);
        }
    }
}
