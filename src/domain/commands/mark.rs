//! What one sequence says.

use crate::domain::percent;

/// Longest directory and command line, in bytes.
const MAX_TEXT: usize = 4096;

/// A mark of a shell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// OSC 7.
    Directory(String),
    /// 133;A.
    Prompt,
    /// 133;B: what follows is typed.
    Input,
    /// 133;C.
    Begin {
        line: Option<String>,
        /// The line is the one before it again, or was kept from the shell's history: what was typed tells which.
        repeated: bool,
    },
    /// 133;D.
    End { code: Option<i32> },
}

impl Mark {
    /// The mark in the content of a sequence, and whether it carries `nonce`.
    pub fn read(content: &[u8], nonce: &str) -> Option<(Mark, bool)> {
        if let Some(url) = content.strip_prefix(b"7;") {
            return Some((Mark::Directory(directory(url)?), false));
        }
        let content = std::str::from_utf8(content.strip_prefix(b"133;")?).ok()?;
        let mut fields = content.split(';');
        let kind = fields.next()?;
        let fields: Vec<&str> = fields.collect();
        let field = |name: &str| fields.iter().find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        let mark = match kind {
            "A" => Mark::Prompt,
            "B" => Mark::Input,
            "C" => Mark::Begin {
                line: field("cmdline_url").and_then(|line| text(line.as_bytes())),
                repeated: field("repeated").is_some(),
            },
            "D" => Mark::End { code: fields.first().and_then(|code| code.parse().ok()) },
            _ => return None,
        };
        Some((mark, !nonce.is_empty() && field("coda") == Some(nonce)))
    }
}

fn directory(url: &[u8]) -> Option<String> {
    let rest = url.strip_prefix(b"file://")?;
    let slash = memchr::memchr(b'/', rest)?;
    text(&rest[slash..]).filter(|path| !path.chars().any(char::is_control))
}

fn text(encoded: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&percent::decode(encoded)).into_owned();
    (!text.is_empty() && text.len() <= MAX_TEXT).then_some(text)
}
