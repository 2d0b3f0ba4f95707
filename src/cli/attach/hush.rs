//! Takes the questions out of output that is over.
//!
//! What a program asked its terminal while nobody watched was answered by the server. Shown late on a terminal, the
//! question would be answered again, and the program would read the answer as something typed.

/// Longest sequence looked at; what is longer asks nothing.
const LONGEST: usize = 256;

/// Bytes of `output` without complete sequences that ask. One that is cut at the end stays: it is drawn with what
/// follows.
pub fn hushed(output: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(output.len());
    let mut rest = output;
    while let Some(start) = memchr::memchr(0x1b, rest) {
        kept.extend_from_slice(&rest[..start]);
        rest = &rest[start..];
        let length = sequence(rest);
        if !asks(&rest[..length]) {
            kept.extend_from_slice(&rest[..length]);
        }
        rest = &rest[length..];
    }
    kept.extend_from_slice(rest);
    kept
}

/// Length of the sequence that begins here; 1 when it is no whole one.
fn sequence(bytes: &[u8]) -> usize {
    let inside = &bytes[..bytes.len().min(LONGEST)];
    let length = match inside.get(1) {
        Some(b'[') => inside.iter().skip(2).position(|byte| !(0x20..0x40).contains(byte)).map(|at| at + 3),
        Some(b']' | b'P') => ended(inside),
        Some(_) => Some(2),
        None => None,
    };
    length.unwrap_or(1)
}

/// Length of a string sequence: up to BEL or ESC \.
fn ended(bytes: &[u8]) -> Option<usize> {
    let bell = bytes.iter().position(|&byte| byte == 7).map(|at| at + 1);
    let string = bytes.windows(2).skip(2).position(|two| two == b"\x1b\\").map(|at| at + 4);
    bell.into_iter().chain(string).min()
}

fn asks(sequence: &[u8]) -> bool {
    match sequence {
        // DECID, and the device attributes: primary, secondary, tertiary.
        b"\x1bZ" | [0x1b, b'[', .., b'c'] => true,
        // DSR, and DECRQM.
        [0x1b, b'[', .., b'n'] | [0x1b, b'[', .., b'$', b'p'] => true,
        // Kitty's keyboard flags, XTVERSION.
        [0x1b, b'[', b'?', b'u'] | [0x1b, b'[', b'>', .., b'q'] => true,
        // Reports of windows and titles, DECRQTSR, DECREQTPARM, checksums, XTSMGRAPHICS.
        [0x1b, b'[', params @ .., b't'] => reports(params),
        [0x1b, b'[', .., b'x'] | [0x1b, b'[', .., b'*', b'y'] => true,
        [0x1b, b'[', b'?', .., b'S'] => true,
        // DECRQSS, XTGETTCAP.
        [0x1b, b'P', b'$' | b'+', b'q', ..] => true,
        // Colours, the clipboard, an agent's status.
        [0x1b, b']', text @ ..] => {
            let text = text.strip_suffix(b"\x07").or_else(|| text.strip_suffix(b"\x1b\\")).unwrap_or(text);
            text.ends_with(b";?") || text.windows(3).any(|three| three == b";?;")
        }
        _ => false,
    }
}

/// Whether window operation `params` has an answer.
fn reports(params: &[u8]) -> bool {
    let first = params.split(|&byte| byte == b';').next().unwrap_or_default();
    matches!(first, b"11" | b"13" | b"14" | b"15" | b"16" | b"18" | b"19" | b"20" | b"21")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_go_and_everything_else_stays() {
        for question in [
            "\x1b[c",
            "\x1b[>c",
            "\x1b[=c",
            "\x1b[0c",
            "\x1bZ",
            "\x1b[6n",
            "\x1b[?6n",
            "\x1b[?2026$p",
            "\x1b[?u",
            "\x1b[>q",
            "\x1b[>0q",
            "\x1b[18t",
            "\x1b[14;2t",
            "\x1b]10;?\x07",
            "\x1b]11;?\x1b\\",
            "\x1b]4;1;?;2;?\x07",
            "\x1b]52;c;?\x07",
            "\x1bP$qm\x1b\\",
            "\x1bP+q544e\x1b\\",
            "\x1b[x",
        ] {
            let output = format!("a\x1b[1m{question}ü\r\n");
            assert_eq!(hushed(output.as_bytes()), "a\x1b[1mü\r\n".as_bytes(), "{question:?}");
        }
        for other in [
            "\x1b[>1u",
            "\x1b[<u",
            "\x1b[=1;1u",
            "\x1b[2 q",
            "\x1b[22;0t",
            "\x1b[8;24;80t",
            "\x1b]0;what?\x07",
            "\x1b]11;#000000\x07",
            "\x1b]8;;https://a/?;b\x1b\\",
            "\x1b[?2026h",
            "\x1b[3S",
            "\x1b",
            "\x1b[",
            "\x1b[6",
            "\x1b]10;?",
            "\x1b7\x1b8",
            "\x1bc",
        ] {
            assert_eq!(hushed(other.as_bytes()), other.as_bytes(), "{other:?}");
        }
    }
}
