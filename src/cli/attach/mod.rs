//! `coda attach`: a session in this terminal, as if its program ran here.
//!
//! [`terminal`] is the person's terminal, [`watch`] the loop between it and the session, [`key`] the way out, [`hush`]
//! keeps the terminal from answering questions that are over.

mod hush;
mod key;
mod terminal;
mod watch;

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use super::client::{Api, Place};

pub use key::{DETACH, DetachKey};
pub use terminal::own_size;
pub use watch::sentence;

#[derive(Debug, Args)]
#[command(
    after_help = "Ends with the program's own exit code, 128 and the signal if one killed it; 0 when detached. \
    The session takes the size of this terminal; it goes on when you detach, when the terminal is closed, and while \
    the server restarts."
)]
pub struct AttachOptions {
    /// Its id, the beginning of its id, or its label
    #[arg(value_name = "SESSION")]
    session: String,
    /// Only watch: nothing is typed, and the size stays as it is; Ctrl-C detaches, too
    #[arg(long, short)]
    read_only: bool,
    /// Key that detaches: C- and a letter or one of @ [ \ ] ^ _, or `none`
    #[arg(long, value_name = "KEY", default_value = DETACH)]
    detach_key: DetachKey,
    #[command(flatten)]
    place: Place,
}

pub async fn run(options: AttachOptions) -> anyhow::Result<ExitCode> {
    let api = Api::new(&options.place.load()?)?;
    let id = api.session(&options.session).await?.session_id;
    watch(&api, &id, options.detach_key, options.read_only).await
}

/// Shows a session in this terminal until its end or until the person leaves.
pub async fn watch(api: &Api, id: &str, key: DetachKey, read_only: bool) -> anyhow::Result<ExitCode> {
    if std::env::var("CODA_SESSION_ID").is_ok_and(|own| own == id) {
        bail!("this is that session: it would show itself in itself");
    }
    let row = api.session(id).await?;
    watch::Watch::begin(api, &row, key, read_only)?.run().await
}
