//! Secrets in text, made unreadable: tokens by their form, values by the name in front of them.
//!
//! What is masked keeps its first four characters as a hint, if it is long enough. This is for texts that are shown
//! out of their place, such as matches of a search; a secret of no known form, or one that a program broke over two
//! lines, is not recognised.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex_lite::{Captures, Regex};

/// Stands for what was taken out.
const HIDDEN: &str = "****";
/// Characters kept as a hint, and how long a secret must be to keep them.
const HINT: usize = 4;
const LONG_ENOUGH: usize = 12;

/// Three groups each: what stays, the secret, what stays.
static RULES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let name = r"[A-Za-z0-9_.-]*(?:token|secret|passwd|password|passphrase|api_?key|access_?key|private_?key|credential|_pat|_pwd)[A-Za-z0-9_]*";
    let rules = [
        // The rest of a header or of an option.
        r#"(?i)(authorization["']?\s*[:=]\s*["']?(?:bearer|basic|token)\s+)([^\s"',;]+)()"#.to_owned(),
        r"(?i)(\bbearer\s+)([A-Za-z0-9._~+/=-]{16,})()".to_owned(),
        r#"(?i)(--[a-z-]*(?:password|token|secret|api-key)(?:=|\s+)["']?)([^\s"'-][^\s"']*)()"#.to_owned(),
        // A password, then a token that stands alone, in front of a host.
        r"(?i)(\b[a-z][a-z0-9+.-]*://[^\s/@:]*:)([^\s@]+)(@)".to_owned(),
        r"(?i)(\b[a-z][a-z0-9+.-]*://)([^\s/@:]{8,})(@)".to_owned(),
        format!(r#"(?i)(\b{name}["']?\s*[:=]\s*["']?)([^\s"',;]{{4,}})()"#),
        // Forms that say what they are.
        r"()(\b(?:dapi|dose)[0-9A-Za-z]{16,}(?:-[0-9]+)?)()".to_owned(),
        r"()(\b(?:gh[pousr]_|github_pat_|glpat-|npm_|hf_|pypi-)[0-9A-Za-z_-]{16,})()".to_owned(),
        r"()(\bsk-[0-9A-Za-z_-]{16,})()".to_owned(),
        r"()(\bcoda-gw-[0-9A-Za-z_.-]{16,})()".to_owned(),
        r"()(\b(?:AKIA|ASIA)[0-9A-Z]{16}\b)()".to_owned(),
        r"()(\bAIza[0-9A-Za-z_-]{30,})()".to_owned(),
        r"()(\bx(?:ox[a-z]|app)-[0-9A-Za-z-]{10,})()".to_owned(),
        r"()(\beyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*)?)()".to_owned(),
    ];
    rules.iter().map(|rule| Regex::new(rule).expect("the rules are constant and tested")).collect()
});

/// The line with its secrets made unreadable.
pub fn mask(line: &str) -> Cow<'_, str> {
    RULES.iter().fold(Cow::Borrowed(line), |line, rule| match rule.is_match(&line) {
        true => Cow::Owned(rule.replace_all(&line, hide).into_owned()),
        false => line,
    })
}

/// Whether anything in the text would be masked.
pub fn has_secret(text: &str) -> bool {
    mask(text) != text
}

fn hide(found: &Captures<'_>) -> String {
    let part = |group| found.get(group).map_or("", |part| part.as_str());
    let (before, secret, after) = (part(1), part(2), part(3));
    if is_none(before, secret) {
        return found[0].to_owned();
    }
    let hint = if secret.chars().count() >= LONG_ENOUGH { HINT } else { 0 };
    let hint: String = secret.chars().take(hint).collect();
    format!("{before}{hint}{HIDDEN}{after}")
}

/// A reference to a variable, a count of tokens, or what was masked already.
fn is_none(before: &str, secret: &str) -> bool {
    let counts = before.to_ascii_lowercase().contains("tokens")
        && secret.bytes().all(|byte| byte.is_ascii_digit() || b".,/km%".contains(&byte.to_ascii_lowercase()));
    counts || secret.starts_with('$') || secret.ends_with(HIDDEN)
}

/// Masks the lines of a text in order: what lies between the first and the last line of a private key, too.
#[derive(Debug, Default)]
pub struct Masker {
    /// Lines of a key that may still come; a begin without an end does not hide everything after it.
    key_lines: usize,
}

/// A key of 16,384 bits has some 200 lines.
const KEY_LINES: usize = 300;

