//! Pure nouns and rules. Time is an argument; nothing here does I/O or knows an actor.

pub mod access;
pub mod commands;
pub mod environment;
pub mod event;
pub mod exit;
pub mod frames;
pub mod idle;
pub mod journal;
pub mod keeper_frames;
pub mod label;
pub mod mask;
pub mod percent;
pub mod receipt;
pub mod recording;
pub mod restart;
pub mod screen;
pub mod search;
pub mod session_record;
pub mod shell_integration;
pub mod size;
pub mod size_owner;
pub mod ticket;
