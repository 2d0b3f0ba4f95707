//! What an uploaded file is called, which files are ours, and what they are by their first bytes.
//!
//! A stored file is `{8 hexadecimal digits}_{name}`, the name being what [`sanitise`] leaves of the one that was
//! given: letters, digits, `.`, `-` and `_`, so it can be typed into a shell as it is. Only what has that form is
//! ever counted or removed.

/// Longest name kept, in bytes, before the digits are put in front.
pub const LONGEST: usize = 120;
/// Longest ending that a long name keeps, in bytes, with its dot.
const LONGEST_ENDING: usize = 16;
/// How many bytes [`media_type`] looks at.
pub const MAGIC: usize = 16;
/// Names that mean a device on Windows, whatever comes behind the first dot.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "clock$", "conin$"];

/// What a name from outside becomes. Never empty, never with a path, never hidden, never an option.
pub fn sanitise(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name = String::with_capacity(last.len().min(LONGEST));
    for c in last.chars().filter(|c| !is_mark(*c)) {
        match c {
            '.' | '-' => name.push(c),
            c if c.is_alphanumeric() => name.push(c),
            // One stand-in for each run of what cannot stay.
            _ if !name.ends_with('_') => name.push('_'),
            _ => {}
        }
    }
    let name = name.trim_start_matches(['.', '-']).trim_end_matches('.');
    if !name.contains(char::is_alphanumeric) {
        return "file".to_owned();
    }
    let name = if is_device(name) { format!("_{name}") } else { name.to_owned() };
    shortened(&name).trim_end_matches('.').to_owned()
}

/// Marks that sit on the letter before them: a name in decomposed Unicode keeps its letters.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let port = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|rest| rest.chars().count() == 1 && rest.contains(|c: char| c.is_numeric()))
    };
    DEVICES.contains(&stem.as_str()) || port("com") || port("lpt")
}

/// At most [`LONGEST`] bytes, by taking them out before the ending.
fn shortened(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let ending = name.rfind('.').map(|dot| &name[dot..]).filter(|ending| ending.len() <= LONGEST_ENDING);
    let ending = ending.unwrap_or_default();
    let mut end = LONGEST - ending.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", &name[..end])
}

/// The name on the disk: `random` makes it unguessable and unique.
pub fn stored_name(random: u32, name: &str) -> String {
    format!("{random:08x}_{name}")
}

/// Whether a file of this name can only be one of ours.
pub fn is_ours(file: &str) -> bool {
    let Some((digits, name)) = file.split_once('_') else { return false };
    is_digits(digits) && sanitise(name) == name
}

/// The name of a file while it is being received.
pub fn part_name(random: u32) -> String {
    format!(".{random:08x}.part")
}

/// Whether a file of this name can only be one that was being received.
pub fn is_part(file: &str) -> bool {
    file.strip_prefix('.').and_then(|rest| rest.strip_suffix(".part")).is_some_and(is_digits)
}

fn is_digits(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The media type of an image that a page can show, by its first [`MAGIC`] bytes; what a name or a client claims
/// does not count. SVG is no such image: it is a document that can run scripts.
pub fn media_type(first: &[u8]) -> Option<&'static str> {
    let bitmap = first.starts_with(b"BM") && first.len() >= 14 && first[6..10] == [0; 4];
    let webp = first.starts_with(b"RIFF") && first.get(8..12) == Some(b"WEBP");
    match first {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        _ if webp => Some("image/webp"),
        _ if bitmap => Some("image/bmp"),
        _ => None,
    }
}

