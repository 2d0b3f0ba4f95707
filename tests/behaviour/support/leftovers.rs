//! What a daemon leaves behind, searched for secrets.

use std::path::{Path, PathBuf};

/// How a secret of the workspace looks: what it begins with, what follows, and how much of it at least.
struct Form {
    start: &'static str,
    follows: fn(u8) -> bool,
    least: usize,
}

const FORMS: [Form; 3] = [
    // Tokens, and secrets of service principals.
    Form { start: "dapi", follows: is_hex, least: 16 },
    Form { start: "dose", follows: is_hex, least: 16 },
    // Bearers: a JSON object, as base64.
    Form { start: "eyJ", follows: is_base64, least: 32 },
];

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Whether something in it has the form of a token of the workspace.
pub fn has_token(bytes: &[u8]) -> bool {
    FORMS.iter().any(|Form { start, follows, least }| {
        memchr::memmem::find_iter(bytes, start)
            .any(|at| bytes[at + start.len()..].iter().take_while(|byte| follows(**byte)).count() >= *least)
    })
}

/// Where something of the form of a token is, or one of these `secrets`: the log, and files of the home but for those
/// that tools read the token from, one and `others`. Links are not followed.
pub fn with_secrets(home: &Path, log: &str, secrets: &[String], others: &[&str]) -> Vec<String> {
    let is_known =
        |bytes: &[u8]| secrets.iter().any(|secret| memchr::memmem::find(bytes, secret.as_bytes()).is_some());
    let tells = |bytes: &[u8]| has_token(bytes) || is_known(bytes);
    let mut found: Vec<String> = Vec::new();
    found.extend(tells(log.as_bytes()).then(|| "the log".to_owned()));
    let files = files(home).into_iter().filter(|path| !is_for_tools(home, path, others));
    // One that is gone by now was left by nobody.
    let telling = files.filter(|path| std::fs::read(path).is_ok_and(|bytes| tells(&bytes)));
    found.extend(telling.map(|path| path.display().to_string()));
    found
}

/// A file with the token in it, or its draft.
fn is_for_tools(home: &Path, path: &Path, others: &[&str]) -> bool {
    [".databrickscfg"].iter().chain(others).map(|name| home.join(name)).any(|file| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        path == file || path == file.with_file_name(format!(".{name}.coda-new"))
    })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let kinds = entries.filter_map(|entry| Some((entry.file_type().ok()?, entry.path())));
    kinds
        .flat_map(|(kind, path)| match () {
            () if kind.is_dir() => files(&path),
            () if kind.is_file() => vec![path],
            () => Vec::new(),
        })
        .collect()
}

#[test]
fn a_secret_is_found_wherever_it_is_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let token = format!("dapi{}", "0a".repeat(16));
    let put = |path: &str, content: &[u8]| {
        let path = home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    let found = |log: &str| -> Vec<String> {
        let found = with_secrets(home.path(), log, &["forge-secret".to_owned()], &[".x/.env"]);
        let prefix = format!("{}/", home.path().display());
        let mut found: Vec<String> =
            found.iter().map(|at| at.trim_start_matches(&prefix).to_owned()).collect();
        found.sort();
        found
    };
    for harmless in ["dapi", "dapi0a0a…", "a dose of 0123456789abcdef0123", "eyJhbGciOiJ.", "dapple"] {
        put(".coda/harmless", harmless.as_bytes());
        assert_eq!(found(harmless), Vec::<String>::new(), "{harmless}");
    }
    put(".databrickscfg", token.as_bytes());
    put("..databrickscfg.coda-new", token.as_bytes());
    put(".x/.env", token.as_bytes());
    assert_eq!(found("nothing"), Vec::<String>::new());
    put(".coda/state.db-wal", &[b"\xff\x00\x01", token.as_bytes(), b"\x00"].concat());
    put(".coda/sessions/1/journal/0", b"...forge-secret...");
    put("projects/x/.databrickscfg", token.as_bytes());
    put("crash", format!("Bearer eyJ{}.e30", "a1_-".repeat(10)).as_bytes());
    put("secret", format!("dose{}", "f".repeat(32)).as_bytes());
    let expected =
        [".coda/sessions/1/journal/0", ".coda/state.db-wal", "crash", "projects/x/.databrickscfg", "secret"];
    assert_eq!(found("nothing"), expected);
    assert_eq!(found(&format!("token={token}")).len(), expected.len() + 1);
}
