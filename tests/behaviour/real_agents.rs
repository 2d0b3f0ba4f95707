//! The agents themselves, as their makers ship them, through everything that is ours: setup, session, gateway. The models
//! are the mock's, the workspace is the emulator. `tests/agents/install` fetches the agents and `CODA_AGENTS` says where
//! they are; without it these tests say that they are skipped, and with CI=true they fail.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use model_gateway::{Death, Entry, ModelGateway, Turn, When, Wire};
use serde_json::{Value, json};

use crate::agents::{ANN, Machine, ask, step, until_configured};
use crate::support::{Daemon, has_token, until, until_within};

/// The slowest of them takes a quarter of a minute to say its version on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

#[derive(Debug, Clone, Copy)]
struct Agent {
    id: &'static str,
    wire: Wire,
    /// What makes it work without asking, where only its command line can say so.
    unasked: &'static [&'static str],
    /// What its hooks say of a turn in which it uses a tool.
    tells: &'static [&'static str],
}

const CLAUDE: Agent =
    Agent { id: "claude", wire: Wire::Anthropic, unasked: &[], tells: &["working", "done"] };
const CODEX: Agent = Agent {
    id: "codex",
    wire: Wire::Responses,
    unasked: &["--dangerously-bypass-approvals-and-sandbox"],
    tells: &["done"],
};
const GEMINI: Agent = Agent {
    id: "gemini",
    wire: Wire::Gemini,
    unasked: &["--approval-mode", "yolo"],
    tells: &["working", "done"],
};
const OPENCODE: Agent = Agent { id: "opencode", wire: Wire::Chat, unasked: &["--auto"], tells: &[] };
const HERMES: Agent = Agent { id: "hermes", wire: Wire::Chat, unasked: &["--yolo"], tells: &[] };

/// One agent on a machine that the setup has prepared.
struct Place {
    agent: Agent,
    machine: Machine,
    daemon: Daemon,
    models: ModelGateway,
    runs: AtomicUsize,
}

/// Where the link to an agent is; says so if there is none.
fn programs(agent: Agent) -> Option<PathBuf> {
    let programs = std::env::var_os("CODA_AGENTS").map(PathBuf::from);
    let programs = programs.filter(|programs| programs.join(agent.id).exists());
    if programs.is_none() {
        let why = format!("{} is not installed: CODA_AGENTS=$(tests/agents/install)", agent.id);
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{why}");
        eprintln!("SKIPPED: {why}");
    }
    programs
}

impl Place {
    async fn of(agent: Agent) -> Option<Place> {
        let programs = programs(agent)?;
        let models = ModelGateway::start();
        models.accept_any(true);
        // The agent's own step stays as it is: it finds what is installed.
        let machine = Machine::without(&["micro", "gh", "dbcli", "tmux", "node", "gateway", "registries"]);
        machine.file("projects/work/README.md", "Nothing yet.\n");
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        let host = models.url().to_owned();
        let mut variables = vec![
            ("PATH", path.as_str()),
            ("DATABRICKS_GATEWAY_HOST", host.as_str()),
            ("ENABLE_PUBLIC_MCPS", "false"),
            ("CODA_AUTO_MODE", "true"),
            // Claude Code refuses to do everything as root unless it believes itself in a sandbox.
            ("IS_SANDBOX", "1"),
        ];
        for (id, toggle) in [
            ("claude", "ENABLE_CLAUDE"),
            ("codex", "ENABLE_CODEX"),
            ("gemini", "ENABLE_GEMINI"),
            ("opencode", "ENABLE_OPENCODE"),
            ("hermes", "ENABLE_HERMES"),
        ] {
            variables.push((toggle, if id == agent.id { "true" } else { "false" }));
        }
        let daemon = machine.start(&variables).await;
        let token = machine.workspace.person(ANN).token;
        let (status, answer) = ask(&daemon, "/api/configure-pat", Some(json!({ "token": token }))).await;
        assert_eq!(status, 200, "{answer}");
        ask(&daemon, "/api/setup/start", Some(json!({}))).await;
        until_configured(&daemon, agent.id).await;
        let installed = step(&daemon, agent.id).await;
        assert_eq!(installed["status"], "skipped", "it is there already: {installed:#}");
        Some(Place { agent, machine, daemon, models, runs: AtomicUsize::new(0) })
    }

