//! Requests of every kind that the OpenAPI document knows, right, nearly right and wrong: none breaks anything.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Method, Response};
use serde_json::{Map, Value, json};

use crate::support::{Daemon, Nonsense, Options, TOKEN};

const REQUESTS: usize = 20_000;
const AT_ONCE: usize = 8;
/// Far more than any answer takes; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(30);
/// They do what they say: the daemon goes, or one of its actors.
const NOT_ASKED: [&str; 2] = ["/api/admin/restart", "/api/admin/actors/{name}/crash"];
/// An answer that never ends.
const ENDLESS: &str = "/api/events";
const NAMES: [&str; 8] = ["session_id", "session_ids", "offset", "label", "cols", "input", "command", "x"];

/// What can be asked for, from the document.
struct Operation {
    method: Method,
    path: String,
    parameters: Vec<Value>,
    body: Option<(String, Value)>,
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let content = operation["requestBody"]["content"].as_object();
            operations.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                parameters: operation["parameters"].as_array().cloned().unwrap_or_default(),
                body: content
                    .and_then(|kinds| kinds.iter().next())
                    .map(|(kind, it)| (kind.clone(), it["schema"].clone())),
            });
        }
    }
    operations
}

/// Makes requests; `ids` are of sessions that are there.
struct Author<'a> {
    nonsense: Nonsense,
    document: &'a Value,
    ids: &'a [String],
}

impl Author<'_> {
    /// A value that fits the schema, more or less.
    fn fitting(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        if depth == 0 {
            return Value::Null;
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            return self.fitting(&self.document["components"]["schemas"][name].clone(), "", depth);
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let choice = self.nonsense.one(choices);
            return self.fitting(&choice, name, depth);
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => self.nonsense.one(kinds),
            kind => kind.clone(),
        };
        match kind.as_str() {
            Some("object") => {
                let fields = schema["properties"].as_object().cloned().unwrap_or_default();
                fields
                    .iter()
                    .map(|(name, schema)| (name.clone(), self.fitting(schema, name, depth - 1)))
                    .collect::<Map<_, _>>()
                    .into()
            }
            Some("array") => {
                (0..self.nonsense.below(4)).map(|_| self.fitting(&schema["items"], name, depth - 1)).collect()
            }
            Some("integer" | "number") => json!(self.nonsense.below(40)),
            Some("boolean") => json!(self.nonsense.below(2) == 0),
            Some("string") => self.text(name),
            _ => Value::Null,
        }
    }

    fn text(&mut self, name: &str) -> Value {
        let id = self.nonsense.one(self.ids);
        match name {
            "session_id" | "session_ids" | "id" | "from" if self.nonsense.below(4) > 0 => json!(id),
            "command" => json!("/bin/cat"),
            "cwd" => json!("/"),
            _ => json!(self.nonsense.one(&["", "x", "two words", "\u{1b}[31m", "é🦀", "../../etc", "\u{0}"])),
        }
    }

    /// The body, spoilt in one of many ways or left as it is.
    fn body(&mut self, schema: &Value) -> Vec<u8> {
        let mut body = self.fitting(schema, "", 5);
        match self.nonsense.below(10) {
            0 => return self.nonsense.bytes(300),
            1 => return "[".repeat(self.nonsense.below(3_000)).into_bytes(),
            2 => {
                let mut text = body.to_string().into_bytes();
                text.truncate(self.nonsense.below(text.len() + 1));
                return text;
            }
            3 => return Vec::new(),
            4 => body = self.nonsense.value(3, &NAMES),
            5..=7 => {
                if let Some(fields) = body.as_object_mut().filter(|fields| !fields.is_empty()) {
                    let names: Vec<String> = fields.keys().cloned().collect();
                    let name = self.nonsense.one(&names);
                    if self.nonsense.below(3) == 0 {
                        fields.remove(&name);
                    } else {
                        fields.insert(name, self.nonsense.value(2, &NAMES));
                    }
                }
            }
            _ => {}
        }
        body.to_string().into_bytes()
    }

    fn address(&mut self, operation: &Operation) -> String {
        let (mut path, mut query) = (operation.path.clone(), Vec::new());
        for parameter in &operation.parameters {
            let name = parameter["name"].as_str().unwrap();
            let value = match self.fitting(&parameter["schema"], name, 2) {
                Value::String(text) => text,
                other => other.to_string(),
            };
            let value = if self.nonsense.below(4) == 0 {
                String::from_utf8_lossy(&self.nonsense.bytes(20)).into_owned()
            } else {
                value
            };
            let value: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
            if parameter["in"] == "path" {
                path = path.replace(&format!("{{{name}}}"), &value);
            } else if self.nonsense.below(4) > 0 {
                query.push(format!("{name}={value}"));
            }
        }
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }
}

