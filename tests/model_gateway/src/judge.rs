//! What a request gets: who may ask, which turn it is, and how that looks in the request's format.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::body::Play;
use crate::call::Call;
use crate::reply::{Frame, Reply};
use crate::routes::{self, Act, Route};
use crate::schema;
use crate::tools::Said;
use crate::turn::{How, Refusal, RetryAfter, Spoilt, Turn, Usage, Words};
use crate::wire::{Asked, Wire};
use crate::world::{World, now};

#[derive(Debug)]
pub enum Verdict {
    Answer(Answer),
    Play(Play),
    /// The connection is reset.
    Reset,
}

impl From<Answer> for Verdict {
    fn from(answer: Answer) -> Verdict {
        Verdict::Answer(answer)
    }
}

/// `number` is the request's entry in the log.
pub fn judge(world: &mut World, call: &Call, number: u64) -> Verdict {
    let absent = world.settings.absent.iter().any(|prefix| call.path.starts_with(prefix.as_str()));
    let route = routes::find(&call.method, &call.path).filter(|_| !absent);
    let Some(route) = route else {
        world.log.change(number, |entry| entry.unknown_route = !absent);
        return Answer::no_such_endpoint(&call.method, &call.path).into();
    };
    world.log.change(number, |entry| entry.wire = Some(route.wire));
    if route.act == Act::Probe {
        return Answer::from(json!({})).into();
    }
    if let Err(answer) = world.tokens.check(call, world.settings.vendor_keys) {
        return answer.into();
    }
    let wire = route.wire;
    match route.act {
        Act::Models => Answer::from(wire.models(&world.settings.models)).into(),
        Act::Count => Answer::from(wire.count(tokens(call.body.len()))).into(),
        Act::Answer | Act::Probe => answer(world, call, number, route),
    }
}

/// A longer request than is allowed, in the words of whoever was asked.
pub fn too_large(world: &mut World, call: &Call) -> Answer {
    match routes::find(&call.method, &call.path) {
        Some(route) => refused(world, route.wire, &Refusal { status: 413, ..Refusal::default() }),
        None => Answer::error(413, "MAX_REQUEST_SIZE_EXCEEDED", "The request is too large"),
    }
}

fn answer(world: &mut World, call: &Call, number: u64, route: Route) -> Verdict {
    let wire = route.wire;
    let read = serde_json::from_slice::<Value>(&call.body);
    let read = read.map_err(|error| error.to_string()).and_then(|body| wire.read(&body));
    let mut asked = match read {
        Ok(asked) => asked,
        Err(message) => {
            let refusal = Refusal { status: 400, message: Some(message), ..Refusal::default() };
            return refused(world, wire, &refusal).into();
        }
    };
    if let Some(model) = route.model {
        asked.model = model;
    }
    asked.stream |= route.streams;
    asked.as_list = wire == Wire::Gemini && call.param("alt") != Some("sse");
    let taken = world.take(call, wire, &asked);
    world.log.change(number, |entry| {
        entry.model.clone_from(&asked.model);
        entry.stream = asked.stream;
        entry.scripted = taken.is_some();
    });
    let (turn, calls) = taken.unwrap_or_else(|| (otherwise(world, &asked), Vec::new()));
    if let Some(refusal) = &turn.refusal {
        return refused(world, wire, refusal).into();
    }
    let reply = reply(world, &turn, calls, &asked, call.body.len());
    said(wire, &reply, &asked, &turn)
}

/// Without a script: what fits what was asked for.
fn otherwise(world: &World, asked: &Asked) -> Turn {
    let turn = world.settings.otherwise.clone();
    match &asked.schema {
        Some(schema) => Turn { say: schema::sample(schema).to_string(), ..turn },
        None => turn,
    }
}

fn reply(world: &mut World, turn: &Turn, calls: Vec<Said>, asked: &Asked, prompt: usize) -> Reply {
    let text = format!("{}{}", turn.say, "x".repeat(turn.filler));
    let output = text.len() + turn.thinking.len() + calls.iter().map(|call| call.text().len()).sum::<usize>();
    let estimate = Usage {
        input: tokens(prompt),
        output: tokens(output),
        thinking: if turn.thinking.is_empty() { 0 } else { tokens(turn.thinking.len()) },
        ..Usage::default()
    };
    // A huge text in small chunks would be many times as huge.
    let chunk = turn.pace.chunk.max(text.len() / 50_000);
    Reply {
        id: world.id(),
        model: asked.model.clone(),
        created: now(),
        thinking: turn.thinking.clone(),
        text,
        calls,
        stop: turn.stop,
        usage: turn.usage.unwrap_or(estimate),
        chunk,
        oddities: turn.oddities,
    }
}