/// Whether `more` bytes fit when `used` lie there and `promised` are on their way.
pub fn fits(used: u64, promised: u64, more: u64, quota: u64) -> bool {
    used.saturating_add(promised).saturating_add(more) <= quota
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_lose_what_is_dangerous_and_keep_the_rest() {
        for (given, expected) in [
            ("photo.png", "photo.png"),
            ("My holiday (1).JPG", "My_holiday_1_.JPG"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\windows\\system.ini", "system.ini"),
            ("/absolute/path", "path"),
            ("a/b/", "file"),
            ("..", "file"),
            ("", "file"),
            ("...", "file"),
            ("-rf", "rf"),
            ("--help", "help"),
            (".bashrc", "bashrc"),
            (".-.-x", "x"),
            ("a\0b", "a_b"),
            ("a\nb\tc", "a_b_c"),
            ("\u{1b}[31mred", "_31mred"),
            ("$(reboot).txt", "_reboot_.txt"),
            ("a;b|c&d`e'f\"g", "a_b_c_d_e_f_g"),
            ("bild\u{202e}gnp.exe", "bild_gnp.exe"),
            ("zero\u{200b}width", "zero_width"),
            ("cafe\u{301}.txt", "cafe.txt"),
            ("café.txt", "café.txt"),
            ("報告書.pdf", "報告書.pdf"),
            ("full\u{ff0f}width\u{ff0e}\u{ff0e}", "full_width_"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("com1.log", "_com1.log"),
            ("com10.log", "com10.log"),
            ("console.log", "console.log"),
            ("name.", "name"),
            ("name . .", "name_._"),
            ("🦀", "file"),
        ] {
            assert_eq!(sanitise(given), expected, "{given:?}");
        }
        let long = sanitise(&format!("{}.tar.gz", "ä".repeat(300)));
        assert!(long.len() <= LONGEST && long.ends_with("ä.gz"), "{long}");
    }

    #[test]
    fn only_names_of_our_form_are_ours() {
        assert!(is_ours(&stored_name(7, "photo.png")));
        assert!(is_part(&part_name(7)));
        for name in
            ["photo.png", "0000000g_x", "0000000A_x", "00000007_", "00000007_-x", "0000007_x", "_x", ""]
        {
            assert!(!is_ours(name), "{name}");
        }
        for name in [".part", ".00000007.par", "00000007.part", ".0000000.part", ".00000007_x.part"] {
            assert!(!is_part(name), "{name}");
        }
    }

    #[test]
    fn images_are_known_by_content() {
        for (first, expected) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Some("image/jpeg")),
            (b"GIF89a\x01\0\x01\0", Some("image/gif")),
            (b"GIF88a", None),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"RIFF\x24\0\0\0WAVEfmt ", None),
            (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0(\0", Some("image/bmp")),
            (b"BM is how this text begins", None),
            (b"<svg xmlns=\"http", None),
            (b"\x89PNG", None),
            (b"", None),
        ] {
            assert_eq!(media_type(first), expected, "{first:?}");
        }
    }

    #[test]
    fn the_quota_counts_what_is_on_its_way() {
        assert!(fits(60, 20, 20, 100));
        assert!(!fits(60, 21, 20, 100));
        assert!(!fits(u64::MAX, 1, 1, 100));
    }

    proptest! {
        #[test]
        fn whatever_a_name_is(given in prop_oneof![
            any::<String>(),
            "[./\\\\a-z:_ -]{0,40}",
            "(con|nul|com[0-9¹]|\\.|-|_| ){1,6}(\\.[a-z]{0,20}){0,3}",
            prop::collection::vec(any::<char>(), 100..300).prop_map(|chars| chars.into_iter().collect()),
        ]) {
            let name = sanitise(&given);
            prop_assert!(!name.is_empty() && name.len() <= LONGEST, "{name:?}");
            prop_assert!(name.chars().all(|c| c.is_alphanumeric() || "._-".contains(c)), "{name:?}");
            prop_assert!(!name.starts_with(['.', '-']) && !name.ends_with('.'), "{name:?}");
            prop_assert!(!is_device(&name), "{name:?}");
            prop_assert_eq!(sanitise(&name), name.clone(), "once is enough");
            let stored = stored_name(u32::MAX, &name);
            prop_assert!(is_ours(&stored) && stored.len() < 200);
            prop_assert_eq!(std::path::Path::new(&stored).file_name().unwrap(), stored.as_str());
        }
    }
}
