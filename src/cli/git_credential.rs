//! `coda git-credential`: a credential helper of git, as `gitcredentials(7)` has it.
//!
//! Asks the server for a login and prints it. Whatever goes wrong it says nothing and ends well: git then asks its next
//! helper, or the person.

use std::io::Read as _;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::client::{Api, Place};
use crate::domain::git_credential::{Login, MOST, Request};
use crate::domain::secret::Secret;
use crate::http::wire::{GitAnswer, GitLogin};

#[derive(Debug, Args)]
pub struct GitCredentialOptions {
    /// What git wants; only `get` is answered
    #[arg(value_name = "OPERATION")]
    operation: String,
    #[command(flatten)]
    place: Place,
}

pub async fn run(options: GitCredentialOptions) -> anyhow::Result<ExitCode> {
    if options.operation == "get"
        && let Some(login) = login(&options.place).await
        && let Some(text) = login.rendered()
    {
        super::print(text.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn login(place: &Place) -> Option<Login> {
    let mut asked = Vec::new();
    std::io::stdin().lock().take(MOST as u64 + 1).read_to_end(&mut asked).ok()?;
    let Request { protocol, host, username } = Request::parse(&asked)?;
    let api = Api::new(&place.load().ok()?).ok()?;
    let request = json!({"protocol": protocol, "host": host, "username": username});
    let answer: GitAnswer = api.post("/api/local/git-credential", &request).await.ok()?;
    let GitLogin { username, password, password_expiry_utc } = answer.login?;
    Some(Login { username, password: Secret::new(password), expires_at: password_expiry_utc })
}