impl Masker {
    /// To be told of every line, also of those that nobody asks for. True: it belongs to a private key.
    pub fn pass(&mut self, line: &str) -> bool {
        let inside = self.key_lines > 0;
        self.key_lines = self.key_lines.saturating_sub(1);
        if line.contains("PRIVATE KEY-----") {
            let begins = line.contains("-----BEGIN ");
            let ends = line.contains("-----END ");
            self.key_lines = if begins && !ends { KEY_LINES } else { 0 };
            // In one line, as in JSON.
            return begins && ends;
        }
        inside
    }

    /// What stands for a line of a private key.
    pub fn hidden() -> &'static str {
        HIDDEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn secrets_are_masked_and_keep_a_hint() {
        let hex = "0123456789abcdef0123456789abcdef";
        for (line, masked) in [
            (format!("dapi{hex}"), "dapi****"),
            (format!("token dapi{hex}-2 ok"), "token dapi**** ok"),
            (format!("ghp_{hex}abcd"), "ghp_****"),
            (format!("gho_{hex}abcd."), "gho_****."),
            (format!("github_pat_{hex}_{hex}"), "gith****"),
            (format!("(sk-ant-api03-{hex})"), "(sk-a****)"),
            (format!("sk-proj-{hex}"), "sk-p****"),
            (format!("coda-gw-{hex}.{hex}"), "coda****"),
            ("AKIAIOSFODNN7EXAMPLE".into(), "AKIA****"),
            (
                "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
                "aws_secret_access_key = wJal****",
            ),
            (format!("AIza{hex}abc"), "AIza****"),
            ("xoxb-1234567890-abcdefghij".into(), "xoxb****"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl x".into(), "eyJh**** x"),
            ("Authorization: Bearer abcdefghijklmnop".into(), "Authorization: Bearer abcd****"),
            ("-H 'authorization: basic dXNlcjpwYXNz'".into(), "-H 'authorization: basic dXNl****'"),
            ("https://ann:pw@host/x".into(), "https://ann:****@host/x"),
            ("https://ann:p/w@host/x".into(), "https://ann:****@host/x"),
            (format!("https://ghp_{hex}abcd@github.com/x"), "https://ghp_****@github.com/x"),
            ("MY_PASSWORD=abc".into(), "MY_PASSWORD=abc"),
            ("MY_PASSWORD=abcd".into(), "MY_PASSWORD=****"),
            ("export GIT_TOKEN='not-so-short-a-secret'".into(), "export GIT_TOKEN='not-****'"),
            ("{\"client_secret\": \"0123456789abcdef\"}".into(), "{\"client_secret\": \"0123****\"}"),
            ("password: 12345678".into(), "password: ****"),
            ("login --token abcdefghijkl --force".into(), "login --token abcd**** --force"),
        ] {
            assert_eq!(mask(&line), masked, "{line}");
            assert_eq!(mask(masked), masked, "what is masked stays");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for line in [
            "total tokens: 12,345",
            "tokens=1.2k",
            "GIT_TOKEN=$TOKEN",
            "password: ",
            "the secret of success",
            "sk-short",
            "https://example.com/@scope/package",
            "ssh git@github.com:me/x.git",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "fn mask(line: &str) -> Cow<'_, str> {",
        ] {
            assert_eq!(mask(line), line);
        }
    }

    #[test]
    fn a_private_key_is_hidden_from_begin_to_end() {
        let mut masker = Masker::default();
        let text = "x\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----\ny";
        let hidden: Vec<bool> = text.lines().map(|line| masker.pass(line)).collect();
        assert_eq!(hidden, [false, false, true, true, false, false]);
        assert!(masker.pass("{\"k\": \"-----BEGIN PRIVATE KEY-----\\nMII\\n-----END PRIVATE KEY-----\"}"));
        masker.pass("-----BEGIN PRIVATE KEY-----");
        let hidden = (0..1000).filter(|_| masker.pass("text")).count();
        assert_eq!(hidden, KEY_LINES, "a begin without an end does not hide everything");
    }

    proptest! {
        #[test]
        fn nothing_of_a_token_but_the_hint_remains(
            before in "[ -~é]{0,20}",
            form in prop::sample::select(&["dapi", "ghp_", "sk-", "AIza", "glpat-"][..]),
            secret in "[0-9a-f]{36}",
            after in "[ ,.;)\"'é][ -~é]{0,20}",
        ) {
            let line = format!("{before} {form}{secret}{after}");
            let masked = mask(&line);
            prop_assert!(!masked.contains(&secret[..12]), "{masked}");
        }

        #[test]
        fn any_line_can_be_masked(line in "\\PC{0,200}") {
            let _ = mask(&line);
        }
    }
}
