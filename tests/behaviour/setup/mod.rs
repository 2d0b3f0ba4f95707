//! The setup of a machine, against a registry on loopback that fails in every way: see `install` for what is fetched,
//! `steps` for how steps go, `orders` for what people say.

mod install;
mod orders;
mod steps;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Daemon, Options, Registry, until};

/// A machine with nothing but what the steps of the test are about, and a registry instead of the world.
struct Machine {
    registry: Registry,
    _folder: TempDir,
    home: PathBuf,
    variables: Vec<(String, String)>,
}

/// Agents are off unless a test wants one.
const AGENTS: [&str; 5] = ["CLAUDE", "CODEX", "GEMINI", "OPENCODE", "HERMES"];

impl Machine {
    async fn new() -> Machine {
        let (registry, folder) = (Registry::start().await, tempfile::tempdir().unwrap());
        let home = folder.path().canonicalize().unwrap();
        let mut machine = Machine { _folder: folder, home, variables: Vec::new(), registry };
        for agent in AGENTS {
            machine.set(&format!("ENABLE_{agent}"), "false");
        }
        let url = machine.registry.url.clone();
        for name in ["GITHUB_API_BASE", "GITHUB_RELEASE_MIRROR", "NODE_DIST_MIRROR", "NPM_REGISTRY"] {
            machine.set(name, &url);
        }
        machine.set("HOME", &machine.home.display().to_string());
        // What the machine of the test has of its own is no part of it.
        machine.set("NODE_MIN_MAJOR", "18");
        machine
    }

    fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(other, _)| other != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Steps of the person's own: over ours, or besides them.
    fn steps(&self, text: &str) {
        std::fs::create_dir_all(self.home.join(".coda")).unwrap();
        std::fs::write(self.home.join(".coda/setup.toml"), text).unwrap();
    }

    async fn start(&self) -> Daemon {
        self.start_with("").await
    }

    /// With these keys in `[setup]`.
    async fn start_with(&self, keys: &str) -> Daemon {
        let config = format!("[setup]\nretry_seconds = 0\n{keys}\n");
        let options = Options {
            config: Some(config),
            environment: self.variables.clone(),
            home: Some(self.home.clone()),
            ..Options::default()
        };
        Daemon::with(options).await
    }

    fn bin(&self, name: &str) -> PathBuf {
        self.home.join(".local/bin").join(name)
    }

    /// Nothing half-done lies about.
    fn assert_tidy(&self) {
        for folder in [".local/bin", ".local/share/coda/tools", "projects"] {
            for entry in std::fs::read_dir(self.home.join(folder)).into_iter().flatten().flatten() {
                assert!(!entry.file_name().to_string_lossy().starts_with(".new-"), "{entry:?}");
            }
        }
    }

    /// Every file below the folder, with its content and when it was changed.
    fn files(&self, folder: &str) -> BTreeMap<PathBuf, (SystemTime, Vec<u8>)> {
        let mut files = BTreeMap::new();
        walk(&self.home.join(folder), &mut files);
        files
    }
}

fn walk(folder: &Path, files: &mut BTreeMap<PathBuf, (SystemTime, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, metadata) = (entry.path(), entry.path().symlink_metadata().unwrap());
        if metadata.is_dir() {
            walk(&path, files);
        } else {
            let content = std::fs::read_link(&path).map(|to| to.display().to_string().into_bytes());
            let content = content.unwrap_or_else(|_| std::fs::read(&path).unwrap());
            files.insert(path, (metadata.modified().unwrap(), content));
        }
    }
}

impl Daemon {
    async fn setup(&self) -> Value {
        let (status, body) = self.get("/api/setup-status").await;
        assert_eq!(status, 200, "{body}");
        body
    }

    async fn step(&self, id: &str) -> Value {
        step_of(&self.setup().await, id)
    }

    async fn begin(&self) {
        let (status, body) = self.post("/api/setup/start", serde_json::json!({})).await;
        assert_eq!(status, 200, "{body}");
    }

    async fn order(&self, order: &str, id: &str) -> (u16, Value) {
        self.post(&format!("/api/setup/{id}/{order}"), serde_json::json!({})).await
    }

    async fn until_step(&self, id: &str, state: &str) -> Value {
        until(&format!("step {id} is {state}"), || async {
            let step = self.step(id).await;
            assert!(
                step["state"] == state
                    || !["complete", "skipped", "error"].contains(&step["state"].as_str().unwrap()),
                "{step:#}"
            );
            (step["state"] == state).then_some(step)
        })
        .await
    }

    /// Waits until nothing more happens by itself.
    async fn until_settled(&self) -> Value {
        until("the setup to come to an end", || async {
            let setup = self.setup().await;
            (setup["status"] != "running" && setup["begun"] == true).then_some(setup)
        })
        .await
    }
}

fn step_of(setup: &Value, id: &str) -> Value {
    let steps = setup["steps"].as_array().unwrap();
    steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("no step {id} in {setup:#}")).clone()
}

/// A step of one's own that runs this in a shell.
fn script(id: &str, script: &str, more: &str) -> String {
    format!(
        "[[step]]\nid = \"{id}\"\n{more}\nrun = {{ kind = \"command\", command = [\"sh\", \"-c\", {script:?}] }}\n"
    )
}
