//! What an agent reads before it begins: the work between marks, and what it must know about the place, the way to work
//! and the way to report. The work stands between two lines with a word that nobody can guess, so that no text in it
//! can pass for one of the sections around it.

mod sections;

use std::fmt::Write as _;

use serde_json::Value;

use super::{Decision, Earlier, Permissions, Settled, TaskId};

/// Longest result of an earlier task that is passed on, in bytes; the rest is in its file.
const EARLIER: usize = 32 * 1024;

/// What goes into it.
#[derive(Debug, Clone)]
pub struct Envelope<'a> {
    pub task: &'a TaskId,
    pub session_id: &'a str,
    pub owner: &'a str,
    pub prompt: &'a str,
    pub context: Option<&'a Value>,
    pub earlier: Option<&'a Earlier>,
    /// What was asked in earlier runs of this task, and answered.
    pub settled: &'a [Settled],
    pub workflow_protocol: bool,
    pub permissions: Permissions,
    /// Whether a workspace is there.
    pub workspace: bool,
    /// Skills that are installed.
    pub skills: &'a [String],
    /// The folder of the task, as the agent finds it.
    pub folder: &'a str,
    /// Random: what begins and ends the work.
    pub mark: &'a str,
}

/// The whole text.
pub fn compose(envelope: &Envelope<'_>) -> String {
    let mut text = String::from("---CODA-TASK---\n");
    let Envelope { task, session_id, owner, .. } = envelope;
    // Writing to a String cannot fail.
    let _ = writeln!(text, "task_id: {task}\nsession_id: {session_id}\nuser: {}", one_line(owner));
    if let Some(earlier) = envelope.earlier {
        text.push_str(&prior(earlier, envelope.mark));
    }
    if let Some(context) = envelope.context {
        let context = serde_json::to_string_pretty(context).unwrap_or_default();
        text.push_str(&section("CONTEXT", &between(&context, envelope.mark)));
    }
    text.push_str(&section("TASK", &between(envelope.prompt, envelope.mark)));
    if !envelope.settled.is_empty() {
        text.push_str(&answers(envelope.settled, envelope.mark));
    }
    if envelope.workflow_protocol {
        text.push_str(&section("CAPABILITIES", &sections::capabilities(envelope.workspace, envelope.skills)));
        text.push_str(&section("WORKFLOW PROTOCOL", sections::PROTOCOL));
    }
    text.push_str(&section("INSTRUCTIONS", &sections::instructions(envelope.folder)));
    text.push_str(&section("SAFETY", &sections::safety(envelope.permissions)));
    text.push_str("\n---END-CODA-TASK---\n");
    text
}

fn section(name: &str, text: &str) -> String {
    format!("\n{name}:\n{}\n", text.trim_end())
}

/// Text of somebody else's: whatever it looks like, it ends where the mark says.
fn between(text: &str, mark: &str) -> String {
    format!("[begin {mark}]\n{text}\n[end {mark}]")
}

fn prior(earlier: &Earlier, mark: &str) -> String {
    let Earlier { task, session_id, status, asked, result } = earlier;
    let mut text = format!(
        "This goes on from task {task} (session {session_id}), which is {status}. It was about: {}\n",
        one_line(asked)
    );
    match result {
        Some(result) => {
            text.push_str("What it left as its result:\n");
            text.push_str(&between(super::cut(result, EARLIER).trim_end(), mark));
        }
        None => text.push_str("It left no result: look at the state of the files before you build on it."),
    }
    section("PRIOR SESSION", &text)
}

fn answers(settled: &[Settled], mark: &str) -> String {
    let mut text = String::from("You, or an agent before you, asked this while working on the task above:\n");
    for Settled { question, answer, .. } in settled {
        let said = match answer.decision {
            Decision::Approve | Decision::ApproveForSession => "yes, go on",
            Decision::Deny => "no, do not do that",
            Decision::Answer => "see below",
        };
        let words = [&question.what, question.detail.as_deref().unwrap_or_default()].join("\n");
        let _ = writeln!(text, "Asked:\n{}\nAnswer: {said}", between(words.trim_end(), mark));
        if !answer.text.trim().is_empty() {
            let _ = writeln!(text, "{}", between(&answer.text, mark));
        }
    }
    section("ANSWERS", &text)
}

fn one_line(text: &str) -> String {
    text.split(char::is_control).collect::<Vec<_>>().join(" ")
}
