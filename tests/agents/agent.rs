//! What has to be known of each agent to ask it one thing and to understand what it says.

use model_gateway::Wire;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::home::{Home, Ran, programs};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    Claude,
    Codex,
    Gemini,
    OpenCode,
    Hermes,
}

/// Where its questions go, and with which key.
pub struct Target<'a> {
    /// Without a vendor's prefix.
    pub url: &'a str,
    pub key: &'a str,
}

/// What a run said, whatever the form.
#[derive(Debug, Default)]
pub struct Said {
    pub text: String,
    /// What went wrong, in the agent's words.
    pub error: Option<String>,
}

const CLAUDE_MODEL: &str = "databricks-claude-sonnet-4-5";

impl Agent {
    pub fn program(self) -> &'static str {
        match self {
            Agent::Claude => "claude",
            Agent::Codex => "codex",
            Agent::Gemini => "gemini",
            Agent::OpenCode => "opencode",
            Agent::Hermes => "hermes",
        }
    }

    pub fn wire(self) -> Wire {
        match self {
            Agent::Claude => Wire::Anthropic,
            Agent::Codex => Wire::Responses,
            Agent::Gemini => Wire::Gemini,
            Agent::OpenCode | Agent::Hermes => Wire::Chat,
        }
    }

    /// The version that `tests/agents` pins.
    pub fn version(self) -> String {
        let packages: Value = serde_json::from_str(include_str!("package.json")).unwrap();
        let of = |package: &str| packages["dependencies"][package].as_str().unwrap().to_owned();
        match self {
            Agent::Claude => of("@anthropic-ai/claude-code"),
            Agent::Codex => of("@openai/codex"),
            Agent::Gemini => of("@google/gemini-cli"),
            Agent::OpenCode => of("opencode-ai"),
            Agent::Hermes => {
                let pins = include_str!("requirements.txt").lines();
                pins.filter_map(|pin| pin.strip_prefix("hermes-agent==")).collect()
            }
        }
    }

    /// Whether it was installed; says so if not.
    pub fn is_here(self) -> bool {
        let here = programs().is_some_and(|programs| programs.join(self.program()).exists());
        if !here {
            eprintln!("skipped: {self:?} is not installed; `make agents` does it");
        }
        here
    }

    /// Asks one thing, with every permission, few retries and nothing sent elsewhere.
    pub fn ask(self, home: &Home, target: &Target<'_>, prompt: &str) -> Command {
        let command = home.command(self.program());
        match self {
            Agent::Claude => claude(command, target, prompt),
            Agent::Codex => codex(command, home, target, prompt),
            Agent::Gemini => gemini(command, home, target, prompt),
            Agent::OpenCode => opencode(command, target, prompt),
            Agent::Hermes => hermes(command, home, target, prompt),
        }
    }

    /// Reads what a run said. Exit codes are no help: some are 0 whatever happened.
    pub fn understand(self, home: &Home, ran: &Ran) -> Said {
        let whole: Value = serde_json::from_str(ran.output.trim()).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let lines = || ran.output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        match self {
            Agent::Claude => {
                let result = text(&whole["result"]);
                let error = (whole["is_error"] != false).then(|| result.clone());
                Said { text: result, error }
            }
            Agent::Codex => {
                let failed = lines().find(|event| event["type"] == "turn.failed");
                let last = std::fs::read_to_string(home.path().join("last.txt")).unwrap_or_default();
                Said { text: last, error: failed.map(|event| text(&event["error"]["message"])) }
            }
            Agent::Gemini => {
                // Before its JSON it may say something else.
                let start = ran.output.find("{\n").unwrap_or(0);
                let whole: Value = serde_json::from_str(&ran.output[start..]).unwrap_or(whole);
                let error = whole.get("error").map(|error| text(&error["message"]));
                let silent = whole.get("response").is_none().then(|| ran.errors.clone());
                Said { text: text(&whole["response"]), error: error.or(silent) }
            }
            Agent::OpenCode => {
                let texts = lines().filter(|event| event["type"] == "text");
                let error = lines().find(|event| event["type"] == "error");
                Said {
                    text: texts.map(|event| text(&event["part"]["text"])).collect(),
                    error: error.map(|event| text(&event["error"]["data"]["message"])),
                }
            }
            Agent::Hermes => {
                let usage = std::fs::read_to_string(home.path().join("usage.json")).unwrap_or_default();
                let usage: Value = serde_json::from_str(&usage).unwrap_or_default();
                let failed = usage["completed"] != true;
                Said { text: ran.output.clone(), error: failed.then(|| ran.output.clone()) }
            }
        }
    }
}

