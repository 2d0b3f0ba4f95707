//! Agents reach their models through CoDA: with a key that is worth nothing elsewhere, and a token they never see.
//! Against the emulator of a workspace and the mock of its models.

mod crowd;

use model_gateway::{Death, End, Entry, How, ModelGateway, Turn};
use serde_json::{Value, json};
use workspace::{Settings, Workspace};

use crate::support::{DEADLINE, Daemon, Options, until};

const ANN: &str = "ann@example.com";

/// An instance of Ann's with a token, and the models behind its workspace.
pub struct Place {
    pub workspace: Workspace,
    pub models: ModelGateway,
    pub daemon: Daemon,
    http: reqwest::Client,
}

/// What a session was told.
#[derive(Clone)]
pub struct Told {
    pub session: String,
    url: String,
    key: String,
}

impl Place {
    /// The models are where `DATABRICKS_GATEWAY_HOST` says.
    async fn start() -> Place {
        Place::with(&[], "").await
    }

    pub async fn with(variables: &[(&str, &str)], config: &str) -> Place {
        let models = ModelGateway::start();
        let host = models.url().to_owned();
        let mut all = vec![("DATABRICKS_GATEWAY_HOST", host.as_str())];
        all.extend(variables);
        Place::at(Workspace::start(), models, &all, config).await
    }

    async fn at(
        workspace: Workspace,
        models: ModelGateway,
        variables: &[(&str, &str)],
        config: &str,
    ) -> Place {
        let place = Place::without_token(workspace, models, variables, config).await;
        let token = place.workspace.person(ANN).token;
        let (status, answer) = place.post("/api/configure-pat", json!({ "token": token })).await;
        assert_eq!(status, 200, "{answer}");
        place
    }

    async fn without_token(
        workspace: Workspace,
        models: ModelGateway,
        variables: &[(&str, &str)],
        config: &str,
    ) -> Place {
        models.accept_any(true);
        let own =
            [("DATABRICKS_HOST", workspace.url()), ("APP_OWNER_EMAIL", ANN), ("CODA_INSTANCE_NAME", "ann-1")];
        let all = own.iter().chain(variables);
        let environment = all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let daemon =
            Daemon::with(Options { environment, config: Some(config.to_owned()), ..Options::default() })
                .await;
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        Place { workspace, models, daemon, http }
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.http.get(self.daemon.url(path)).header("X-Forwarded-Email", ANN).bearer_auth("x")).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.post(self.daemon.url(path)).header("X-Forwarded-Email", ANN);
        answer(request.bearer_auth("x").json(&body)).await
    }

    /// Starts a session and reads what it has in its environment.
    pub async fn session(&self) -> Told {
        let script =
            "env > \"$HOME/env-$CODA_SESSION_ID.new\"; mv \"$HOME/env-$CODA_SESSION_ID\"{.new,}; sleep 1000";
        let (status, made) = self.post("/api/session", json!({"command": ["/bin/bash", "-c", script]})).await;
        assert_eq!(status, 200, "{made}");
        let session = made["session_id"].as_str().unwrap().to_owned();
        let path = self.daemon.home().join(format!("env-{session}"));
        let text = until("the session's environment", || async { std::fs::read_to_string(&path).ok() }).await;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
            line.unwrap_or_default().to_owned()
        };
        Told { session, url: value("CODA_GATEWAY_URL"), key: value("CODA_GATEWAY_KEY") }
    }

    pub fn ask(&self, told: &Told, path: &str, body: &Value) -> reqwest::RequestBuilder {
        self.http.post(format!("{}{path}", told.url)).bearer_auth(&told.key).json(body)
    }

    /// Waits until a request has come to the models that is as wanted.
    async fn until_asked(&self, what: &str, wanted: impl Fn(&Entry) -> bool) -> Entry {
        let there = self.models.until(DEADLINE, |models| models.requests().iter().any(&wanted)).await;
        assert!(there, "waited for {what}: {:#?}", self.models.asked());
        self.models.requests().into_iter().find(|entry| wanted(entry)).unwrap()
    }

    /// The sums of everything.
    async fn total(&self) -> Value {
        let (status, usage) = self.get("/api/usage?group_by=").await;
        assert_eq!(status, 200, "{usage}");
        usage["total"].clone()
    }

    async fn until_total(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until(what, || async { Some(self.total().await).filter(|total| wanted(total)) }).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn messages() -> Value {
    json!({"model": "databricks-claude-sonnet-4-5", "max_tokens": 99, "stream": true,
        "messages": [{"role": "user", "content": "hi"}]})
}

const MESSAGES: &str = "/anthropic/v1/messages";

/// Every vendor's address: path here, path there, body.
fn vendors() -> [(&'static str, &'static str, Value); 5] {
    let chat = |model: &str| json!({"model": model, "stream": true, "messages": [{"role": "user", "content": "hi"}]});
    let gemini = json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]});
    [
        (MESSAGES, "/anthropic/v1/messages", messages()),
        (
            "/openai/v1/responses",
            "/openai/v1/responses",
            json!({"model": "databricks-gpt-5-2", "stream": true, "input": "hi"}),
        ),
        ("/openai/v1/chat/completions", "/openai/v1/chat/completions", chat("databricks-gpt-5-2")),
        (
            "/gemini/v1beta/models/databricks-gemini-2-5-pro:streamGenerateContent?alt=sse",
            "/gemini/v1beta/models/databricks-gemini-2-5-pro:streamGenerateContent",
            gemini,
        ),
        ("/mlflow/v1/chat/completions", "/mlflow/v1/chat/completions", chat("databricks-claude-sonnet-4-5")),
    ]
}

