//! What agents ask their models in an instance of Ann's with traces, and what is told of it.

use std::path::PathBuf;

use model_gateway::Turn;
use serde_json::{Value, json};

use crate::gateway::{Place, Told};
use crate::support::until;

/// Where her traces go.
pub const EXPERIMENT: &str = "/Users/ann@example.com/coding-agents";

impl Place {
    pub async fn traced() -> Place {
        Place::with(&[("MLFLOW_TRACING_ENABLED", "true")], "").await
    }

    /// Asks as an agent, and reads the answer to its end.
    pub async fn ask_as(&self, agent: &str, told: &Told, path: &str, body: &Value) -> String {
        let answer = self.ask(told, path, body).header("x-coda-agent", agent).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{path}: {text}");
        text
    }

    /// A prompt and its answer, without a tool.
    pub async fn prompt(&self, told: &Told, text: &str) {
        self.models.script(Turn::say(format!("answer to {text}")));
        let said = json!([{ "role": "user", "content": text }]);
        let body = json!({ "model": "m", "max_tokens": 9, "stream": true, "messages": said });
        self.ask_as("claude", told, "/anthropic/v1/messages", &body).await;
    }

    pub async fn traces(&self) -> Value {
        let (status, traces) = self.get("/api/traces").await;
        assert_eq!(status, 200, "{traces}");
        traces
    }

    pub async fn until_traces(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until(what, || async { Some(self.traces().await).filter(|traces| wanted(traces)) }).await
    }

    pub fn spool(&self) -> PathBuf {
        self.daemon.home().join(".coda/traces")
    }

    /// The documents with spans that have come to the workspace.
    pub fn documents(&self) -> Vec<Value> {
        let asked = self.workspace.requests();
        let uploads = asked.iter().filter(|entry| entry.path.ends_with("/credentials-for-data-upload"));
        let mut ids: Vec<String> =
            uploads.filter_map(|entry| entry.path.split('/').nth_back(1).map(str::to_owned)).collect();
        ids.sort();
        ids.dedup();
        let documents = ids.iter().filter_map(|id| self.workspace.spans(id));
        documents.map(|bytes| serde_json::from_slice(&bytes).unwrap()).collect()
    }
}

/// A turn of each of three agents in its own interface: agent, path, and the requests.
pub fn turns() -> [(&'static str, &'static str, [Value; 2]); 3] {
    let input = json!({ "command": "ls" });
    let asked = |text: &str| json!({ "role": "user", "content": text });
    let tool = json!([{ "name": "Bash", "description": "d", "input_schema": { "type": "object" } }]);
    let messages = |all: Value| json!({ "model": "claude-x", "max_tokens": 9, "stream": true, "tools": tool, "messages": all });
    let used = json!({ "type": "tool_use", "id": "toolu_1", "name": "Bash", "input": input });
    let result = json!({ "type": "tool_result", "tool_use_id": "toolu_1", "content": "a.txt" });
    let function = json!([{ "type": "function", "name": "Bash", "parameters": { "type": "object" } }]);
    let responses = |all: Value| json!({ "model": "gpt-x", "stream": true, "tools": function, "input": all });
    let prompt = json!({ "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "list for codex" }] });
    let call = json!({ "type": "function_call", "call_id": "call_1", "name": "Bash", "arguments": input.to_string() });
    let output = json!({ "type": "function_call_output", "call_id": "call_1", "output": "a.txt" });
    let declared =
        json!([{ "functionDeclarations": [{ "name": "Bash", "parameters": { "type": "OBJECT" } }] }]);
    let gemini = |all: Value| json!({ "tools": declared, "contents": all });
    let said = json!({ "role": "user", "parts": [{ "text": "list for gemini" }] });
    let wanted = json!({ "role": "model", "parts": [{ "functionCall": { "name": "Bash", "args": input } }] });
    let given = json!({ "role": "user", "parts": [{ "functionResponse": { "name": "Bash", "response": { "output": "a.txt" } } }] });
    [
        (
            "claude",
            "/anthropic/v1/messages",
            [
                messages(json!([asked("list for claude")])),
                messages(
                    json!([asked("list for claude"), { "role": "assistant", "content": [used] }, { "role": "user", "content": [result] }]),
                ),
            ],
        ),
        (
            "codex",
            "/openai/v1/responses",
            [responses(json!([prompt])), responses(json!([prompt, call, output]))],
        ),
        (
            "gemini",
            "/gemini/v1beta/models/gemini-x:streamGenerateContent?alt=sse",
            [gemini(json!([said])), gemini(json!([said, wanted, given]))],
        ),
    ]
}

/// Has each agent do its turn.
pub async fn do_turns(place: &Place, told: &Told) {
    for (agent, path, requests) in turns() {
        place.models.script(Turn::say("I look.").call("Bash", json!({ "command": "ls" })));
        place.models.script(Turn::say(format!("one file for {agent}")));
        let [first, second] = requests;
        let answer = place.ask_as(agent, told, path, &first).await;
        // The model names its calls itself.
        let named = call_id(&answer);
        let second = second.to_string().replace("toolu_1", &named).replace("call_1", &named);
        place.ask_as(agent, told, path, &serde_json::from_str(&second).unwrap()).await;
    }
}

/// The id of the tool's call in a streamed answer.
fn call_id(answer: &str) -> String {
    let begins = ["\"id\":\"toolu_", "\"call_id\":\"", "\"id\":\"call_"];
    let at =
        begins.iter().find_map(|begin| answer.find(begin)).unwrap_or_else(|| panic!("no call: {answer}"));
    answer[at..].split('"').nth(3).unwrap().to_owned()
}

/// What a document with spans says: of each span its kind, and what came out.
pub fn told(document: &Value) -> Vec<(String, Value)> {
    let text = |span: &Value, name: &str| -> Value {
        serde_json::from_str(span["attributes"][name].as_str().unwrap_or("null")).unwrap()
    };
    let spans = document["spans"].as_array().unwrap();
    spans
        .iter()
        .map(|span| {
            let kind = text(span, "mlflow.spanType").as_str().unwrap_or_default().to_owned();
            let output = text(span, "mlflow.spanOutputs");
            let output =
                ["answer", "text"].iter().find_map(|name| output.get(name)).unwrap_or(&output).clone();
            (kind, output)
        })
        .collect()
}

/// What the turn of an agent must say.
pub fn expected(agent: &str) -> Vec<(String, Value)> {
    let answer = json!(format!("one file for {agent}"));
    let spans = [
        ("AGENT", answer.clone()),
        ("CHAT_MODEL", json!("I look.")),
        ("TOOL", json!("a.txt")),
        ("CHAT_MODEL", answer),
    ];
    spans.map(|(kind, output)| (kind.to_owned(), output)).to_vec()
}