fn claude(mut command: Command, target: &Target<'_>, prompt: &str) -> Command {
    command.args(["-p", prompt, "--output-format", "json", "--permission-mode", "bypassPermissions"]);
    command.env("ANTHROPIC_BASE_URL", format!("{}/anthropic", target.url));
    command.env("ANTHROPIC_AUTH_TOKEN", target.key).env("ANTHROPIC_MODEL", CLAUDE_MODEL);
    command.env("CLAUDE_CODE_MAX_RETRIES", "2").env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
    // It refuses to do everything as root unless it believes itself in a sandbox.
    command.env("DISABLE_AUTOUPDATER", "1").env("IS_SANDBOX", "1");
    command
}

fn codex(mut command: Command, home: &Home, target: &Target<'_>, prompt: &str) -> Command {
    let config = format!(
        "model = \"databricks-gpt-5-2\"\nmodel_provider = \"databricks\"\nweb_search = \"disabled\"\n\
         [model_providers.databricks]\nname = \"databricks\"\nbase_url = \"{}/openai/v1\"\n\
         env_key = \"OPENAI_API_KEY\"\nwire_api = \"responses\"\nrequest_max_retries = 2\nstream_max_retries = 2\n",
        target.url
    );
    home.file(".codex/config.toml", &config);
    command.args([
        "exec",
        "--json",
        "--skip-git-repo-check",
        "--dangerously-bypass-approvals-and-sandbox",
        "-o",
    ]);
    command.arg(home.path().join("last.txt")).arg(prompt).env("OPENAI_API_KEY", target.key);
    command
}

fn gemini(mut command: Command, home: &Home, target: &Target<'_>, prompt: &str) -> Command {
    let settings = json!({
        "security": { "auth": { "selectedType": "gemini-api-key" } },
        "general": { "enableAutoUpdate": false, "enableAutoUpdateNotification": false, "maxAttempts": 2 },
        "privacy": { "usageStatisticsEnabled": false },
    });
    home.file(".gemini/settings.json", &settings.to_string());
    command.args(["--skip-trust", "-p", prompt, "-m", "gemini-2.5-pro", "--approval-mode", "yolo"]);
    command.args(["--output-format", "json"]);
    command.env("GEMINI_API_KEY", target.key).env("GEMINI_API_KEY_AUTH_MECHANISM", "bearer");
    command.env("GOOGLE_GEMINI_BASE_URL", format!("{}/gemini", target.url));
    command
}

fn opencode(mut command: Command, target: &Target<'_>, prompt: &str) -> Command {
    let model = format!("databricks/{CLAUDE_MODEL}");
    let config = json!({
        "provider": { "databricks": {
            "npm": "@ai-sdk/openai-compatible",
            "name": "Databricks",
            "options": { "baseURL": format!("{}/mlflow/v1", target.url), "apiKey": "{env:CODA_GATEWAY_KEY}" },
            "models": { CLAUDE_MODEL: { "name": CLAUDE_MODEL } },
        } },
        "model": model, "small_model": model, "autoupdate": false, "share": "disabled",
    });
    command.args(["run", "--format", "json", "--auto", prompt]);
    command.env("OPENCODE_CONFIG_CONTENT", config.to_string()).env("CODA_GATEWAY_KEY", target.key);
    command.env("OPENCODE_DISABLE_MODELS_FETCH", "1").env("OPENCODE_DISABLE_LSP_DOWNLOAD", "1");
    command
}

fn hermes(mut command: Command, home: &Home, target: &Target<'_>, prompt: &str) -> Command {
    let config = format!(
        "model:\n  default: {CLAUDE_MODEL}\n  provider: custom\n  base_url: {}/mlflow/v1\n  api_key: {}\n\
         agent:\n  api_max_retries: 2\n",
        target.url, target.key
    );
    home.file(".hermes/config.yaml", &config);
    command.args(["-z", prompt, "--usage-file"]).arg(home.path().join("usage.json"));
    command
}