#[tokio::test]
async fn every_vendors_answers_are_streamed_with_a_token_that_no_agent_sees() {
    let place = Place::start().await;
    let told = place.session().await;
    assert!(told.url.starts_with("http://127.0.0.1:"), "{}", told.url);
    for (here, there, body) in vendors() {
        place.models.forget_requests();
        let gate = format!("gate of {here}");
        place.models.script(Turn::say("a rather long answer in several pieces").stop_before(2, &gate));
        let mut response = place.ask(&told, here, &body).send().await.unwrap();
        assert_eq!(response.status(), 200, "{here}");
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(kind.replace(' ', ""), "text/event-stream;charset=utf-8", "{here}");
        // The first piece is here before the model has gone on.
        let first = response.chunk().await.unwrap().unwrap();
        assert!(!first.is_empty());
        let entry = place.models.last_request().unwrap();
        assert_eq!((entry.path.as_str(), entry.end), (there, End::Open));
        place.models.release(&gate);
        let mut text = String::from_utf8_lossy(&first).into_owned();
        while let Some(piece) = response.chunk().await.unwrap() {
            text += &String::from_utf8_lossy(&piece);
        }
        assert!(text.contains("pieces"), "{here}: {text}");
        let token = entry.bearer().unwrap();
        assert!(token.starts_with("dapi") && place.workspace.is_live(token), "{here}");
        let all = format!("{:?}", entry.headers);
        assert!(!all.contains(&told.key), "the key stays here: {all}");
    }
    let total = place.until_total("five requests are counted", |total| total["requests"] == 5).await;
    assert!(
        total["output_tokens"].as_u64().unwrap() > 0 && total["cost_usd"].as_f64().unwrap() > 0.0,
        "{total}"
    );
    let (_, usage) = place.get("/api/usage?group_by=model,session").await;
    let row = &usage["rows"][0];
    assert_eq!(
        (row["session_id"].as_str(), &row["agent"]),
        (Some(told.session.as_str()), &Value::Null),
        "{usage}"
    );
    assert_eq!(usage["rows"].as_array().unwrap().len(), 3, "{usage}");
}

