//! xterm.js as a judge: cases go to `oracle.mjs`, differences come back.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use coda::domain::screen::Widths;
use serde_json::{Value, json};

/// Output, or a change of size.
#[derive(Debug, Clone)]
pub enum Step {
    Bytes(Vec<u8>),
    Resize(u16, u16),
}

/// Two ways to the same state. `have` begins with `quiet` steps that must provoke no answer.
#[derive(Clone)]
pub struct Case {
    pub name: String,
    pub rows: u16,
    pub cols: u16,
    pub scrollback: usize,
    pub widths: Widths,
    pub want: Vec<Step>,
    pub have: Vec<Step>,
    pub quiet: usize,
}

/// What the judge said about a case.
pub struct Verdict {
    pub name: String,
    pub differences: Vec<String>,
    /// xterm.js itself failed on the stream.
    pub void: bool,
}

/// Asks about all cases; `None` after saying why it could not be asked.
///
/// # Panics
/// With `CI=true` when node or its packages are absent.
pub fn ask(cases: &[Case]) -> Option<Vec<Verdict>> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screen");
    if let Err(reason) = is_ready(&home) {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "cannot ask xterm.js: {reason}");
        eprintln!("SKIPPED {} comparisons with xterm.js: {reason}", cases.len());
        return None;
    }
    let mut child = Command::new("node")
        .arg(home.join("oracle.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts: it was just asked for its version");
    let mut input = child.stdin.take().expect("stdin is piped");
    let lines: Vec<String> = cases.iter().map(|case| encode(case).to_string()).collect();
    let writer = std::thread::spawn(move || {
        for line in lines {
            // A judge that died is noticed by its missing verdicts.
            if writeln!(input, "{line}").is_err() {
                break;
            }
        }
    });
    let output = child.wait_with_output().expect("node was started");
    writer.join().expect("the writer does not panic");
    let verdicts: Vec<Verdict> = String::from_utf8_lossy(&output.stdout).lines().map(decode).collect();
    assert_eq!(verdicts.len(), cases.len(), "the judge died");
    Some(verdicts)
}

fn is_ready(home: &Path) -> Result<(), String> {
    let found: PathBuf = home.join("node_modules/@xterm/headless/package.json");
    if Command::new("node").arg("--version").output().is_err() {
        return Err("node is not installed".to_owned());
    }
    if !found.exists() {
        return Err("run `npm ci` in tests/screen first".to_owned());
    }
    Ok(())
}

fn encode(case: &Case) -> Value {
    json!({
        "name": case.name,
        "rows": case.rows,
        "cols": case.cols,
        "scrollback": case.scrollback,
        "widths": case.widths,
        "a": steps(&case.want),
        "b": steps(&case.have),
        "quiet": case.quiet,
    })
}

fn steps(steps: &[Step]) -> Vec<Value> {
    let encode = |step: &Step| match step {
        Step::Bytes(bytes) => json!(base64(bytes)),
        Step::Resize(rows, cols) => json!([rows, cols]),
    };
    steps.iter().map(encode).collect()
}

fn decode(line: &str) -> Verdict {
    let value: Value = serde_json::from_str(line).expect("the judge writes JSON");
    let differences = value["differences"].as_array().expect("a list of differences");
    Verdict {
        name: value["name"].as_str().unwrap_or_default().to_owned(),
        differences: differences.iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect(),
        void: value.get("failed").is_some(),
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * index) & 63) as usize];
            text.push(if index <= chunk.len() { digit as char } else { '=' });
        }
    }
    text
}
