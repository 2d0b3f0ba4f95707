//! The built binary, started on a free port with a home of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::Client;
use super::leftovers;
use super::wait::until;

pub const TOKEN: &str = "let-me-in";

/// Variables with secrets that nobody may find afterwards.
const SECRETS: [&str; 4] =
    ["DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "GIT_TOKEN", "CODA_BOOTSTRAP_SECRET"];
/// How long the last lines of the log may take after the end.
const LAST_LINES: Duration = Duration::from_secs(10);

/// How a daemon is started.
#[derive(Default)]
pub struct Options {
    pub arguments: Vec<String>,
    /// Content of a settings file.
    pub config: Option<String>,
    /// Variables beside those of the test.
    pub environment: Vec<(String, String)>,
    /// A home that outlives this daemon.
    pub home: Option<PathBuf>,
    /// Files below home that hold the token, because somebody asked for it.
    pub with_token: &'static [&'static str],
}

/// A running `coda serve`. Dropping it kills keeper, daemon and shells; and if it could know the workspace's token or
/// another secret, what it leaves behind is searched for them, and finding one is a failure of the test.
pub struct Daemon {
    keeper: Child,
    home: PathBuf,
    _temporary: Option<TempDir>,
    pub address: String,
    log: Collected,
    http: reqwest::Client,
    /// `None`: it knows nothing to be searched for.
    secrets: Option<Vec<String>>,
    with_token: &'static [&'static str],
}

/// What a stream has said so far, and word of its end.
struct Collected {
    text: Arc<Mutex<String>>,
    ended: Mutex<mpsc::Receiver<()>>,
}