#[tokio::test]
async fn agents_put_the_key_where_their_vendor_has_it() {
    let place = Place::start().await;
    let told = place.session().await;
    let url = |path: &str| format!("{}{path}", told.url);
    for (name, agent) in
        [("x-api-key", "claude-cli/2"), ("x-goog-api-key", "GeminiCLI/1"), ("api-key", "codex_cli_rs/0")]
    {
        let request = place.http.post(url(MESSAGES)).header(name, &told.key).header("user-agent", agent);
        assert_eq!(answer(request.json(&messages())).await.0, 200, "{name}");
    }
    let query = format!("{}?alt=sse&key={}", url("/gemini/v1beta/models/m:streamGenerateContent"), told.key);
    let (status, _) = answer(place.http.post(query).json(&json!({"contents": []}))).await;
    assert_eq!(status, 200);
    assert_eq!(place.models.last_request().unwrap().query, "alt=sse");
    let (_, usage) = place.get("/api/usage?group_by=agent").await;
    let agents =
        usage["rows"].as_array().unwrap().iter().map(|row| row["agent"].as_str().unwrap().to_owned());
    let mut agents: Vec<String> = agents.collect();
    agents.sort();
    assert_eq!(agents, ["claude", "codex", "gemini", "other"], "{usage}");
}

#[tokio::test]
async fn a_token_changes_in_the_middle_of_an_answer_and_nobody_notices() {
    let place = Place::with(&[("PAT_ROTATION_INTERVAL", "2"), ("PAT_TOKEN_LIFETIME", "120")], "").await;
    let told = place.session().await;
    place.models.script(Turn::say("before and after the change").stop_before(1, "change"));
    let response = place.ask(&told, MESSAGES, &messages()).send().await.unwrap();
    let old = place.models.last_request().unwrap().bearer().unwrap().to_owned();
    until("another token", || async {
        let (status, _) = answer(place.ask(&told, MESSAGES, &messages())).await;
        assert_eq!(status, 200);
        let now = place.models.last_request()?.bearer()?.to_owned();
        (now != old).then_some(())
    })
    .await;
    place.models.release("change");
    let text = response.text().await.unwrap();
    assert!(text.contains("change") && text.contains("message_stop"), "{text}");
}

/// B-65: a token that was revoked went on being used for half a minute.
#[tokio::test]
async fn a_request_whose_token_counts_no_more_is_sent_again_once_with_another() {
    let place = Place::with(&[("PAT_ROTATION_INTERVAL", "2"), ("PAT_TOKEN_LIFETIME", "120")], "").await;
    let told = place.session().await;
    for death in [Death::Pat, Death::Jwt, Death::Entra] {
        answer(place.ask(&told, MESSAGES, &messages())).await;
        let old = place.models.last_request().unwrap().bearer().unwrap().to_owned();
        place.models.expire(&old, death);
        place.models.forget_requests();
        let (status, text) = answer(place.ask(&told, MESSAGES, &messages())).await;
        assert_eq!(status, 200, "{death:?} {text}");
        let bearers: Vec<String> =
            place.models.requests().iter().map(|entry| entry.bearer().unwrap().to_owned()).collect();
        // It may have changed by itself in between.
        assert!(bearers.len() <= 2 && bearers.last() != Some(&old), "{death:?} {bearers:?}");
    }
}

#[tokio::test]
async fn what_a_model_refuses_is_told_as_it_is_and_asked_once() {
    let place = Place::start().await;
    let told = place.session().await;
    for status in [400, 403, 404, 429, 500, 529] {
        place.models.forget_requests();
        place.models.script(Turn::refuse(status).retry_after(7));
        let response = place.ask(&told, MESSAGES, &messages()).send().await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["retry-after"], "7");
        assert_eq!(response.json::<Value>().await.unwrap()["type"], "error", "{status}");
        assert_eq!(place.models.asked().len(), 1, "{status}");
    }
    let total = place.until_total("six refusals", |total| total["requests"] == 6).await;
    for (name, count) in
        [("unauthorized", 1), ("throttled", 2), ("invalid", 2), ("failed", 1), ("network", 0)]
    {
        assert_eq!(total[format!("errors_{name}")], count, "{name} {total}");
    }
    assert_eq!(total["cost_usd"], json!(0.0));
}

