//! The local machine: shared rings, descriptors that travel between processes, process groups.

pub mod fds;
pub mod process;
pub mod ring;