    /// The command of its file, with the prompt in it.
    fn one_shot(&self, prompt: &str) -> Vec<String> {
        let path = format!("{}/config/agents/{}.toml", env!("CARGO_MANIFEST_DIR"), self.agent.id);
        let file: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
        let words = file["launch"]["one_shot"].as_array().unwrap().iter();
        let mut words: Vec<String> =
            words.map(|word| word.as_str().unwrap().replace("{prompt}", prompt)).collect();
        words.extend(self.agent.unasked.iter().map(|&word| word.to_owned()));
        words
    }

    /// Runs a command in a session of its own; the name of the file that will hold what it said.
    async fn start(&self, words: &[String]) -> String {
        let name = format!("said-{}", self.runs.fetch_add(1, Ordering::Relaxed));
        let script = format!(
            "cd ~/projects/work; \"$@\" < /dev/null > ~/{name}.new 2> ~/{name}.errors; mv ~/{name}.new ~/{name}"
        );
        let mut command = vec!["/bin/bash".to_owned(), "-c".to_owned(), script, "agent".to_owned()];
        command.extend(words.iter().cloned());
        let (status, made) = ask(&self.daemon, "/api/session", Some(json!({ "command": command }))).await;
        assert_eq!(status, 200, "{made}");
        name
    }

    async fn said(&self, name: &str) -> String {
        let path = self.machine.home.join(name);
        let errors = || self.machine.text(&format!("{name}.errors"));
        let what = || format!("{}: {} {:#?}", self.agent.id, errors(), self.models.asked());
        until_within(PATIENCE, what, || async { std::fs::read_to_string(&path).ok() }).await
    }

    /// Asks one thing and waits for all it says.
    async fn answer(&self, prompt: &str) -> String {
        let name = self.start(&self.one_shot(prompt)).await;
        let said = self.said(&name).await;
        format!("{said}{}", self.machine.text(&format!("{name}.errors")))
    }

    /// Requests for the work itself, not those on the side.
    fn of_the_work(&self) -> Vec<Entry> {
        let ours = |entry: &Entry| entry.wire == Some(self.agent.wire) && entry.json().get("tools").is_some();
        self.models.requests().into_iter().filter(ours).collect()
    }

    fn anew(&self) {
        self.models.clear_script();
        self.models.forget_requests();
    }

    async fn says_its_version(&self) {
        let pins =
            include_str!("../agents/package.json").to_owned() + include_str!("../agents/requirements.txt");
        let said = self.said(&self.start(&[self.agent.id.to_owned(), "--version".to_owned()]).await).await;
        let version =
            said.split([' ', '\n', 'v']).find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
        assert!(version.is_some_and(|version| pins.contains(version)), "{said}");
    }

    async fn hears_an_answer(&self) {
        self.anew();
        self.models.script(Turn::say("The answer is forty-two.").with_tools());
        let said = self.answer("What is the answer?").await;
        assert!(said.contains("The answer is forty-two."), "{said} {:#?}", self.models.asked());
        for entry in self.of_the_work() {
            assert!(
                entry.bearer().is_some_and(|bearer| has_token(bearer.as_bytes())),
                "ours, not its key: {entry:?}"
            );
        }
    }

    async fn edits_a_file(&self) {
        self.anew();
        let mut told = events(&self.daemon).await;
        let path = self.machine.home.join("projects/work/greeting.txt");
        self.models.script(Turn::say("I write it.").write(path.to_str().unwrap(), "hello\nworld\n"));
        self.models.script(Turn::say("It is written.").with_tools());
        let said = self.answer("Write a greeting.").await;
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(written.trim_end(), "hello\nworld", "{said} {:#?}", self.models.asked());
        assert!(said.contains("It is written."), "{said}");
        let mut heard = String::new();
        let mut wanted = self.agent.tells.iter().map(|state| format!("\"activity\":\"{state}\""));
        let mut next = wanted.next();
        while let Some(state) = &next {
            let piece = tokio::time::timeout(PATIENCE, told.chunk()).await;
            let piece = piece.unwrap_or_else(|_| panic!("{state} was not told: {heard}")).unwrap();
            heard += &String::from_utf8_lossy(&piece.unwrap());
            while let Some(at) = next.as_ref().and_then(|state| heard.find(state)) {
                heard.drain(..=at);
                next = wanted.next();
            }
        }
    }

