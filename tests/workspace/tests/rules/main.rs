//! The rules of the workspace, seen from outside: over HTTP, with a clock that stands still.

mod access;
mod apps;
mod asking;
mod faults;
mod forwarding;
mod record;
mod tokens;
