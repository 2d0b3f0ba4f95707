//! What CoDA does, shown on the built binary with real shells: one file per behaviour, tests named as facts.

#[path = "../screen/oracle.rs"]
mod oracle;
mod support;

mod access;
mod activity;
mod agents;
mod attach;
mod bad_input;
mod cli;
mod cli_attach;
mod credentials;
mod databrickscfg;
mod door;
mod downloads;
mod flow;
mod fuzz;
mod gateway;
mod git;
mod history;
mod input;
mod ledger;
mod limits;
mod page;
mod polling;
mod real_agents;
mod regressions;
mod replay;
mod requests;
mod resurrection;
mod screens;
mod search;
mod setup;
mod shell_integration;
mod store;
mod supervision;
mod survival;
mod sync;
mod tasks;
mod tmux;
mod traces;
mod typing;
mod uploads;
mod workplace;
