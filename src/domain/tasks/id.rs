//! Names of tasks.

use std::fmt;

use serde::{Deserialize, Serialize};

const FORM: &str = "task_";
const DIGITS: usize = 32;

/// `task_` and 32 hexadecimal digits: as a part of a path it leads nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaskId(String);

/// What was given as a task's id is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no id of a task: that is `task_` and 32 hexadecimal digits, as coda_run answers and coda_inbox lists"
)]
pub struct BadId(String);

impl TaskId {
    /// `token`: 32 random hexadecimal digits.
    pub fn fresh(token: &str) -> Result<TaskId, BadId> {
        TaskId::parse(&format!("{FORM}{token}"))
    }

    pub fn parse(text: &str) -> Result<TaskId, BadId> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let digits = text.strip_prefix(FORM).unwrap_or_default();
        if digits.len() == DIGITS && digits.bytes().all(is_digit) {
            Ok(TaskId(text.to_owned()))
        } else {
            Err(BadId(text.chars().take(FORM.len() + DIGITS + 8).collect()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TaskId {
    type Error = BadId;

    fn try_from(text: String) -> Result<TaskId, BadId> {
        TaskId::parse(&text)
    }
}

impl From<TaskId> for String {
    fn from(id: TaskId) -> String {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A7 10: ids of the replaced server went into paths as they came, so `../../x` read other people's files.
    #[test]
    fn an_id_cannot_lead_anywhere() {
        let good = "task_0123456789abcdef0123456789abcdef";
        assert_eq!(TaskId::parse(good).unwrap().as_str(), good);
        for bad in [
            "",
            "task_",
            "../../etc/passwd",
            "task_../../../../../../../../../etc/aaaa",
            "task_0123456789ABCDEF0123456789abcdef",
            "task_0123456789abcdef0123456789abcde",
            "task_0123456789abcdef0123456789abcdef0",
            "task-0123456789abcdef0123456789abcdef",
            "task_0123456789abcdef0123456789abcde\0",
            "task_0123456789abcdef0123456789abcde\n",
        ] {
            assert!(TaskId::parse(bad).is_err(), "{bad:?}");
        }
        assert!(serde_json::from_str::<TaskId>("\"../x\"").is_err());
        assert!(TaskId::parse(&"x".repeat(100_000)).unwrap_err().to_string().len() < 300);
    }
}
