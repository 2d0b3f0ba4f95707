//! Agents find their settings where they look for them, and nothing of anybody else's is touched.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use serde_json::{Value, json};
use tempfile::TempDir;
use workspace::Workspace;

use crate::support::{Daemon, Options, has_token, until};

pub const ANN: &str = "ann@example.com";
/// What holds the token in direct mode.
const DIRECT: [&str; 5] = [
    ".claude/settings.json",
    ".codex/.env",
    ".gemini/.env",
    ".config/opencode/opencode.json",
    ".hermes/config.yaml",
];
const AGENTS: [&str; 5] = ["claude", "codex", "gemini", "opencode", "hermes"];

/// A home in which every agent counts as installed.
pub struct Machine {
    pub workspace: Workspace,
    _folder: TempDir,
    pub home: PathBuf,
}

impl Machine {
    fn new() -> Machine {
        let others = ["micro", "gh", "dbcli", "tmux", "node", "gateway", "registries"];
        Machine::without(&[&AGENTS[..], &others[..]].concat())
    }

    /// These steps have nothing to do.
    pub fn without(steps: &[&str]) -> Machine {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        let machine = Machine { workspace: Workspace::start(), _folder: folder, home };
        let there = |id: &&str| {
            format!(
                "[[step]]\nid = \"{id}\"\nrun = {{ kind = \"command\", command = [\"true\"], check = [\"true\"] }}\n"
            )
        };
        machine.file(".coda/setup.toml", &steps.iter().map(there).collect::<String>());
        machine
    }

    pub fn file(&self, path: &str, text: &str) {
        let path = self.home.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn text(&self, path: &str) -> String {
        fs::read_to_string(self.home.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path)).unwrap()
    }

    pub async fn start(&self, variables: &[(&str, &str)]) -> Daemon {
        let is_direct = variables.contains(&("GATEWAY_MODE", "direct"));
        let own = [
            ("DATABRICKS_HOST", self.workspace.url()),
            ("APP_OWNER_EMAIL", ANN),
            ("CODA_INSTANCE_NAME", "ann-1"),
            ("PAT_ROTATION_INTERVAL", "2"),
            ("PAT_TOKEN_LIFETIME", "120"),
        ];
        let all = own.iter().chain(variables);
        let environment = all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let config = "[credentials]\ngrace_seconds = 1\n[setup]\nretry_seconds = 0\n".to_owned();
        let options = Options {
            environment,
            config: Some(config),
            home: Some(self.home.clone()),
            with_token: if is_direct { &DIRECT } else { &[] },
            ..Options::default()
        };
        Daemon::with(options).await
    }

    /// A daemon with a token, whose setup is over.
    async fn set_up(&self, variables: &[(&str, &str)]) -> Daemon {
        let daemon = self.start(variables).await;
        let token = self.workspace.person(ANN).token;
        let (status, answer) = ask(&daemon, "/api/configure-pat", Some(json!({ "token": token }))).await;
        assert_eq!(status, 200, "{answer}");
        ask(&daemon, "/api/setup/start", Some(json!({}))).await;
        for agent in AGENTS {
            until_configured(&daemon, agent).await;
        }
        daemon
    }

    /// Files of agents, with content and the time of their change.
    fn files(&self) -> BTreeMap<PathBuf, (SystemTime, String)> {
        let (mut found, mut folders) = (BTreeMap::new(), vec![self.home.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let (path, metadata) = (entry.path(), entry.metadata().unwrap());
                let is_ours =
                    [".coda", ".databrickscfg", ".bash", ".cache", ".local", "projects", ".config/git"]
                        .iter()
                        .any(|name| path.strip_prefix(&self.home).unwrap().starts_with(name));
                if metadata.is_dir() && !is_ours {
                    folders.push(path);
                } else if metadata.is_file() && !is_ours {
                    let text = fs::read_to_string(&path).unwrap_or_default();
                    found.insert(path, (metadata.modified().unwrap(), text));
                }
            }
        }
        found
    }
}

pub async fn ask(daemon: &Daemon, path: &str, body: Option<Value>) -> (u16, Value) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = match body {
        Some(body) => http.post(daemon.url(path)).json(&body),
        None => http.get(daemon.url(path)),
    };
    let response = request.header("X-Forwarded-Email", ANN).bearer_auth("x").send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

pub async fn step(daemon: &Daemon, id: &str) -> Value {
    let (_, setup) = ask(daemon, "/api/setup-status", None).await;
    let steps = setup["steps"].as_array().unwrap();
    steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("no step {id} in {setup:#}")).clone()
}

pub async fn until_configured(daemon: &Daemon, agent: &str) -> Value {
    until(&format!("{agent} is configured"), || async {
        let step = step(daemon, &format!("{agent}-config")).await;
        assert_ne!(step["status"], "error", "{step:#}");
        ["complete", "skipped"].contains(&step["status"].as_str().unwrap()).then_some(step)
    })
    .await
}

