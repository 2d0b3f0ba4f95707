//! What is left of a task for whoever wants to know later: what was asked, approved and done. It holds digests of what
//! is long, so that a copy of the long parts can be checked against it.

use serde_json::{Value, json};

use super::{Report, Task};

/// Version of what is written here; fields are only added.
const VERSION: u32 = 1;

/// The receipt of a task that is over. `result`: the digest of what it left as its result.
pub fn receipt(task: &Task, report: Option<&Report>, result: Option<&str>) -> Value {
    let order = &task.order;
    let answered: Vec<Value> = task
        .settled
        .iter()
        .map(|settled| {
            let (question, answer) = (&settled.question, &settled.answer);
            json!({
                "kind": question.kind,
                "what": question.what,
                "detail": question.detail,
                "asked_at": question.asked_at,
                "decision": answer.decision,
                "text": answer.text,
                "by": answer.by,
                "at": answer.at,
            })
        })
        .collect();
    let mut sessions = task.earlier.clone();
    sessions.push(task.run.session_id.clone());
    json!({
        "version": VERSION,
        "task_id": task.id,
        "owner": task.owner,
        "agent": order.agent,
        "cwd": order.cwd,
        "permissions": order.permissions,
        "order_sha256": order.digest,
        "sessions": sessions,
        "created_at": task.created_at,
        "started_at": task.started_at,
        "ended_at": task.ended_at,
        "status": task.status(),
        "outcome": task.outcome,
        "answered": answered,
        "files_changed": report.map(|report| &report.files_changed),
        "result_sha256": result,
    })
}
