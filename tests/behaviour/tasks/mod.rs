//! Work that is handed to agents, with an agent that does what its prompt says: see `verdicts` for what is made of its
//! end, `life` for queue, cancel, chain and retention, `kills` for daemons and keepers that die meanwhile.

mod kills;
mod life;
mod verdicts;

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Daemon, Options, until};

/// Runs the text of its task as a script. `finish` leaves a result as it should be left.
const AGENT: &str = r#"
named=$(printf '%s' "$1" | sed -n 's/^Read the file \(.*\) and do what it says.*/\1/p')
set -- "${named:-$1}"
DIR=$(dirname "$1")
finish() { printf '%s' "$1" > "$DIR/result.json.tmp"; mv "$DIR/result.json.tmp" "$DIR/result.json"; }
say() { printf '{"step": "%s", "message": "%s"}\n' "$1" "$2" >> "$DIR/status.jsonl"; }
task=$(awk '/^TASK:$/ {t = 1; next} t && /^\[begin / {p = 1; next} p && /^\[end / {exit} p' "$1")
eval "$task"
"#;
const DONE: &str = r#"finish '{"status": "completed", "summary": "it is done"}'"#;

/// A home with the agent in it.
struct Place {
    _folder: TempDir,
    home: PathBuf,
    keys: String,
}

impl Place {
    /// With these keys in `[tasks]`.
    fn new(keys: &str) -> Place {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        std::fs::write(home.join("agent.sh"), AGENT).unwrap();
        Place { _folder: folder, home, keys: keys.to_owned() }
    }

    async fn start(&self) -> Daemon {
        let agent = self.home.join("agent.sh").display().to_string();
        let leaves = self.home.join("leaves").display().to_string();
        let config = format!(
            "[tasks]\nsettle_ms = 100\ngrace_seconds = 1\nsilence_seconds = 3\n{}\n[tasks.commands]\n\
             claude = [\"/bin/bash\", {agent:?}, \"{{prompt_file}}\"]\nmissing = [\"/nonexistent/agent\", \"{{prompt}}\"]\n\
             leaves = [{leaves:?}, \"{{prompt}}\"]\n",
            self.keys
        );
        let (home, config) = (Some(self.home.clone()), Some(config));
        Daemon::with(Options { config, home, ..Options::default() }).await
    }

    /// A program that does nothing.
    fn program(&self, name: &str) {
        let path = self.home.join(name);
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn folder(&self, id: &str) -> PathBuf {
        self.home.join(".coda/tasks").join(id)
    }

    fn prompt(&self, id: &str) -> String {
        std::fs::read_to_string(self.folder(id).join("prompt.txt")).unwrap()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.join("log")).unwrap_or_default()
    }
}

fn id(task: &Value) -> String {
    task["task_id"].as_str().unwrap().to_owned()
}

fn session(task: &Value) -> String {
    task["session_id"].as_str().unwrap().to_owned()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

impl Daemon {
    async fn hand_over(&self, order: Value) -> Value {
        let (status, task) = self.post("/api/tasks", order).await;
        assert_eq!(status, 200, "{task}");
        task
    }

    async fn task(&self, id: &str) -> Value {
        let (status, task) = self.get(&format!("/api/tasks/{id}")).await;
        assert_eq!(status, 200, "{task}");
        task
    }

    async fn until_task(&self, id: &str, status: &str) -> Value {
        const OVER: [&str; 5] = ["completed", "failed", "timeout", "cancelled", "interrupted"];
        until(&format!("task {id} to be {status}"), || async {
            let task = self.task(id).await;
            let now = text(&task["status"]);
            assert!(now == status || !OVER.contains(&now), "{task:#}");
            (now == status).then_some(task)
        })
        .await
    }

    async fn until_over(&self, id: &str) -> Value {
        until(&format!("task {id} to be over"), || async {
            let task = self.task(id).await;
            (!task["ended_at"].is_null()).then_some(task)
        })
        .await
    }

    async fn do_with_task(&self, id: &str, what: &str, body: Value) -> (u16, Value) {
        self.post(&format!("/api/tasks/{id}/{what}"), body).await
    }
}

fn order(prompt: &str) -> Value {
    json!({"prompt": prompt})
}