impl Daemon {
    pub async fn start() -> Daemon {
        Daemon::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Daemon {
        let temporary = options.home.is_none().then(|| tempfile::tempdir().unwrap());
        let home = options.home.unwrap_or_else(|| temporary.as_ref().unwrap().path().to_owned());
        let secrets = secrets(&options.environment);
        let with_token = options.with_token;
        let mut command = Command::new(env!("CARGO_BIN_EXE_coda"));
        command
            .args(["serve", "--bind", "127.0.0.1:0", "--access-token", TOKEN, "--chaos", "--home"])
            .arg(&home);
        if let Some(text) = options.config {
            let path = home.join("coda.toml");
            std::fs::write(&path, text).unwrap();
            command.arg("--config").arg(path);
        }
        command.args(options.arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env_remove("DATABRICKS_HOST").env("PS1", "$ ");
        // How busy the machine is that runs the tests decides nothing.
        command.env("CODA_CGROUP_V2_ROOT", "/nonexistent");
        command.env_remove("MAX_CONCURRENT_SESSIONS").env_remove("TMUX_ENABLED").envs(options.environment);
        let mut keeper = command.spawn().unwrap();
        let log = collect(keeper.stderr.take().unwrap());
        let said = collect(keeper.stdout.take().unwrap());
        let url =
            until("the daemon to be ready", || {
                if let Ok(Some(status)) = keeper.try_wait() {
                    panic!("coda serve ended with {status}: {}", log.text.lock().unwrap());
                }
                let line = said.text.lock().unwrap().clone();
                async move {
                    line.contains('\n').then(|| line.split(" ready at ").nth(1).unwrap().trim().to_owned())
                }
            })
            .await;
        coda::databricks::provide_cryptography();
        let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
        let http = reqwest::Client::new();
        Daemon { keeper, home, _temporary: temporary, address, log, http, secrets, with_token }
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    pub fn log(&self) -> String {
        self.log.text.lock().unwrap().clone()
    }

    /// Waits until the log says so; it comes through a pipe, a little later than what it is about.
    pub async fn until_logged(&self, text: &str) {
        until(&format!("{text:?} in the log"), || async { self.log().contains(text).then_some(()) }).await;
    }

    // ---- HTTP ----------------------------------------------------------------------------------

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.http.get(self.url(path)).bearer_auth(TOKEN)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.http.post(self.url(path)).bearer_auth(TOKEN).json(&body)).await
    }

    /// A request nobody has authenticated yet.
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, self.url(path))
    }

    pub async fn text(&self, path: &str) -> String {
        let response = self.http.get(self.url(path)).bearer_auth(TOKEN).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}");
        response.text().await.unwrap()
    }

    /// Starts a session; the body as for `POST /api/session`.
    pub async fn create(&self, body: Value) -> String {
        let (status, answer) = self.post("/api/session", body).await;
        assert_eq!(status, 200, "{answer}");
        answer["session_id"].as_str().unwrap().to_owned()
    }

    /// A session that runs this in bash.
    pub async fn run(&self, script: &str) -> String {
        self.create(json!({"command": ["/bin/bash", "-c", script]})).await
    }

    /// A plain interactive bash without anybody's start-up files.
    pub async fn shell(&self) -> String {
        self.create(json!({"command": ["/bin/bash", "--norc", "--noprofile"]})).await
    }

    pub async fn row(&self, id: &str) -> Value {
        let (status, rows) = self.get("/api/sessions").await;
        assert_eq!(status, 200);
        let rows = rows.as_array().unwrap();
        rows.iter().find(|row| row["session_id"] == id).cloned().unwrap_or(Value::Null)
    }

    /// Waits until the session's row is as wanted.
    pub async fn until_row(&self, id: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until(what, || async {
            let row = self.row(id).await;
            wanted(&row).then_some(row)
        })
        .await
    }

    pub async fn ticket(&self) -> String {
        let (status, answer) = self.post("/api/ws-ticket", json!({})).await;
        assert_eq!(status, 200, "{answer}");
        answer["ticket"].as_str().unwrap().to_owned()
    }

    pub async fn connect(&self) -> Client {
        Client::connect(self).await
    }

    // ---- processes -----------------------------------------------------------------------------

    pub fn keeper_pid(&self) -> i32 {
        self.keeper.id() as i32
    }

    /// The daemon of the moment; none while the keeper waits to start one.
    pub fn daemon_pid(&self) -> Option<i32> {
        children(self.keeper_pid()).into_iter().find(|&pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|&byte| byte == 0).nth(1) == Some(b"daemon")
        })
    }

    /// The programs of the sessions, by process id: what the keeper has started besides the daemon.
    pub fn programs(&self) -> Vec<i32> {
        let daemon = self.daemon_pid();
        children(self.keeper_pid()).into_iter().filter(|&pid| Some(pid) != daemon).collect()
    }

    /// Kills the daemon as the system would, and says which it was.
    pub async fn kill_daemon(&self) -> i32 {
        let pid = until("a daemon to kill", || async { self.daemon_pid() }).await;
        signal(pid, libc::SIGKILL);
        pid
    }

    /// Waits for a daemon other than `old` that answers.
    pub async fn until_back(&self, old: i32) -> i32 {
        until("the daemon to be back", || async {
            let pid = self.daemon_pid().filter(|&pid| pid != old)?;
            let answer = self.http.get(self.url("/api/sessions")).bearer_auth(TOKEN).send().await.ok()?;
            answer.status().is_success().then_some(pid)
        })
        .await
    }

    pub fn signal(&self, number: i32) {
        signal(self.keeper_pid(), number);
    }

    /// Waits for the end of `coda serve`; its exit code.
    pub async fn until_ended(&mut self) -> Option<i32> {
        let keeper = &mut self.keeper;
        until("coda serve to end", || {
            let ended = keeper.try_wait().unwrap();
            async move { ended }
        })
        .await
        .code()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let daemon = self.daemon_pid();
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
        if let Some(pid) = daemon {
            signal(pid, libc::SIGKILL);
        }
        if std::thread::panicking() {
            eprintln!("---- log of the daemon ----\n{}", self.log());
        } else if let Some(secrets) = &self.secrets {
            // Its end is the end of all who could write it.
            let _ = self.log.ended.lock().unwrap().recv_timeout(LAST_LINES);
            let found = leftovers::with_secrets(&self.home, &self.log(), secrets, self.with_token);
            assert!(found.is_empty(), "a secret was left behind in {found:?}\n{}", self.log());
        }
    }
}

/// The secrets among these variables. A daemon with a workspace may also come by a token later.
fn secrets(environment: &[(String, String)]) -> Option<Vec<String>> {
    let given =
        environment.iter().filter(|(name, value)| SECRETS.contains(&name.as_str()) && !value.is_empty());
    let secrets: Vec<String> = given.map(|(_, value)| value.clone()).collect();
    let has_workspace = environment.iter().any(|(name, _)| name == "DATABRICKS_HOST");
    (has_workspace || !secrets.is_empty()).then_some(secrets)
}

/// Processes that `pid` has started and not yet reaped.
pub fn children(pid: i32) -> Vec<i32> {
    let list = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

pub fn signal(pid: i32, number: i32) {
    // SAFETY: sending a signal touches no memory.
    unsafe { libc::kill(pid, number) };
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Collects everything a stream says, on a thread of its own.
fn collect(mut stream: impl std::io::Read + Send + 'static) -> Collected {
    let text = Arc::new(Mutex::new(String::new()));
    let into = text.clone();
    let (end, ended) = mpsc::channel();
    std::thread::spawn(move || {
        // Dropped with the thread, which is what says that this is the end.
        let _end: mpsc::Sender<()> = end;
        let mut buffer = [0u8; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            into.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    });
    Collected { text, ended: Mutex::new(ended) }
}
