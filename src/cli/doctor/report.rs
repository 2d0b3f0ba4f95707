//! What was found, and how it is told.

use serde::Serialize;
use serde_json::json;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Ok,
    /// Works, but not as well as it could.
    Warn,
    Fail,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub check: &'static str,
    pub level: Level,
    pub found: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Finding {
    pub fn ok(check: &'static str, found: impl Into<String>) -> Finding {
        Finding { check, level: Level::Ok, found: found.into(), remedy: None }
    }

    pub fn warn(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { check, level: Level::Warn, found: found.into(), remedy: Some(remedy.into()) }
    }

    pub fn fail(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { check, level: Level::Fail, found: found.into(), remedy: Some(remedy.into()) }
    }
}

pub fn json(findings: &[Finding]) -> anyhow::Result<String> {
    let well = findings.iter().all(|finding| finding.level != Level::Fail);
    Ok(serde_json::to_string_pretty(&json!({"ok": well, "checks": findings}))? + "\n")
}

pub fn table(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Finding { check, level, found, remedy } in findings {
        let word = match level {
            Level::Ok => "ok  ",
            Level::Warn => "warn",
            Level::Fail => "FAIL",
        };
        text.push_str(&format!("{word}  {check:width$}  {found}\n"));
        if let Some(remedy) = remedy {
            text.push_str(&format!("{:indent$}→ {remedy}\n", "", indent = width + 8));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_says_what_to_do() {
        let findings = [Finding::ok("disk", "3 GiB free"), Finding::fail("pty", "none", "mount devpts")];
        assert_eq!(
            table(&findings),
            "ok    disk  3 GiB free\nFAIL  pty   none\n            → mount devpts\n"
        );
        let said: serde_json::Value = serde_json::from_str(&json(&findings).unwrap()).unwrap();
        assert_eq!(said["ok"], false);
        assert_eq!(said["checks"][1]["level"], "fail");
        assert_eq!(said["checks"][1]["remedy"], "mount devpts");
    }
}
