//! `coda send`: types into a session.

use std::io::{IsTerminal, Read};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use tokio::sync::mpsc;

use super::client::{Api, Attachment, Happening, Place, State};
use super::exit::InVain;
use crate::domain::frames::Mode;

#[derive(Debug, Args)]
#[command(
    after_help = "Ends when everything has reached the program: exactly once, also when the server restarts \
    meanwhile.\n\nKeys: Enter, Tab, BTab, Escape, Space, BSpace, Up, Down, Left, Right, Home, End, PageUp, PageDown, \
    Insert, Delete, F1 to F12, C-a to C-z, C-@ C-[ C-\\ C-] C-^ C-_, M- and a character; anything else is typed as \
    it is."
)]
pub struct SendOptions {
    /// Its id, the beginning of its id, or its label
    #[arg(value_name = "SESSION")]
    session: String,
    /// Type Enter after the text
    #[arg(long, short)]
    enter: bool,
    /// The words are names of keys
    #[arg(long, short)]
    keys: bool,
    #[command(flatten)]
    place: Place,
    /// What to type, with a space between words; `-` or nothing: what standard input has
    #[arg(value_name = "TEXT", trailing_var_arg = true, allow_hyphen_values = true)]
    text: Vec<String>,
}

/// Bytes read from standard input at once, and pieces read ahead.
const PIECE: usize = 32 * 1024;
const AHEAD: usize = 4;

pub async fn run(options: SendOptions) -> anyhow::Result<ExitCode> {
    let api = Api::new(&options.place.load()?)?;
    let row = api.session(&options.session).await?;
    match row.state {
        State::Running | State::Unknown => {}
        State::Ended => bail!("{} has ended: nobody would read it", row.name()),
        State::Failed => bail!("{} has failed; take it up again on the page first", row.name()),
    }
    let mut pieces = pieces(&options)?;
    // As large as it is: whoever only types does not change it.
    let mut attachment = Attachment::new(api, row.session_id.clone(), Mode::Write, row.size())?;
    let mut more = true;
    while more || !attachment.is_typed() {
        let has_room = attachment.room() >= PIECE;
        tokio::select! {
            happened = attachment.next() => match happened? {
                Happening::Output { end, .. } | Happening::Snapshot { end: Some(end), .. } => {
                    attachment.drawn(end);
                }
                Happening::Exited(_) | Happening::Closed => {
                    return Err(InVain::Ended(row.name().to_owned()).into());
                }
                _ => {}
            },
            piece = pieces.recv(), if more && has_room => match piece {
                Some(piece) => attachment.input(&piece?),
                None => more = false,
            },
        }
    }
    attachment.close().await;
    Ok(ExitCode::SUCCESS)
}

/// What to type, in pieces of at most [`PIECE`] bytes.
fn pieces(options: &SendOptions) -> anyhow::Result<mpsc::Receiver<std::io::Result<Vec<u8>>>> {
    let (tell, pieces) = mpsc::channel(AHEAD);
    let words: Vec<&str> = options.text.iter().map(String::as_str).collect();
    let enter: &[u8] = if options.enter { b"\r" } else { b"" };
    let given = match words[..] {
        [] | ["-"] if !options.keys => None,
        _ if options.keys => Some(words.iter().flat_map(|word| key(word)).collect()),
        _ => Some(words.join(" ").into_bytes()),
    };
    let mut input: Box<dyn Read + Send> = match given {
        Some(given) => Box::new(std::io::Cursor::new(given)),
        None if words.is_empty() && options.enter && std::io::stdin().is_terminal() => {
            Box::new(std::io::empty())
        }
        None if words.is_empty() && std::io::stdin().is_terminal() => {
            bail!("say what to type, or give it on standard input")
        }
        None => Box::new(std::io::stdin()),
    };
    input = Box::new(input.chain(std::io::Cursor::new(enter.to_vec())));
    std::thread::spawn(move || {
        loop {
            let mut piece = vec![0; PIECE];
            let read = match input.read(&mut piece) {
                Ok(0) => return,
                Ok(count) => Ok(piece[..count].to_vec()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let last = read.is_err();
            if tell.blocking_send(read).is_err() || last {
                return;
            }
        }
    });
    Ok(pieces)
}

/// What a key sends; a word that names none is typed as it is.
fn key(name: &str) -> Vec<u8> {
    let text = match name {
        "Enter" => "\r",
        "Tab" => "\t",
        "BTab" => "\x1b[Z",
        "Escape" => "\x1b",
        "Space" => " ",
        "BSpace" => "\x7f",
        "Up" => "\x1b[A",
        "Down" => "\x1b[B",
        "Right" => "\x1b[C",
        "Left" => "\x1b[D",
        "Home" => "\x1b[H",
        "End" => "\x1b[F",
        "Insert" => "\x1b[2~",
        "Delete" => "\x1b[3~",
        "PageUp" => "\x1b[5~",
        "PageDown" => "\x1b[6~",
        _ => return odd_key(name),
    };
    text.as_bytes().to_vec()
}

fn odd_key(name: &str) -> Vec<u8> {
    const FUNCTIONS: [&str; 12] =
        ["OP", "OQ", "OR", "OS", "[15~", "[17~", "[18~", "[19~", "[20~", "[21~", "[23~", "[24~"];
    let function = name.strip_prefix('F').and_then(|number| number.parse::<usize>().ok());
    if let Some(sequence) = function.and_then(|number| FUNCTIONS.get(number.checked_sub(1)?)) {
        return format!("\x1b{sequence}").into_bytes();
    }
    match (name.strip_prefix("C-").map(str::as_bytes), name.strip_prefix("M-")) {
        (Some(&[letter @ (b'@'..=b'_' | b'a'..=b'z')]), _) => vec![letter.to_ascii_uppercase() & 0x1f],
        (_, Some(rest)) if rest.chars().count() == 1 => format!("\x1b{rest}").into_bytes(),
        _ => name.as_bytes().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_names() {
        for (name, bytes) in [
            ("Enter", "\r"),
            ("C-c", "\x03"),
            ("C-]", "\x1d"),
            ("Up", "\x1b[A"),
            ("F1", "\x1bOP"),
            ("F12", "\x1b[24~"),
            ("M-x", "\x1bx"),
            ("F13", "F13"),
            ("F0", "F0"),
            ("C-cc", "C-cc"),
            ("hello", "hello"),
        ] {
            assert_eq!(key(name), bytes.as_bytes(), "{name}");
        }
    }
}