    async fn notices_no_rotation(&self) {
        self.anew();
        let turn = Turn::say("before and after the change").with_tools().stop_before(1, "change");
        self.models.script(turn);
        let name = self.start(&self.one_shot("What is it like?")).await;
        let stopped = self.models.until(PATIENCE, |models| models.waiting("change") > 0).await;
        assert!(stopped, "{:#?}", self.models.asked());
        let asked = self.of_the_work();
        let old = asked.last().and_then(Entry::bearer).unwrap().to_owned();
        until("another token", || async { (!self.machine.workspace.is_live(&old)).then_some(()) }).await;
        self.models.release("change");
        let said = self.said(&name).await;
        assert!(said.contains("before and after the change"), "{said} {:#?}", self.models.asked());
        assert_eq!(self.of_the_work().len(), asked.len(), "it did not ask again");
    }

    async fn is_spared_a_401(&self) {
        self.anew();
        let now = until("a live token", || async {
            let text = self.machine.text(".databrickscfg");
            let token = text.lines().find_map(|line| line.strip_prefix("token")?.trim().strip_prefix('='));
            token.map(|token| token.trim().to_owned())
        })
        .await;
        self.models.expire(&now, Death::Pat);
        self.models.script(Turn::say("All is well.").with_tools());
        let said = self.answer("Is all well?").await;
        assert!(said.contains("All is well."), "{said} {:#?}", self.models.asked());
    }

    async fn comes_again_after_a_429(&self) {
        self.anew();
        let with_tools = When { tools: Some(true), ..When::default() };
        self.models.script(Turn::refuse(429).retry_after(1).fitting(with_tools));
        self.models.script(Turn::say("Now it is your turn.").with_tools());
        let said = self.answer("Is it my turn?").await;
        assert!(said.contains("Now it is your turn."), "{said} {:#?}", self.models.asked());
        let statuses: Vec<u16> = self.of_the_work().iter().map(|entry| entry.status).collect();
        assert_eq!(statuses[..2], [429, 200]);
    }

    async fn is_metered(&self) {
        let (_, usage) = ask(&self.daemon, "/api/usage?group_by=agent", None).await;
        let agents: Vec<&Value> = usage["rows"].as_array().unwrap().iter().map(|row| &row["agent"]).collect();
        assert!(agents.contains(&&json!(self.agent.id)), "{usage:#}");
    }
}

/// The stream of what happens.
async fn events(daemon: &Daemon) -> reqwest::Response {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.get(daemon.url("/api/events")).header("X-Forwarded-Email", ANN);
    request.bearer_auth("x").send().await.unwrap()
}

async fn works_through_everything(agent: Agent) {
    let Some(place) = Place::of(agent).await else { return };
    place.says_its_version().await;
    place.hears_an_answer().await;
    place.edits_a_file().await;
    place.notices_no_rotation().await;
    place.is_spared_a_401().await;
    place.comes_again_after_a_429().await;
    place.is_metered().await;
}

#[tokio::test]
async fn claude_code_works_through_everything() {
    works_through_everything(CLAUDE).await;
}

#[tokio::test]
async fn codex_works_through_everything() {
    works_through_everything(CODEX).await;
}

#[tokio::test]
async fn gemini_works_through_everything() {
    works_through_everything(GEMINI).await;
}

#[tokio::test]
async fn opencode_works_through_everything() {
    works_through_everything(OPENCODE).await;
}

#[tokio::test]
async fn hermes_works_through_everything() {
    works_through_everything(HERMES).await;
}
