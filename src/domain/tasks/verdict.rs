//! What came of a run. An exit code decides nothing by itself: every agent there is exits with 0 when its work was
//! refused. `completed` takes a result that says so; whatever speaks against it is told as a doubt.

use serde::{Deserialize, Serialize};

use super::cut;
use super::hearing::{Heard, Said};
use super::report::{Claim, Found, Report};

/// Lines of evidence that are kept of a kind, and the length of each in bytes.
const LINES: usize = 20;
const LINE: usize = 500;

/// How the agent's program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    Code(i32),
    Signal(i32),
    /// We ended it, quiet after its result.
    Idle,
    /// We ended it, still busy long after its result.
    Busy,
    /// We ended it, its time was over.
    TimedOut,
    /// It was never there.
    NotStarted(String),
    /// Nobody saw how.
    Unseen,
}

/// All that is known of a run that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    pub ending: Ending,
    pub result: Found,
    pub heard: Heard,
}

/// Something that speaks against a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema), ts(rename = "TaskDoubt"), schema(as = TaskDoubt))]
pub struct Doubt {
    /// `denied`, `api_error`, `exit`, `unseen`, `busy`, `timed_out`, `errors`, `result` or `agent`.
    pub kind: String,
    pub what: String,
}

/// Why a run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema), ts(rename = "TaskFailure"), schema(as = TaskFailure))]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The agent says so itself.
    Reported,
    TimedOut,
    /// The models did not answer it.
    ApiError,
    /// It was not allowed what it needed.
    Denied,
    NotStarted,
    /// It ended with an error, or was killed.
    Crashed,
    /// It ended as if all was well, and left nothing.
    NoResult,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Completed,
    Failed(Failure),
    /// It needs a yes or no, or something that is missing, to go on.
    Asks(Claim),
    Cancelled,
    Interrupted,
}

/// What is kept and told of the end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub verdict: Verdict,
    /// In a sentence.
    pub why: String,
    /// Nothing speaks against a result without any.
    pub doubts: Vec<Doubt>,
    pub ending: Ending,
    /// Of the result, if there is one.
    pub summary: String,
    pub feedback: String,
    /// The agent's own name for the conversation, to go on from it.
    pub conversation: Option<String>,
}

impl Outcome {
    pub fn timed_out(&self) -> bool {
        self.verdict == Verdict::Failed(Failure::TimedOut)
    }
}

/// The verdict on this evidence.
pub fn judge(evidence: &Evidence) -> Outcome {
    let doubts = doubts(evidence);
    let (verdict, why) = match &evidence.result {
        Found::Valid(report) => claimed(report, &doubts),
        Found::Unreadable(what) => without_result(evidence, &format!("its result.json is no result: {what}")),
        Found::Nothing => without_result(evidence, "it left no result"),
    };
    let report = evidence.result.report();
    Outcome {
        verdict,
        why,
        doubts,
        ending: evidence.ending.clone(),
        summary: report.map(|report| cut(&report.summary, 2_000)).unwrap_or_default(),
        feedback: report.map(|report| cut(&report.feedback, 16 * 1024)).unwrap_or_default(),
        conversation: evidence.heard.conversation.clone(),
    }
}

/// What `by` wanted instead of a verdict.
pub fn cancelled(evidence: &Evidence, by: &str) -> Outcome {
    Outcome { verdict: Verdict::Cancelled, why: format!("cancelled by {by}"), ..judge(evidence) }
}

fn claimed(report: &Report, doubts: &[Doubt]) -> (Verdict, String) {
    match report.claim {
        Claim::Completed if doubts.is_empty() => (Verdict::Completed, "it left a valid result".to_owned()),
        Claim::Completed => {
            let kinds: Vec<&str> = doubts.iter().map(|doubt| doubt.kind.as_str()).collect();
            (Verdict::Completed, format!("it says that it is done; doubtful: {}", kinds.join(", ")))
        }
        Claim::Failed => (Verdict::Failed(Failure::Reported), "the agent says that it failed".to_owned()),
        claim => (Verdict::Asks(claim), "the agent asks for something before it goes on".to_owned()),
    }
}

fn without_result(evidence: &Evidence, what: &str) -> (Verdict, String) {
    let heard = &evidence.heard;
    let first = |lines: &[String]| lines.first().cloned().unwrap_or_default();
    let failed = |failure, why: String| (Verdict::Failed(failure), why);
    match &evidence.ending {
        Ending::NotStarted(why) => failed(Failure::NotStarted, format!("it could not be started: {why}")),
        Ending::TimedOut => failed(Failure::TimedOut, format!("its time was over, and {what}")),
        _ if !heard.api_errors.is_empty() => {
            failed(Failure::ApiError, format!("the models did not answer it: {}", first(&heard.api_errors)))
        }
        _ if !heard.denied.is_empty() => {
            failed(Failure::Denied, format!("it was not allowed what it needed: {}", first(&heard.denied)))
        }
        Ending::Unseen => (Verdict::Interrupted, format!("nobody saw how its agent ended, and {what}")),
        Ending::Code(code @ (126 | 127)) => {
            failed(Failure::NotStarted, format!("its command could not be run (exit code {code})"))
        }
        Ending::Code(code) if *code != 0 => {
            failed(Failure::Crashed, format!("it ended with exit code {code}, and {what}"))
        }
        Ending::Signal(signal) => {
            failed(Failure::Crashed, format!("it was killed by signal {signal}, and {what}"))
        }
        Ending::Code(_) | Ending::Idle | Ending::Busy => {
            failed(Failure::NoResult, format!("it ended, but {what}"))
        }
    }
}

fn doubts(evidence: &Evidence) -> Vec<Doubt> {
    let doubt = |kind: &str, what: String| Doubt { kind: kind.to_owned(), what: cut(&what, LINE) };
    let heard = &evidence.heard;
    let mut doubts = Vec::new();
    let lines = |lines: &[String], kind: &str| -> Vec<Doubt> {
        lines.iter().take(LINES).map(|line| doubt(kind, line.clone())).collect()
    };
    doubts.extend(lines(&heard.denied, "denied"));
    doubts.extend(lines(&heard.api_errors, "api_error"));
    match &evidence.ending {
        Ending::Code(0) | Ending::Idle | Ending::NotStarted(_) => {}
        Ending::Code(code) => doubts.push(doubt("exit", format!("it ended with exit code {code}"))),
        Ending::Signal(signal) => doubts.push(doubt("exit", format!("it was killed by signal {signal}"))),
        Ending::Busy => doubts.push(doubt("busy", "it was still busy long after its result".to_owned())),
        Ending::TimedOut => doubts.push(doubt("timed_out", "its time was over".to_owned())),
        Ending::Unseen => doubts.push(doubt("unseen", "nobody saw how its agent ended".to_owned())),
    }
    if let Some(Said::Failure(why)) = &heard.said {
        doubts.push(doubt("agent", format!("its program says that it failed: {why}")));
    }
    if heard.unfinished {
        doubts.push(doubt("agent", "its last turn was not finished".to_owned()));
    }
    if let Some(report) = evidence.result.report() {
        if report.claim == Claim::Completed {
            doubts.extend(lines(&report.errors, "errors"));
        }
        doubts.extend(lines(&report.faults, "result"));
    }
    doubts
}
