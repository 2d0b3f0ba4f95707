//! The mock of the model side as a program: `make model-gateway`, or `cargo run -p model_gateway`.

use std::net::SocketAddr;
use std::thread;

use clap::Parser;
use model_gateway::{ModelGateway, Settings};

/// The model side in one process, to try things out without an account
#[derive(Parser)]
struct Arguments {
    /// Where it listens
    #[arg(long, default_value = "127.0.0.1:8089")]
    bind: SocketAddr,
    /// Let everybody in, as behind `workspace --models`, which looks at the tokens itself
    #[arg(long)]
    any_token: bool,
    /// Take keys in the vendors' own headers, too
    #[arg(long)]
    vendor_keys: bool,
    /// Ids and the token follow from it
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() {
    let arguments = Arguments::parse();
    let settings =
        Settings { seed: arguments.seed, vendor_keys: arguments.vendor_keys, ..Settings::default() };
    let models = ModelGateway::listen(arguments.bind, settings);
    models.accept_any(arguments.any_token);
    println!(
        "The model side is at {url}\n\n\
         \x20 the token:      {token}\n\
         \x20 Claude Code:    ANTHROPIC_BASE_URL={url}/anthropic ANTHROPIC_AUTH_TOKEN={token} claude\n\
         \x20 behind a workspace:  cargo run -p workspace -- --models {url}   (and --any-token here)\n\n\
         \x20 say something:  curl -s {url}/_model/script -d '{{\"say\": \"hello\"}}'\n\
         \x20 what it can:    curl -s {url}/_model/\n\
         \x20 the requests:   curl -s {url}/_model/requests\n",
        url = models.url(),
        token = models.token(),
    );
    loop {
        thread::park();
    }
}