/// The reply in its format, with what the script does to it.
fn said(wire: Wire, reply: &Reply, asked: &Asked, turn: &Turn) -> Verdict {
    let content_type = match asked.stream {
        true if wire == Wire::Gemini && asked.as_list => "application/json; charset=UTF-8",
        true => "text/event-stream; charset=utf-8",
        false => "application/json",
    };
    let mut frames = if asked.stream { wire.stream(reply, asked) } else { halves(&wire.whole(reply)) };
    match turn.spoilt {
        None => {}
        Some(Spoilt::NoAnswer) => return Verdict::Reset,
        Some(Spoilt::Html) => return Answer::page().into(),
        Some(Spoilt::NotJson) => {
            let text = "upstream connect error or disconnect/reset before headers. reset reason: overflow";
            return Answer::text(200, content_type, text).into();
        }
        Some(Spoilt::Empty) => return Answer::text(200, content_type, "").into(),
        Some(Spoilt::HalfJson) => halve(&mut frames, asked.stream),
    }
    let mut play = Play::new(frames, turn);
    if let Some((at, How::Error)) = play.cut {
        play.frames.truncate(at);
        play.frames.push(wire.failure(reply));
        play.cut = Some((at + 1, How::End));
    }
    play.is_sized = !asked.stream && !matches!(play.cut, Some((_, How::End)));
    play.headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
    play.headers.extend(wire.id_header().map(|name| (name.to_owned(), reply.part("req_", 0))));
    if asked.stream {
        play.headers.push(("Cache-Control".to_owned(), "no-cache".to_owned()));
    }
    Verdict::Play(play)
}

/// An answer that is no stream: its second half is its chunk.
fn halves(value: &Value) -> Vec<Frame> {
    let text = value.to_string();
    let middle = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (first, second) = text.split_at(middle);
    vec![Frame::text(first.to_owned()), Frame::text(second.to_owned()).chunk()]
}

fn halve(frames: &mut Vec<Frame>, stream: bool) {
    if !stream {
        frames.truncate(1);
    } else if let Some(first) = frames.iter_mut().find(|frame| frame.is_chunk) {
        let half = [&first.bytes[..first.bytes.len() / 2], &b"\n\n"[..]].concat();
        first.bytes = half.into();
    }
}

fn refused(world: &mut World, wire: Wire, refusal: &Refusal) -> Answer {
    let status = refusal.status;
    let wait = match refusal.retry_after {
        RetryAfter::Absent => None,
        RetryAfter::Seconds(seconds) => Some(seconds),
    };
    let message = refusal.message.as_deref().unwrap_or_else(|| wire.message(status));
    let id = world.id();
    let mut answer = match refusal.words {
        Words::Vendor => Answer::json(status, &wire.error(status, message, wait, &id)),
        Words::Databricks => databricks(status, refusal.message.as_deref()),
    };
    if let Some(seconds) = wait {
        answer = answer.with("Retry-After", seconds.to_string());
    }
    if let Some(name) = wire.id_header() {
        answer = answer.with(name, format!("req_{id}"));
    }
    answer
}

fn databricks(status: u16, message: Option<&str>) -> Answer {
    let (code, usual) = match status {
        400 => ("BAD_REQUEST", "Bad request: the messages are not valid."),
        401 => ("UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API."),
        403 => ("PERMISSION_DENIED", "You do not have permission to query this endpoint."),
        404 => ("RESOURCE_DOES_NOT_EXIST", "The endpoint does not exist."),
        429 => (
            "REQUEST_LIMIT_EXCEEDED",
            "REQUEST_LIMIT_EXCEEDED: Exceeded workspace rate limit for this model.",
        ),
        503 | 529 => {
            ("TEMPORARILY_UNAVAILABLE", "The service is temporarily unavailable. Please try again later.")
        }
        _ => ("INTERNAL_ERROR", "An internal error occurred."),
    };
    Answer::error(status, code, message.unwrap_or(usual))
}

/// About so many, and never none.
fn tokens(bytes: usize) -> u64 {
    (bytes / 4).max(1) as u64
}
