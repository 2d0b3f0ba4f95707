//! An instance beside a workspace, and what its person does in the workspace with her own hands.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use workspace::Workspace;

use super::{ANN, PROJECTS};
use crate::support::{Daemon, Options, Ran, coda, until};

/// An instance of Ann's with a token, beside a workspace.
pub struct Instance {
    pub daemon: Daemon,
    /// What Ann herself does in the workspace.
    pub hand: Hand,
}

/// Somebody with a token and a browser.
#[derive(Clone)]
pub struct Hand {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Hand {
    pub fn of(workspace: &Workspace) -> Hand {
        coda::databricks::provide_cryptography();
        let token = workspace.person(ANN).token;
        Hand { http: reqwest::Client::new(), url: workspace.url().to_owned(), token }
    }

    pub async fn ask(&self, request: reqwest::RequestBuilder) -> (u16, Vec<u8>) {
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
    }

    pub async fn write(&self, path: &str, content: &str) {
        let folder = path.rsplit_once('/').unwrap().0;
        let at = format!("{}/api/2.0/workspace/mkdirs", self.url);
        self.ask(self.http.post(at).json(&json!({ "path": folder }))).await;
        let escaped = path.trim_start_matches('/').replace('/', "%2F");
        let at = format!("{}/api/2.0/workspace-files/import-file/{escaped}?overwrite=true", self.url);
        let (status, _) = self.ask(self.http.post(at).body(content.to_owned())).await;
        assert_eq!(status, 200, "{path}");
    }

    pub async fn list(&self, path: &str) -> Vec<Value> {
        let at = format!("{}/api/2.0/workspace/list?path={path}", self.url);
        let (_, body) = self.ask(self.http.get(at)).await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        body["objects"].as_array().cloned().unwrap_or_default()
    }

    /// Every file below a folder with its content, by path within it.
    pub async fn files(&self, folder: &str) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(at) = folders.pop() {
            for object in self.list(&at).await {
                let path = object["path"].as_str().unwrap().to_owned();
                if object["object_type"] == "DIRECTORY" {
                    folders.push(path);
                    continue;
                }
                let url = format!(
                    "{}/api/2.0/workspace/export?path={path}&format=AUTO&direct_download=true",
                    self.url
                );
                let (_, bytes) = self.ask(self.http.get(url)).await;
                let name = path.strip_prefix(folder).unwrap().trim_start_matches('/').to_owned();
                files.insert(name, String::from_utf8(bytes).unwrap());
            }
        }
        files
    }
}

impl Instance {
    pub async fn start(workspace: &Workspace) -> Instance {
        Instance::with(workspace, &[], None).await
    }

    pub async fn with(workspace: &Workspace, variables: &[(&str, &str)], home: Option<PathBuf>) -> Instance {
        Instance::every([1, 1], workspace, variables, home).await
    }

    /// How long a project must be quiet, and how often what agents and shells remember is looked after, in seconds.
    pub async fn every(
        [quiet, state]: [u32; 2],
        workspace: &Workspace,
        variables: &[(&str, &str)],
        home: Option<PathBuf>,
    ) -> Instance {
        let hand = Hand::of(workspace);
        let own = [
            ("DATABRICKS_HOST", workspace.url()),
            ("DATABRICKS_TOKEN", hand.token.as_str()),
            ("APP_OWNER_EMAIL", ANN),
        ];
        let environment =
            own.iter().chain(variables).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = format!("[sync]\nquiet_seconds = {quiet}\nstate_seconds = {state}\n");
        let options =
            Options { environment: environment.collect(), config: Some(config), home, ..Options::default() };
        Instance { daemon: Daemon::with(options).await, hand }
    }

    pub fn home(&self) -> &Path {
        self.daemon.home()
    }

    pub fn put(&self, path: &str, content: &str) {
        put(&self.home().join("projects").join(path), content);
    }

    pub fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.home().join("projects").join(path)).ok()
    }

    pub async fn coda(&self, arguments: &[&str]) -> Ran {
        coda(self.home(), arguments).await
    }

    /// `coda sync` of a project.
    pub async fn sync(&self, name: &str) -> Ran {
        let path = self.home().join("projects").join(name);
        self.coda(&["sync", path.to_str().unwrap()]).await
    }

    pub async fn status(&self) -> Value {
        let out = self.request(reqwest::Method::GET, "/api/sync-status").send().await.unwrap();
        out.json().await.unwrap()
    }

    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.daemon.request(method, path).header("X-Forwarded-Email", ANN).bearer_auth("from-the-workspace")
    }

    pub async fn row(&self, what: &str, name: &str) -> Option<Value> {
        let status = self.status().await;
        let rows = status["folders"].as_array().cloned().unwrap_or_default();
        rows.into_iter().find(|row| row["what"] == what && row["name"] == name)
    }

    /// What a commit tells.
    pub async fn committed(&self, name: &str) -> u16 {
        let path = self.home().join("projects").join(name);
        let body = json!({ "path": path, "when_quiet": true });
        let answer = self.request(reqwest::Method::POST, "/api/sync/project").json(&body).send().await;
        answer.unwrap().status().as_u16()
    }

    pub async fn until_row(&self, what: &str, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until(&format!("the row of {name}"), || async {
            self.row(what, name).await.filter(|row| wanted(row))
        })
        .await
    }

    pub async fn there(&self, name: &str) -> BTreeMap<String, String> {
        self.hand.files(&format!("{PROJECTS}/{name}")).await
    }
}

pub fn put(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}