/// B-64: upstream went on reading, and tokens burned, after the client had left.
#[tokio::test]
async fn a_client_that_leaves_takes_its_request_along() {
    let place = Place::start().await;
    let told = place.session().await;
    // In the middle of the answer, and before it.
    for before in [1, 0] {
        place.models.forget_requests();
        let gate = format!("never {before}");
        place.models.script(Turn::say("an answer that nobody waits for").stop_before(before, &gate));
        let asking = tokio::spawn(place.ask(&told, MESSAGES, &messages()).send());
        place.until_asked("the question", |entry| entry.waits_at.is_some()).await;
        if before == 1 {
            drop(asking.await.unwrap().unwrap());
        } else {
            asking.abort();
        }
        place.until_asked("the end of a request", |entry| entry.end == End::Left).await;
    }
    place.until_total("both are counted", |total| total["cancelled"] == 2).await;
}

#[tokio::test]
async fn only_the_key_of_a_session_that_runs_opens_the_gateway() {
    let place = Place::start().await;
    let (told, other) = (place.session().await, place.session().await);
    assert_ne!(told.key, other.key);
    let swapped = told.key.replace(&told.session, &other.session);
    for (path, key, word) in [
        (MESSAGES, "", "CODA_GATEWAY_KEY"),
        (MESSAGES, "dapi0123456789abcdef", "none of CoDA's"),
        ("/openai/v1/responses", &swapped, "none of CoDA's"),
        ("/gemini/v1beta/models/m:generateContent", &told.key[..told.key.len() - 1], "none of CoDA's"),
    ] {
        let request = place.http.post(format!("{}{path}", told.url)).bearer_auth(key).json(&messages());
        let (status, refusal) = answer(request).await;
        assert_eq!(status, 401, "{refusal}");
        assert!(refusal["error"]["message"].as_str().unwrap().contains(word), "{refusal}");
    }
    assert_eq!(answer(place.ask(&told, MESSAGES, &messages())).await.0, 200);
    place.post("/api/session/close", json!({"session_id": told.session})).await;
    until("the key of the ended session is refused", || async {
        let (status, refusal) = answer(place.ask(&told, MESSAGES, &messages())).await;
        (status == 401).then(|| {
            assert!(refusal["error"]["message"].as_str().unwrap().contains("has ended"), "{refusal}")
        })
    })
    .await;
    assert_eq!(answer(place.ask(&other, MESSAGES, &messages())).await.0, 200);
    let (status, refusal) = answer(place.http.get(format!("{}/v1/messages", told.url))).await;
    assert_eq!((status, &refusal["code"]), (404, &json!("not_found")));
    let climb = place.ask(&other, "/anthropic/%2e%2e/api/2.0/token/create", &json!({}));
    assert!([400, 404].contains(&answer(climb).await.0));
}

#[tokio::test]
async fn port_and_keys_outlive_the_daemon_and_nothing_is_counted_twice() {
    let place = Place::start().await;
    let told = place.session().await;
    for _ in 0..3 {
        assert_eq!(answer(place.ask(&told, MESSAGES, &messages())).await.0, 200);
    }
    let before = place.until_total("three requests", |total| total["requests"] == 3).await;
    let old = place.daemon.kill_daemon().await;
    // It waits for the next daemon.
    let (status, text) = answer(place.ask(&told, MESSAGES, &messages())).await;
    assert_eq!(status, 200, "{text}");
    place.daemon.until_another(old).await;
    let after = place.until_total("four requests", |total| total["requests"] == 4).await;
    let output = |total: &Value| total["output_tokens"].as_u64().unwrap();
    assert_eq!(output(&after), output(&before) / 3 * 4);
    let (_, status) = answer(place.http.get(format!("{}/health", told.url))).await;
    assert_eq!((&status["status"], &status["route"]), (&json!("ready"), &json!("gateway_host")));
}

#[tokio::test]
async fn the_gateways_memory_outlives_a_crash_of_its_actor() {
    let place = Place::start().await;
    let told = place.session().await;
    place.models.script(Turn::say("goes on").stop_before(1, "crash"));
    let response = place.ask(&told, MESSAGES, &messages()).send().await.unwrap();
    let (status, _) = place.post("/api/admin/actors/gateway/crash", json!({})).await;
    assert_eq!(status, 200);
    assert_eq!(answer(place.ask(&told, MESSAGES, &messages())).await.0, 200);
    place.models.release("crash");
    assert!(response.text().await.unwrap().contains("message_stop"));
    place.until_total("both are counted", |total| total["requests"] == 2).await;
}

