//! The HTTP side: reads a request, asks the world about it under the one mutex, and puts the answer, or the fault
//! that struck it, on the wire. Nothing waits while the mutex is held.

use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::auth;
use crate::call::Call;
use crate::control;
use crate::effect::{self, Forward};
use crate::faults::{self, Fault};
use crate::log::{self, Entry};
use crate::routes::{self, Act};
use crate::world::World;

/// A longer request is refused.
const LARGEST_BODY: usize = 512 * 1024 * 1024;

#[derive(Debug)]
pub struct Shared {
    world: Mutex<World>,
    pub client: reqwest::Client,
}

impl Shared {
    pub fn new(world: World) -> Shared {
        // The clients of a program share what they encrypt with; an error says that there is something already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Shared { world: Mutex::new(world), client: reqwest::Client::new() }
    }

    /// A handler that panicked has left at worst one half-done change; a test wants to go on and see it.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A second handle to the connection's socket, to reset it.
pub struct Socket(pub OwnedFd);

/// Serves until it is stopped.
pub fn run(listener: TcpListener, shared: Arc<Shared>, tell: &Sender<ServerHandle>) {
    let shared = web::Data::from(shared);
    rt::System::new().block_on(async move {
        let app = move || App::new().app_data(shared.clone()).default_service(web::to(serve));
        let server = HttpServer::new(app).workers(1).on_connect(|connection, data| {
            let stream = connection.downcast_ref::<rt::net::TcpStream>();
            if let Some(Ok(socket)) = stream.map(|stream| stream.as_fd().try_clone_to_owned()) {
                data.insert(Arc::new(Socket(socket)));
            }
        });
        let server = server.listen(listener).expect("the listener is open");
        let server = server.disable_signals().shutdown_timeout(0).run();
        // Nobody listens any more when the test has already failed.
        drop(tell.send(server.handle()));
        drop(server.await);
    });
}

/// What the world wants to be done, once the mutex is free.
enum Verdict {
    Answer(Answer),
    Forward(Forward),
}

async fn serve(request: HttpRequest, payload: web::Payload, shared: web::Data<Shared>) -> HttpResponse {
    let mut call = Call::read(&request);
    let ours = call.path.starts_with("/_workspace");
    let fault = if ours { None } else { strike(&shared, &call) };
    if let Some(fault) = &fault {
        rt::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    }
    match body(payload).await {
        Ok(body) => call.body = body,
        Err(answer) => return effect::plain(answer),
    }
    if ours {
        return effect::plain(control::answer(&mut shared.world(), &call));
    }
    let mut entry = log::entry(&call, shared.world().now());
    entry.fault = fault.is_some();
    let before = fault.as_ref().filter(|fault| !fault.after_handler && !needs_answer(fault));
    let verdict = match before {
        Some(_) => Verdict::Answer(Answer::empty(200)),
        None => handle(&mut shared.world(), &mut call, &mut entry),
    };
    let answer = match verdict {
        Verdict::Answer(answer) => answer,
        Verdict::Forward(forward) if fault.as_ref().is_none_or(needs_answer) => {
            entry.status = 200;
            let response = effect::forward(&shared, &call, forward).await;
            entry.status = response.status().as_u16();
            shared.world().log.push(entry);
            return response;
        }
        Verdict::Forward(_) => Answer::empty(200),
    };
    finish(&request, &shared, entry, answer, fault.as_ref())
}

/// Puts an answer that the world gave on the wire, or what a fault makes of it.
fn finish(
    request: &HttpRequest,
    shared: &Shared,
    mut entry: Entry,
    answer: Answer,
    fault: Option<&Fault>,
) -> HttpResponse {
    let mut world = shared.world();
    let own = fault.and_then(|fault| faults::answer(&fault.effect, world.now()));
    let answer = dressed(&mut world, own.unwrap_or(answer));
    let resets = fault.is_some_and(|fault| matches!(fault.effect, faults::Effect::Reset));
    entry.status = if resets { 0 } else { answer.status };
    entry.error_code = code(&answer);
    world.log.push(entry);
    drop(world);
    match fault {
        Some(fault) => effect::struck(request, &fault.effect, answer),
        None => effect::plain(answer),
    }
}

/// The fault that this request meets.
fn strike(shared: &Shared, call: &Call) -> Option<Fault> {
    let mut world = shared.world();
    world.settle();
    let now = world.now();
    world.faults.strike(&call.method, &call.path, now)
}

/// Faults that spoil the real answer need it first.
fn needs_answer(fault: &Fault) -> bool {
    use faults::Effect::{Empty, Half, Nothing, Slow, Stall, Truncated};
    matches!(fault.effect, Nothing | Half | Stall { .. } | Slow { .. } | Truncated | Empty)
}

fn handle(world: &mut World, call: &mut Call, entry: &mut Entry) -> Verdict {
    world.settle();
    if !auth::is_open(&call.path) {
        match world.authenticate(call) {
            Ok(who) => call.who = who,
            Err(answer) => return Verdict::Answer(answer),
        }
        entry.who = Some(world.caller(call).name.clone());
    }
    let now = world.now();
    if let Err(answer) = world.limits.check(&call.method, &call.path, call.who, now) {
        return Verdict::Answer(answer);
    }
    let Some((act, vars)) = routes::find(&call.method, &call.path) else {
        entry.unknown_route = true;
        return Verdict::Answer(Answer::no_such_endpoint(&call.method, &call.path));
    };
    call.vars = vars;
    match act {
        Act::Reply(reply) => Verdict::Answer(reply(world, call).unwrap_or_else(|refusal| refusal)),
        Act::Pass(pass) => pass(world, call).map_or_else(Verdict::Answer, Verdict::Forward),
    }
}

/// What every response carries, and what errors tell beside their message.
fn dressed(world: &mut World, answer: Answer) -> Answer {
    let id = world.ids.request();
    let mut answer = answer;
    if world.settings.error_details && answer.status >= 400 {
        let mut value = answer.value();
        if value.get("error_code").is_some_and(Value::is_string) && value.get("details").is_none() {
            let mut details = vec![
                json!({ "@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": id, "serving_data": "" }),
            ];
            let wait = answer.headers.iter().find(|(name, _)| name == "Retry-After");
            if let Some(seconds) = wait.and_then(|(_, value)| value.parse::<u64>().ok()) {
                let kind = "type.googleapis.com/google.rpc.RetryInfo";
                details.push(json!({ "@type": kind, "retry_delay": format!("{seconds}s") }));
            }
            value["details"] = details.into();
            answer.body = Bytes::from(value.to_string());
        }
    }
    let workspace = world.settings.workspace_id.to_string();
    answer.with("X-Request-Id", id).with("X-Databricks-Org-Id", workspace).with("Server", "databricks")
}

fn code(answer: &Answer) -> Option<String> {
    if answer.status < 400 {
        return None;
    }
    let value = answer.value();
    let code = value.get("error_code").or_else(|| value.get("error"))?;
    Some(code.as_str().map_or_else(|| code.to_string(), str::to_owned))
}

async fn body(mut payload: web::Payload) -> Result<Bytes, Answer> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let Ok(chunk) = chunk else { return Err(Answer::malformed("the body ended too early")) };
        if body.len() + chunk.len() > LARGEST_BODY {
            return Err(Answer::error(413, "MAX_REQUEST_SIZE_EXCEEDED", "The request is too large"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