#[tokio::test]
async fn every_agent_has_its_files_and_none_of_them_a_token() {
    let machine = Machine::new();
    let daemon = machine.set_up(&[]).await;
    let claude = machine.json(".claude/settings.json");
    // The workspace serves neither of the newest: the first that it has is taken.
    assert_eq!(claude["env"]["ANTHROPIC_MODEL"], "databricks-claude-sonnet-4-5");
    assert_eq!(claude["env"]["ANTHROPIC_DEFAULT_OPUS_MODEL"], "databricks-claude-opus-4-5");
    assert_eq!(claude["env"]["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"], "1", "it reports to nobody");
    let hook = claude["hooks"]["PermissionRequest"][0]["hooks"][0]["command"].as_str().unwrap();
    assert!(hook.ends_with("/coda\" hook agent"), "{hook}");
    let state = machine.json(".claude.json");
    assert_eq!(
        state["mcpServers"]["deepwiki"],
        json!({"type": "http", "url": "https://mcp.deepwiki.com/mcp"})
    );
    let home = machine.home.display().to_string();
    for directory in [home.clone(), format!("{home}/projects")] {
        assert_eq!(state["projects"][&directory]["hasTrustDialogAccepted"], true, "{directory}");
    }
    let codex: toml::Table = machine.text(".codex/config.toml").parse().unwrap();
    assert_eq!(codex["model"].as_str(), Some("databricks-gpt-5-2"));
    assert_eq!(codex["model_providers"]["databricks"]["env_key"].as_str(), Some("CODA_GATEWAY_KEY"));
    assert_eq!(codex["projects"][&home]["trust_level"].as_str(), Some("trusted"));
    assert_eq!(machine.json(".gemini/trustedFolders.json")[&home], "TRUST_FOLDER");
    let opencode = machine.json(".config/opencode/opencode.json");
    assert_eq!(opencode["provider"]["databricks"]["options"]["apiKey"], "{env:CODA_GATEWAY_KEY}");
    assert!(machine.text(".hermes/config.yaml").contains("${CODA_GATEWAY_KEY}"));
    for file in [
        ".claude/skills/sync/SKILL.md",
        ".agents/skills/databricks/SKILL.md",
        ".claude/CLAUDE.md",
        ".codex/AGENTS.md",
    ] {
        assert!(machine.text(file).contains("workspace"), "{file}");
    }
    for (path, (_, text)) in machine.files() {
        assert!(!has_token(text.as_bytes()) && !text.contains("coda-gw-"), "{}", path.display());
    }
    let (_, agents) = ask(&daemon, "/api/agents", None).await;
    assert_eq!(agents["agents"][0]["command"], json!(["claude"]), "{agents}");

    let script = "env > \"$HOME/env.new\"; mv \"$HOME/env.new\" \"$HOME/env\"; sleep 1000";
    ask(&daemon, "/api/session", Some(json!({"command": ["/bin/bash", "-c", script]}))).await;
    let path = machine.home.join("env");
    let env = until("the session's environment", || async { fs::read_to_string(&path).ok() }).await;
    let url = env.lines().find_map(|line| line.strip_prefix("CODA_GATEWAY_URL=")).unwrap();
    assert!(env.contains(&format!("ANTHROPIC_BASE_URL={url}/anthropic\n")), "{env}");
    assert!(env.contains("GEMINI_API_KEY=coda-gw-") && !has_token(env.as_bytes()), "{env}");
}

#[tokio::test]
async fn a_second_time_changes_nothing_and_edits_by_hand_stay() {
    let machine = Machine::new();
    machine.file(".claude/settings.json", "{\n  \"theme\": \"dark\",\n  \"env\": {\"MINE\": \"1\"}\n}\n");
    machine.file(".codex/config.toml", "# mine\nmodel = \"my-own\" # the best\n");
    machine.file(".gemini/settings.json", "{ // a comment\n}\n");
    let daemon = machine.start(&[]).await;
    let token = machine.workspace.person(ANN).token;
    ask(&daemon, "/api/configure-pat", Some(json!({ "token": token }))).await;
    ask(&daemon, "/api/setup/start", Some(json!({}))).await;
    until_configured(&daemon, "claude").await;
    let codex = until_configured(&daemon, "codex").await;
    assert!(codex["log"].to_string().contains("model was changed by hand, and stays"), "{codex:#}");
    let gemini = until("gemini's step fails", || async {
        let step = step(&daemon, "gemini-config").await;
        (step["status"] == "error").then_some(step)
    })
    .await;
    assert!(gemini["error"].as_str().unwrap().contains("mend it or move it away"), "{gemini:#}");
    assert_eq!(machine.text(".gemini/settings.json"), "{ // a comment\n}\n");
    assert!(machine.text(".codex/config.toml").starts_with("# mine\nmodel = \"my-own\" # the best\n"));
    assert_eq!(machine.json(".claude/settings.json")["env"]["MINE"], "1");
    for other in ["opencode", "hermes"] {
        until_configured(&daemon, other).await;
    }

    let mut edited = machine.json(".claude/settings.json");
    edited["env"]["ANTHROPIC_MODEL"] = "mine".into();
    edited["env"].as_object_mut().unwrap().remove("ANTHROPIC_CUSTOM_HEADERS");
    machine.file(".claude/settings.json", &edited.to_string());
    let before = machine.files();
    let (status, _) = ask(&daemon, "/api/setup/claude-config/retry", Some(json!({}))).await;
    assert_eq!(status, 200);
    until("it was done again", || async {
        let step = step(&daemon, "claude-config").await;
        let log = step["log"].to_string();
        (log.contains("ANTHROPIC_MODEL was changed by hand") && log.contains("HEADERS was removed by hand"))
            .then_some(())
    })
    .await;
    until_configured(&daemon, "claude").await;
    assert_eq!(machine.files(), before);
}