#[tokio::test]
async fn too_large_a_request_or_answer_is_cut_off() {
    let config = "[gateway]\nrequest_max_bytes = 10000\nresponse_max_bytes = 20000\n";
    let place = Place::with(&[], config).await;
    let told = place.session().await;
    let mut large = messages();
    large["messages"][0]["content"] = json!("x".repeat(20_000));
    let (status, refusal) = answer(place.ask(&told, MESSAGES, &large)).await;
    assert_eq!((status, &refusal["error"]["type"]), (413, &json!("request_too_large")));
    // Without its length said.
    let pieces = (0..3).map(|_| Ok::<_, std::io::Error>("y".repeat(6_000)));
    let pieces = futures_util::stream::iter(pieces.collect::<Vec<_>>());
    let request = place.http.post(format!("{}{MESSAGES}", told.url)).bearer_auth(&told.key);
    let (status, _) = answer(request.body(reqwest::Body::wrap_stream(pieces))).await;
    assert_eq!(status, 413);
    assert!(place.models.asked().is_empty());
    place.models.script(Turn { filler: 100_000, ..Turn::say("long") });
    let response = place.ask(&told, MESSAGES, &messages()).send().await.unwrap();
    assert!(response.bytes().await.is_err(), "half an answer is not taken for a whole one");
}

#[tokio::test]
async fn a_long_request_flows_through() {
    let place = Place::start().await;
    let told = place.session().await;
    let mut large = messages();
    large["messages"][0]["content"] = json!("x".repeat(9_000_000));
    let (status, text) = answer(place.ask(&told, MESSAGES, &large)).await;
    assert_eq!(status, 200, "{text}");
    assert_eq!(place.models.last_request().unwrap().body.len(), large.to_string().len());
}

