//! A real MLflow server, fetched once from PyPI into `target/mlflow-<requirements>`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

use super::place::{EXPERIMENT, do_turns, expected, told};
use crate::gateway::Place;
use crate::support::{DEADLINE, until, until_within};

const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/behaviour/traces/requirements.txt");

/// The programs of the server; `None`: they cannot be had here.
static PROGRAMS: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let installed = install();
    if let Err(why) = &installed {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "MLflow is required in CI: {why}");
        eprintln!("the test with a real MLflow server is skipped: {why}");
    }
    installed.ok()
});

fn install() -> Result<PathBuf, String> {
    let requirements = std::fs::read(REQUIREMENTS).map_err(|error| error.to_string())?;
    let sum = requirements.iter().fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()));
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"));
    let folder = target.join(format!("mlflow-{sum:016x}"));
    let done = folder.join("done");
    if !done.exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS];
        run(Command::new(folder.join("bin/pip")).args(pip))?;
        std::fs::write(&done, "").map_err(|error| error.to_string())?;
    }
    Ok(folder.join("bin"))
}

fn run(command: &mut Command) -> Result<(), String> {
    let done = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    if done.status.success() { Ok(()) } else { Err(format!("{command:?}: {said}")) }
}

/// A server on a free port of 127.0.0.1; it ends with this.
struct Mlflow {
    server: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Mlflow {
    async fn start(programs: &Path) -> Mlflow {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let store = format!("sqlite:///{}/mlflow.db", folder.path().display());
        let mut command = Command::new(programs.join("mlflow"));
        command.args(["server", "--host", "127.0.0.1", "--workers", "1", "--serve-artifacts"]);
        command.args(["--port", &port.to_string(), "--backend-store-uri", &store, "--artifacts-destination"]);
        command.arg(folder.path().join("artifacts")).current_dir(folder.path());
        command.env("MLFLOW_DISABLE_TELEMETRY", "true").env_remove("MLFLOW_TRACKING_URI");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Its workers end with it.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let server = command.spawn().unwrap();
        let mlflow = Mlflow { server, url: format!("http://127.0.0.1:{port}"), _folder: folder };
        // It makes its database first, which takes long where many tests run.
        until_within(2 * DEADLINE, || "MLflow to answer".to_owned(), || mlflow.get("/health")).await;
        mlflow
    }

    async fn get(&self, path: &str) -> Option<String> {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("{}{path}", self.url)).send().await.ok()?;
        answer.status().is_success().then_some(())?;
        answer.text().await.ok()
    }

    async fn json(&self, path: &str) -> Option<Value> {
        serde_json::from_str(&self.get(path).await?).ok()
    }
}

impl Drop for Mlflow {
    fn drop(&mut self) {
        // SAFETY: sending a signal touches no memory.
        unsafe { libc::kill(-(self.server.id() as i32), libc::SIGKILL) };
        let _ = self.server.wait();
    }
}

#[tokio::test]
async fn turns_of_three_agents_are_on_a_real_server() {
    coda::databricks::provide_cryptography();
    let Some(programs) = PROGRAMS.as_deref() else { return };
    let mlflow = Mlflow::start(programs).await;
    let variables = [("MLFLOW_TRACING_ENABLED", "true"), ("MLFLOW_TRACKING_URI", mlflow.url.as_str())];
    let place = Place::with(&variables, "").await;
    let session = place.session().await;
    do_turns(&place, &session).await;
    let traces = place.until_traces("three traces to land", |traces| traces["landed"] == 3).await;
    let named = format!("/api/2.0/mlflow/experiments/get-by-name?experiment_name={EXPERIMENT}");
    let experiment = mlflow.json(&named).await.unwrap()["experiment"]["experiment_id"].clone();
    assert_eq!(experiment, traces["experiment_id"]);
    let id = experiment.as_str().unwrap();
    let listed = format!("/api/2.0/mlflow/traces?experiment_ids={id}&max_results=9");
    let listed = until("the list of traces", || mlflow.json(&listed)).await;
    let all = listed["traces"].as_array().unwrap();
    assert_eq!(all.len(), 3, "{listed}");
    for agent in ["claude", "codex", "gemini"] {
        let mut found = None;
        for trace in all {
            let trace_id = trace["request_id"].as_str().or_else(|| trace["trace_id"].as_str()).unwrap();
            let record = mlflow.json(&format!("/api/3.0/mlflow/traces/{trace_id}")).await.unwrap();
            let info = record["trace"]["trace_info"].clone();
            if info["tags"]["coda.agent"] == agent {
                let path = format!(
                    "/api/2.0/mlflow-artifacts/artifacts/{id}/traces/{trace_id}/artifacts/traces.json"
                );
                found = Some((info, mlflow.json(&path).await.unwrap()));
            }
        }
        let (info, document) = found.unwrap_or_else(|| panic!("no trace of {agent}: {listed}"));
        assert_eq!(
            (&info["state"], &info["request_preview"]),
            (&"OK".into(), &format!("list for {agent}").into())
        );
        assert_eq!(info["trace_metadata"]["mlflow.trace.session"], session.session.as_str());
        assert_eq!(told(&document), expected(agent), "{agent}");
    }
    let asked = place.workspace.asked();
    assert!(
        !asked.iter().any(|line| line.contains("mlflow")),
        "nothing of it went to the workspace: {asked:?}"
    );
}