#[tokio::test]
async fn a_sixth_agent_is_a_file_and_what_is_wanted_no_more_goes() {
    let machine = Machine::new();
    machine.file(
        ".coda/agents/sixth.toml",
        "label = \"Sixth\"\n[launch]\ncommand = [\"sixth\", \"--go\"]\n[environment]\nSIXTH_KEY = \"{key}\"\n\
         [[file]]\npath = \".sixth/.env\"\nformat = \"dotenv\"\ncontent = { WHERE = \"{host}\" }\n\
         [mcp]\nfile = \".sixth/mcp.json\"\nformat = \"json\"\nentry = { url = \"{url}\" }\n",
    );
    let first = machine
        .set_up(&[
            ("EXA_MCP_URL", ""),
            ("TEAM_MEMORY_MCP_URL", "https://team.example/"),
            ("ENABLE_HERMES", "false"),
            ("CODA_AUTO_MODE", "true"),
        ])
        .await;
    until_configured(&first, "sixth").await;
    assert_eq!(machine.text(".sixth/.env"), format!("WHERE={}\n", machine.workspace.url()));
    let servers = json!({
        "deepwiki": {"url": "https://mcp.deepwiki.com/mcp"}, "team-memory": {"url": "https://team.example/mcp"},
    });
    assert_eq!(machine.json(".sixth/mcp.json"), servers);
    let claude = machine.json(".claude/settings.json");
    assert_eq!(claude["permissions"], json!({"defaultMode": "bypassPermissions"}));
    assert_eq!(claude["skipDangerousModePermissionPrompt"], true);
    assert_eq!(step(&first, "hermes-config").await["status"], "skipped");
    assert!(!machine.home.join(".hermes").exists());
    let (_, agents) = ask(&first, "/api/agents", None).await;
    assert!(agents.to_string().contains("[\"sixth\",\"--go\"]"), "{agents}");
    drop(first);
    let second = machine.set_up(&[("ENABLE_PUBLIC_MCPS", "false"), ("ENABLE_HERMES", "false")]).await;
    until_configured(&second, "sixth").await;
    assert_eq!(machine.json(".sixth/mcp.json"), json!({}));
    let claude = machine.json(".claude/settings.json");
    assert!(
        claude["permissions"].is_null() && claude["skipDangerousModePermissionPrompt"].is_null(),
        "{claude}"
    );
}

#[tokio::test]
async fn in_direct_mode_the_files_follow_the_token() {
    let machine = Machine::new();
    let workspace = machine.workspace.url().to_owned();
    let variables = [("GATEWAY_MODE", "direct"), ("DATABRICKS_GATEWAY_HOST", workspace.as_str())];
    let _daemon = machine.set_up(&variables).await;
    let held = || {
        let env = machine.text(".codex/.env");
        env.trim().strip_prefix("OPENAI_API_KEY=").unwrap().to_owned()
    };
    let first = held();
    until("another token is in the files", || async {
        let token = held();
        let everywhere = machine.json(".claude/settings.json")["env"]["ANTHROPIC_AUTH_TOKEN"] == *token
            && machine.text(".hermes/config.yaml").contains(&token);
        (token != first && everywhere && machine.workspace.is_live(&token)).then_some(())
    })
    .await;
    let base = machine.json(".claude/settings.json")["env"]["ANTHROPIC_BASE_URL"].clone();
    assert_eq!(base, format!("{workspace}/anthropic"));
    assert!(!has_token(machine.text(".coda/agents/claude.json").as_bytes()));
}

/// Whoever has a login of their own keeps it.
#[tokio::test]
async fn without_a_workspace_nothing_is_touched() {
    let machine = Machine::new();
    let environment = vec![("DATABRICKS_HOST".to_owned(), String::new())];
    let options = Options { environment, home: Some(machine.home.clone()), ..Options::default() };
    let daemon = Daemon::with(options).await;
    let before = machine.files();
    daemon.post("/api/setup/start", json!({})).await;
    until("the setup is over", || async {
        let (_, setup) = daemon.get("/api/setup-status").await;
        (setup["status"] == "complete" || setup["status"] == "error").then_some(())
    })
    .await;
    assert_eq!(machine.files(), before);
}