/// Resident memory of a process, in bytes.
fn resident(pid: i32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[tokio::test]
async fn a_reader_that_is_slow_makes_the_model_wait_and_nobody_else() {
    const LONG: usize = 48 * 1024 * 1024;
    let place = Place::start().await;
    let told = place.session().await;
    assert_eq!(answer(place.ask(&told, MESSAGES, &messages())).await.0, 200);
    let daemon = place.daemon.daemon_pid().unwrap();
    let before = resident(daemon);
    place.models.forget_requests();
    place.models.script(Turn { filler: LONG, ..Turn::say("long") }.paced(16_384, 0));
    let mut response = place.ask(&told, MESSAGES, &messages()).send().await.unwrap();
    let sent = || place.models.requests().first().map_or(0, |entry| entry.bytes);
    // The model stands still: so often it was seen at the same byte.
    let (mut last, mut still) = (0, 0);
    until("the model to wait", || {
        let now = sent();
        still = if now == last && now > 0 { still + 1 } else { 0 };
        last = now;
        let stands = still > 100;
        async move { stands.then_some(()) }
    })
    .await;
    assert!(last < LONG / 2, "{last} bytes were taken in advance");
    let grown = resident(daemon).saturating_sub(before);
    assert!(grown < 16 * 1024 * 1024, "{grown} bytes are held for one reader");
    assert_eq!(answer(place.ask(&told, MESSAGES, &messages())).await.0, 200, "others pass by");
    let mut read = 0;
    while let Some(piece) = response.chunk().await.unwrap() {
        read += piece.len();
    }
    assert!(read > LONG, "{read}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_whole_one() {
    let place = Place::start().await;
    let told = place.session().await;
    for how in [How::Reset, How::Close] {
        place.models.script(Turn::say("half of an answer that is long").cut(1, how));
        let response = place.ask(&told, MESSAGES, &messages()).send().await.unwrap();
        // A reset may take with it what was on its way.
        assert!(response.status() == 502 || response.bytes().await.is_err(), "{how:?}");
    }
    place.models.script(Turn::say("an error in the middle").cut(1, How::Error));
    assert!(
        place.ask(&told, MESSAGES, &messages()).send().await.unwrap().text().await.unwrap().contains("error")
    );
    place
        .until_total("all are counted", |total| total["errors_network"] == 2 && total["errors_failed"] == 1)
        .await;
}

/// B-60, B-61 and the rules for chat completions, on the way through.
#[tokio::test]
async fn wrapped_calls_get_their_names_and_requests_are_mended() {
    let place = Place::start().await;
    let told = place.session().await;
    let tools = json!([{"type": "function", "function": {"name": "edit", "strict": true, "parameters": {
        "$schema": "s", "type": "object", "properties": {"path": {"$ref": "#/$defs/p"}}, "$defs": {"p": {"type": "string"}}}}}]);
    for stream in [true, false] {
        let mut turn = Turn::say("").call("edit", json!({"path": "a.txt"})).paced(4, 0).sharded(11);
        turn.oddities.hidden_names = true;
        turn.oddities.stop_with_calls = true;
        place.models.script(turn);
        let body = json!({"model": "databricks-claude-sonnet-4-5", "stream": stream, "stream_options": {"include_usage": true},
            "messages": [{"role": "user", "content": "hi"}, {"role": "user", "content": "  "}], "tools": tools});
        let response = place.ask(&told, "/mlflow/v1/chat/completions", &body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let text = response.text().await.unwrap();
        assert!(!text.contains("databricks-tool-call"), "{text}");
        assert!(text.contains(r#""name":"edit""#) && text.contains(r#"{\"path\":\"a.txt\"}"#), "{text}");
        assert!(text.contains(r#""finish_reason":"tool_calls""#), "{text}");
        let sent = place.models.last_request().unwrap().json();
        assert_eq!(sent["messages"], json!([{"role": "user", "content": "hi"}]));
        assert_eq!(
            sent["tools"][0]["function"],
            json!({"name": "edit", "parameters": {"type": "object",
            "properties": {"path": {"type": "string"}}}})
        );
        assert_eq!(sent.get("stream_options"), None);
    }
}

#[tokio::test]
async fn the_models_are_found_where_the_workspace_has_them() {
    for (has_gateway, route, path) in [
        (true, "workspace_gateway", "/ai-gateway/anthropic/v1/messages"),
        (false, "serving_endpoints", "/serving-endpoints/anthropic/v1/messages"),
    ] {
        let models = ModelGateway::start();
        let mut settings = Settings::default();
        settings.gateway.ai_gateway = has_gateway;
        settings.gateway.forward_to = Some(models.url().to_owned());
        let place = Place::at(Workspace::with(settings), models, &[], "").await;
        let told = place.session().await;
        let (status, text) = answer(place.ask(&told, MESSAGES, &messages())).await;
        assert_eq!(status, 200, "{text}");
        assert_eq!(place.models.last_request().unwrap().path, path);
        let (_, state) = place.get("/api/gateway").await;
        assert_eq!(
            (&state["route"], &state["mode"], &state["has_token"]),
            (&json!(route), &json!("gateway"), &json!(true))
        );
        assert_eq!((&state["reachable"], &state["url"]), (&json!(true), &json!(told.url)), "{state}");
    }
}

#[tokio::test]
async fn without_a_token_agents_are_told_where_to_paste_one() {
    let models = ModelGateway::start();
    let place = Place::without_token(Workspace::start(), models, &[], "").await;
    let told = place.session().await;
    for (path, pointer) in [
        (MESSAGES, "/error/type"),
        ("/openai/v1/responses", "/error/code"),
        ("/gemini/v1beta/models/m:generateContent", "/error/status"),
    ] {
        let response = place.ask(&told, path, &messages()).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.headers()["x-should-retry"].to_str().unwrap()),
            (503, "true")
        );
        let refusal: Value = response.json().await.unwrap();
        assert!(refusal["error"]["message"].as_str().unwrap().contains("/api/configure-pat"), "{refusal}");
        assert!(refusal.pointer(pointer).is_some(), "{refusal}");
    }
    let (_, health) = answer(place.http.get(format!("{}/health", told.url))).await;
    assert_eq!((&health["status"], &health["lease"]), (&json!("waiting"), &json!(false)));
}

#[tokio::test]
async fn models_that_cannot_be_reached_are_said_so() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let variables = [("DATABRICKS_GATEWAY_HOST", host.as_str())];
    let place = Place::at(Workspace::start(), ModelGateway::start(), &variables, "").await;
    let told = place.session().await;
    let (status, refusal) = answer(place.ask(&told, MESSAGES, &messages())).await;
    assert_eq!((status, &refusal["error"]["type"]), (502, &json!("api_error")));
    let state = until("the trouble is told", || async {
        let (_, state) = place.get("/api/gateway").await;
        state["last_error"].is_object().then_some(state)
    })
    .await;
    assert_eq!(state["reachable"], json!(false));
    assert!(state["last_error"]["message"].as_str().unwrap().contains("cannot be reached"), "{state}");
}

#[tokio::test]
async fn a_model_that_says_nothing_is_late() {
    let place = Place::with(&[], "[gateway]\nanswer_seconds = 1\nsilence_seconds = 1\n").await;
    let told = place.session().await;
    place.models.script(Turn::say("never").stop_before(0, "begin"));
    let (status, refusal) = answer(place.ask(&told, MESSAGES, &messages())).await;
    assert_eq!((status, &refusal["error"]["type"]), (504, &json!("timeout_error")));
    place.models.script(Turn::say("some of it and no more").stop_before(1, "middle"));
    let response = place.ask(&told, MESSAGES, &messages()).send().await.unwrap();
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn neither_token_nor_key_is_in_the_log_or_in_a_file_of_the_gateway() {
    let place = Place::with(&[], "[log]\nlevel = \"debug\"\n").await;
    let told = place.session().await;
    let mut secret = messages();
    secret["messages"][0]["content"] = json!("a word that nobody may log: xyzzy");
    answer(place.ask(&told, MESSAGES, &secret)).await;
    place.models.script(Turn::refuse(500));
    answer(place.ask(&told, MESSAGES, &secret)).await;
    answer(place.http.post(format!("{}{MESSAGES}?key={}x", told.url, told.key))).await;
    place.daemon.until_logged("a model was asked").await;
    let token = place.models.last_request().unwrap().bearer().unwrap().to_owned();
    place.until_total("both are counted", |total| total["requests"] == 2).await;
    let database = std::fs::read(place.daemon.home().join(".coda/coda.db-wal")).unwrap_or_default();
    for (where_it_is, text) in
        [("log", place.daemon.log()), ("database", String::from_utf8_lossy(&database).into_owned())]
    {
        for word in [token.as_str(), told.key.as_str(), "xyzzy"] {
            assert!(!text.contains(word), "{word} is in the {where_it_is}");
        }
    }
}

#[tokio::test]
async fn where_there_is_no_workspace_or_agents_go_themselves_sessions_are_told_nothing() {
    let daemon = Daemon::start().await;
    let id = daemon.run("env | grep -c CODA_GATEWAY > \"$HOME/count\"; sleep 1000").await;
    let count = daemon.home().join("count");
    let read = || async { std::fs::read_to_string(&count).ok().filter(|text| text.ends_with('\n')) };
    assert_eq!(until("the count", read).await, "0\n", "{id}");
    let (_, state) = daemon.get("/api/gateway").await;
    assert_eq!((&state["mode"], &state["url"]), (&Value::Null, &Value::Null));

    let place = Place::with(&[("GATEWAY_MODE", "direct")], "").await;
    assert_eq!(place.session().await.url, "");
    let (_, state) = place.get("/api/gateway").await;
    assert_eq!(
        (&state["mode"], &state["url"], &state["route"]),
        (&json!("direct"), &Value::Null, &json!("gateway_host"))
    );
}

#[tokio::test]
async fn a_question_about_use_that_cannot_be_answered_is_said() {
    let daemon = Daemon::start().await;
    for (path, word) in [("/api/usage?days=0", "`days`"), ("/api/usage?group_by=week", "`group_by`")] {
        let (status, error) = daemon.get(path).await;
        assert_eq!(status, 400);
        assert!(error["error"].as_str().unwrap().contains(word), "{error}");
    }
    let (status, usage) = daemon.get("/api/usage").await;
    assert_eq!((status, &usage["rows"], &usage["total"]["cost_usd"]), (200, &json!([]), &Value::Null));
}
