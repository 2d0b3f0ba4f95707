//! Where and with what the steps work.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix::Addr;

use super::fetch::Fetch;
use crate::actors::agents::Agents;
use crate::actors::credentials::Credentials;
use crate::config::{Config, Setup as SetupConfig};
use crate::domain::environment::Environment;
use crate::domain::setup::Output;
use crate::os::shelf::Shelf;

/// The same for all steps.
pub struct Ground {
    pub home: PathBuf,
    pub shelf: Shelf,
    pub(super) config: SetupConfig,
    /// What programs start with, and nothing else.
    pub(super) environment: Vec<(String, String)>,
    pub(super) fetch: Fetch,
    pub(super) credentials: Addr<Credentials>,
    /// Where the gateway of the models is, if there is one.
    pub(super) gateway: Option<String>,
    pub agents: Arc<Agents>,
    pub groups: Groups,
}

impl Ground {
    /// `environment`: as sessions have it. Programs of the setup also get what fetching needs, passwords of proxies and
    /// of indexes among it. `gateway`: where agents find it.
    pub fn of(
        config: &Config,
        environment: &Environment,
        credentials: Addr<Credentials>,
        gateway: Option<String>,
        agents: Arc<Agents>,
    ) -> std::io::Result<Ground> {
        let home = std::path::absolute(&config.home)?;
        let mut variables = environment.with([]);
        let fetching = std::env::vars_os().filter_map(|(name, value)| {
            let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
            is_for_fetching(&name).then_some((name, value))
        });
        for (name, value) in fetching {
            variables.retain(|(other, _)| *other != name);
            variables.push((name, value));
        }
        Ok(Ground {
            shelf: Shelf::new(&home),
            home,
            config: config.setup.clone(),
            environment: variables,
            fetch: Fetch::new(config.setup.enterprise.certificates()),
            credentials,
            gateway,
            agents,
            groups: Groups::default(),
        })
    }

    pub fn variable(&self, wanted: &str) -> &str {
        self.environment.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value)
    }

    /// As `linux-x86_64`.
    pub fn machine() -> String {
        format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
    }
}

fn is_for_fetching(name: &str) -> bool {
    name.to_ascii_uppercase().ends_with("_PROXY")
        || name == "UV_DEFAULT_INDEX"
        || name.starts_with("UV_INDEX_")
}

/// What a step says, bounded and without secrets. All clones are the same.
#[derive(Clone, Default)]
pub struct Voice(Arc<Mutex<Output>>);

impl Voice {
    /// What an earlier daemon kept.
    pub fn kept(log: &str) -> Voice {
        Voice(Arc::new(Mutex::new(Output::kept(log))))
    }

    pub fn say(&self, line: &str) {
        self.output().push(line);
    }

    pub fn clear(&self) {
        self.output().clear();
    }

    pub fn lines(&self) -> Vec<String> {
        self.output().lines()
    }

    pub(super) fn last(&self) -> Option<String> {
        self.output().last().map(str::to_owned)
    }

    fn output(&self) -> MutexGuard<'_, Output> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Process groups that run for steps: the next daemon kills those that this one left behind.
#[derive(Clone, Default)]
pub struct Groups(Arc<Mutex<BTreeSet<(i32, u64)>>>);

/// A group in the list, until this is dropped.
pub struct Listed {
    groups: Groups,
    group: (i32, u64),
}

impl Groups {
    pub fn now(&self) -> Vec<(i32, u64)> {
        self.set().iter().copied().collect()
    }

    pub(super) fn list(&self, group: (i32, u64)) -> Listed {
        self.set().insert(group);
        Listed { groups: self.clone(), group }
    }

    fn set(&self) -> MutexGuard<'_, BTreeSet<(i32, u64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.groups.set().remove(&self.group);
    }
}
