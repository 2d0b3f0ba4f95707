//! What CoDA does, shown on the built binary with real shells: one file per behaviour, tests named as facts.

mod support;

mod ledger;
mod typing;
