//! The workspace as a program: `make workspace`, or `cargo run -p workspace`.

use std::net::SocketAddr;
use std::thread;

use clap::Parser;
use workspace::{Delays, Settings, Workspace};

/// A Databricks workspace in one process, to try things out without an account
#[derive(Parser)]
struct Arguments {
    /// Where it listens
    #[arg(long, default_value = "127.0.0.1:8088")]
    bind: SocketAddr,
    /// How many times as fast as the platform apps start, deploy and stop
    #[arg(long, default_value_t = 20)]
    speed: i64,
    /// The first admin
    #[arg(long, default_value = "admin@example.com")]
    admin: String,
    /// Base URL of a server that speaks for the models
    #[arg(long)]
    models: Option<String>,
    /// Ids and tokens follow from it
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() {
    let arguments = Arguments::parse();
    let mut settings = Settings {
        seed: arguments.seed,
        admin: arguments.admin,
        delays: Delays::real().faster(arguments.speed),
        ..Settings::default()
    };
    settings.gateway.ai_gateway = arguments.models.is_some();
    settings.gateway.forward_to = arguments.models;
    let workspace = Workspace::listen(arguments.bind, settings);
    let robot = workspace.robot("first robot");
    workspace.promote(&robot.client_id);
    println!(
        "A workspace is at {url}\n\n\
         \x20 as {email}:\n\
         \x20   export DATABRICKS_HOST={url} DATABRICKS_TOKEN={token}\n\
         \x20 as a service principal (OAuth):\n\
         \x20   export DATABRICKS_HOST={url} DATABRICKS_CLIENT_ID={id} DATABRICKS_CLIENT_SECRET={secret}\n\n\
         \x20 someone else:  curl -s {url}/_workspace/people -d '{{\"email\": \"ann@example.com\"}}'\n\
         \x20 what it can:   curl -s {url}/_workspace/\n\
         \x20 the requests:  curl -s {url}/_workspace/requests\n",
        url = workspace.url(),
        email = workspace.admin().email,
        token = workspace.admin().token,
        id = robot.client_id,
        secret = robot.client_secret,
    );
    loop {
        thread::park();
    }
}
