//! `.databrickscfg` as Python reads it.

use std::process::{Command, Stdio};

use coda::domain::databrickscfg::{Profile, edit};
use serde_json::{Value, json};

use crate::support::Nonsense;

/// Reads many files in one run; null for one that cannot be read.
const READER: &str = "
import configparser, io, json, sys
def read(text):
    parser = configparser.ConfigParser()
    try:
        # As from a file: every kind of line end is one.
        parser.read_file(io.TextIOWrapper(io.BytesIO(text.encode()), encoding='utf-8'))
    except configparser.Error:
        return None
    sections = {name: dict(keys) for name, keys in parser._sections.items()}
    return {'DEFAULT': dict(parser.defaults()), **sections}
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
";

const PIECES: [&str; 30] = [
    "[DEFAULT]\n",
    "[DEFAULT]\n",
    "[work]\n",
    "[home] # mine\n",
    "  [odd]\n",
    "[ DEFAULT ]\r\n",
    "[a]b]\n",
    "host = https://old\n",
    "token=old\n",
    "  token : old ; mine\n",
    "Token = x\n",
    "host =\n",
    "cluster_id = a\n",
    "cluster_id = a # b\r\n",
    "\tx = y\n",
    "   more\n",
    "     host = more\n",
    "# comment\n",
    " ; comment\n",
    "\n",
    "  \n",
    "\r\n",
    "x\n",
    "= y\n",
    "key with blanks = 1\n",
    "é = ü\n",
    "a:b=c\n",
    "url = http://x:1/?a=b\n",
    "[__settings__]\ndefault_profile = work\n",
    "last",
];

fn python(files: &[String]) -> Option<Vec<Value>> {
    let mut child = Command::new("python3")
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take().unwrap();
    let text = json!(files).to_string();
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// B-37: other profiles were lost. Python is the judge: of everything it could read nothing changes but the two values.
#[test]
fn python_reads_what_it_read_before_and_ours() {
    let mut nonsense = Nonsense(37);
    let (mut before, mut after, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..4000 {
        let count = nonsense.below(9);
        let old: String = (0..count).map(|_| nonsense.one(&PIECES)).collect();
        let name = nonsense.one(&["DEFAULT", "work", "new"]);
        let profile = Profile { name, host: "https://new.example", token: "dapi0new" };
        if let Ok(new) = edit(old.as_bytes(), &profile) {
            before.push(old);
            after.push(String::from_utf8(new).unwrap());
            names.push(name);
        }
    }
    assert!(before.len() > 400, "{} files are edited", before.len());
    let Some(read) = python(&before) else {
        assert!(std::env::var_os("CI").is_none(), "CI has python3");
        eprintln!("skipped: there is no python3 here");
        return;
    };
    let now = python(&after).unwrap();
    for (at, mut expected) in read.into_iter().enumerate() {
        assert!(expected.is_object(), "Python cannot read {:?}, and it was edited", before[at]);
        expected[names[at]]["host"] = "https://new.example".into();
        expected[names[at]]["token"] = "dapi0new".into();
        assert_eq!(now[at], expected, "{:?} became {:?}", before[at], after[at]);
    }
}
