//! The local machine: shared rings, input pipes, journal files, descriptors that travel between processes, process groups,
//! the database, random bytes. Uses `domain` only.

pub mod fds;
pub mod input_pipe;
pub mod journal;
pub mod local_socket;
pub mod process;
pub mod random;
pub mod ring;
pub mod session_files;
pub mod store;
