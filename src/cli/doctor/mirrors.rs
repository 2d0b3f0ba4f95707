//! Whether the mirrors and proxies that are set can be reached.

use std::time::Duration;

use reqwest::{Client, redirect};

use super::report::Finding;
use crate::config::Config;
use crate::domain::setup::address::{checked, without_userinfo};

/// How long one may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// One request each, all at once. Any answer will do: what it says is for whoever fetches.
pub async fn look(config: &Config) -> Vec<Finding> {
    let addresses = config.setup.enterprise.addresses();
    let looks = addresses.into_iter().map(|(name, address)| reach(name, address));
    futures_util::future::join_all(looks).await
}

async fn reach(name: &'static str, address: &str) -> Finding {
    let shown = without_userinfo(address);
    if let Err(error) = checked(name, address) {
        return Finding::fail(name, error.why, "give an address such as https://mirror.example, or unset it");
    }
    let client = Client::builder().redirect(redirect::Policy::none()).timeout(PATIENCE);
    // The way to a proxy does not lead through it.
    let client = if name.ends_with("_PROXY") { client.no_proxy() } else { client };
    let asked = match client.build() {
        Ok(client) => client.get(address).send().await,
        Err(error) => {
            return Finding::fail(name, error.to_string(), "check the certificates of this machine");
        }
    };
    match asked {
        Ok(answer) => Finding::ok(name, format!("{shown} answers ({})", answer.status().as_u16())),
        Err(error) => {
            let what = if error.is_timeout() { "does not answer within 5 s" } else { "cannot be reached" };
            Finding::fail(name, format!("{shown} {what}"), "check the address, the network and the proxy")
        }
    }
}
