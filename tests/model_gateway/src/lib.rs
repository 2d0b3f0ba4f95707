//! The model side in one process: what agents and gateways talk to, without an account and without a model.
//!
//! It speaks four wire formats, whole and streamed, below all prefixes that Databricks has for them. What it says is
//! scripted: text, tool calls, usage, refusals, streams that are slow or cut. Everything that was asked is kept for
//! assertions. A path that it does not know answers 404 `ENDPOINT_NOT_FOUND` and is marked in the log.
//!
//! Absent on purpose: understanding. Without a script every question is answered with "ok", or with the smallest
//! JSON that fits the schema that was asked for.
//!
//! ```no_run
//! let models = model_gateway::ModelGateway::start();
//! models.script(model_gateway::Turn::say("I write it.").write("hello.txt", "hello\n"));
//! models.script(model_gateway::Turn::say("Done.").stop_before(1, "last words"));
//! println!("ANTHROPIC_BASE_URL={}/anthropic ANTHROPIC_AUTH_TOKEN={}", models.url(), models.token());
//! models.release("last words");
//! ```

mod handle;
mod server;

mod answer;
mod body;
mod call;
mod control;
mod gates;
mod judge;
mod log;
mod reply;
mod routes;
mod schema;
mod settings;
mod tokens;
mod tools;
mod turn;
mod wire;
mod world;

pub use handle::ModelGateway;
pub use log::{End, Entry};
pub use settings::Settings;
pub use tokens::Death;
pub use turn::{
    Action, Cut, Gate, How, Oddities, Pace, Refusal, RetryAfter, Spoilt, Stop, Turn, Usage, When, Words,
};
pub use wire::Wire;
