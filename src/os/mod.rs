//! The local machine: shared rings, input pipes, journal files, descriptors that travel between processes, process groups,
//! random bytes, the container's memory, uploaded and fetched files, folders that are synchronised, the tmux server, the
//! files that shells read, programs that run for us and those that are installed, traces on their way, the database. Uses `domain` only.

pub mod activity_file;
pub mod agent_files;
pub mod atomic_file;
pub mod cgroup;
pub mod clock;
pub mod databrickscfg;
pub mod downloads;
pub mod environ;
pub mod fds;
pub mod git_files;
pub mod input_pipe;
pub mod journal;
pub mod local_socket;
pub mod process;
pub mod program;
pub mod random;
pub mod repositories;
pub mod resident;
pub mod ring;
pub mod session_files;
pub mod shelf;
pub mod shell_files;
pub mod store;
pub mod sync;
pub mod task_files;
pub mod tmux;
pub mod trace_spool;
pub mod unpack;
pub mod uploads;