/// Refusals are told in full; an endless answer is left. Whether it was granted.
async fn judge(asked: &str, response: Response) -> bool {
    let status = response.status();
    assert!(!status.is_server_error(), "{asked}: {status}: {}", response.text().await.unwrap_or_default());
    if asked.contains(ENDLESS) && status.is_success() {
        return true;
    }
    let text = response.bytes().await.unwrap();
    if status.is_client_error() && !asked.starts_with("HEAD") {
        let told: Value = serde_json::from_slice(&text).unwrap_or_default();
        assert!(told["error"].is_string() && told["code"].is_string(), "{asked}: {status}: {text:?}");
    }
    status.is_success()
}

/// Sends what is left of the requests; how many were granted.
async fn pester(daemon: &Daemon, document: &Value, ids: &[String], seed: u64, left: &AtomicUsize) -> usize {
    let mut granted = 0;
    let mut author = Author { nonsense: Nonsense(seed), document, ids };
    let operations: Vec<Operation> =
        operations(document).into_iter().filter(|it| !NOT_ASKED.contains(&it.path.as_str())).collect();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let operation = &operations[author.nonsense.below(operations.len())];
        let path = author.address(operation);
        let method = match author.nonsense.below(20) {
            0 => {
                author.nonsense.one(&[Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD, Method::POST])
            }
            _ => operation.method.clone(),
        };
        let asked = format!("{method} {path}");
        let mut request = daemon.request(method, &path).bearer_auth(TOKEN).timeout(PATIENCE);
        let mut told = asked;
        if let Some((kind, schema)) = &operation.body {
            let kind = if author.nonsense.below(10) == 0 { "text/plain" } else { kind };
            let body = author.body(schema);
            told = format!("{told} {}", String::from_utf8_lossy(&body));
            request = request.header("content-type", kind).body(body);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{told}: {error}"));
        granted += usize::from(judge(&told, response).await);
    }
    granted
}

#[tokio::test]
async fn twenty_thousand_of_them_break_nothing() {
    let config = Some("[sessions]\nmax_sessions = 20\n".to_owned());
    let daemon = Daemon::with(Options { config, ..Options::default() }).await;
    let mut ids = Vec::new();
    for script in ["cat > /dev/null", "exec cat", "seq 1 5000; exit 3"] {
        ids.push(daemon.run(script).await);
    }
    ids.push("no-such-session".to_owned());
    let (_, document) = daemon.get("/api/openapi.json").await;
    let pid = daemon.daemon_pid();
    let left = AtomicUsize::new(REQUESTS);
    let pestering = (0..AT_ONCE).map(|number| pester(&daemon, &document, &ids, 77 + number as u64, &left));
    let granted: usize = join_all(pestering).await.into_iter().sum();
    assert!(granted > REQUESTS / 5, "only {granted} were granted: the rest of the daemon was not tried");
    assert_eq!(daemon.daemon_pid(), pid, "the same daemon is there");
    let log = daemon.log();
    assert!(!log.contains("panicked") && !log.contains("crashed"), "nobody fell over");
    assert_eq!(daemon.get("/health").await.0, 200);
}
