//! The way in over HTTP: parse, ask an actor, render. No state, lock, timer or file here.

pub mod error;
pub mod guard;
pub mod routes;
pub mod server;
pub mod wire;

mod admin;
mod audit;
mod caller;
mod capacity;
mod commands;
mod credentials;
mod downloads;
mod events;
mod gateway;
mod health;
mod local;
mod panes;
mod polling;
mod public_address;
mod receipts;
mod recordings;
mod screen;
mod search;
mod session;
mod setup;
mod sync;
mod tasks;
mod tickets;
mod traces;
mod ui;
mod uploads;
mod workplace;
mod ws;
