//! Pure nouns and rules. Time is an argument; nothing here does I/O or knows an actor.

pub mod access;
pub mod audit;
pub mod capacity;
pub mod capture;
pub mod environment;
pub mod event;
pub mod exit;
pub mod frames;
pub mod idle;
pub mod journal;
pub mod keeper_frames;
pub mod label;
pub mod owner;
pub mod panes;
pub mod prologue;
pub mod receipt;
pub mod recording;
pub mod restart;
pub mod screen;
pub mod session_record;
pub mod size;
pub mod size_owner;
pub mod ticket;
pub mod upload;
pub mod viewer_url;
pub mod workplace;
