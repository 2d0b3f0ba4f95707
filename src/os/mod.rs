//! The local machine, one folder per thing: the journal's files. Uses `domain` only.

pub mod journal;
