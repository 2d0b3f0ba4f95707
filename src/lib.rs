pub mod config;
pub mod domain;
pub mod keeper;
pub mod os;
