//! What CoDA does, shown on the built binary with real shells: one file per behaviour, tests named as facts.

mod support;

mod bad_input;
mod ledger;
mod supervision;
mod survival;
mod typing;
