//! What the tasks are told at their start.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use actix::prelude::*;
use chrono::TimeDelta;

use crate::actors::events::Events;
use crate::actors::sessions::Sessions;
use crate::actors::store::Store;
use crate::actors::supervisor::Reports;
use crate::config::Config;
use crate::domain::tasks::{BoardRules, Hand, PaceRules, Task, Terms};
use crate::os::task_files::TaskFiles;
use crate::os::{process, program};

#[derive(Clone)]
pub struct TasksSettings {
    /// Whom to ask first, and how long a task may take where nothing is said, and at the most, in seconds.
    pub agent: String,
    pub timeout_s: u64,
    pub longest_s: u64,
    pub rules: BoardRules,
    /// The time of one order is its own.
    pub pace: PaceRules,
    /// Of each agent the program and its arguments, with `{prompt}` or `{prompt_file}` among them.
    pub commands: BTreeMap<String, Vec<String>>,
    /// Where programs of sessions are looked for.
    pub path: String,
    /// Tells this keeper, which holds the sessions, from any other.
    pub keeper: String,
    pub files: TaskFiles,
    pub home: PathBuf,
    /// Whether there is a workspace.
    pub workspace: bool,
    pub store: Addr<Store>,
    pub sessions: Addr<Sessions>,
    pub events: Addr<Events>,
    pub reports: Reports,
    /// What was written down.
    pub kept: Vec<Task>,
}

impl TasksSettings {
    /// `commands`: how agents are run that nothing is said of in the file; `path`: where programs are looked for.
    pub fn of(
        config: &Config,
        kept: Vec<Task>,
        (commands, path): (BTreeMap<String, Vec<String>>, String),
        (store, sessions): (Addr<Store>, Addr<Sessions>),
        (events, reports): (Addr<Events>, Reports),
    ) -> TasksSettings {
        let tasks = &config.tasks;
        let keeper = std::os::unix::process::parent_id().cast_signed();
        // What a person says goes before what we know of an agent.
        let commands = commands.into_iter().chain(tasks.commands.clone()).collect();
        TasksSettings {
            agent: tasks.agent.clone(),
            timeout_s: tasks.timeout_seconds,
            longest_s: tasks.longest_seconds,
            rules: BoardRules {
                concurrent: tasks.concurrent,
                waiting: tasks.queue,
                keep: TimeDelta::seconds(tasks.keep_seconds.cast_signed()),
                most_kept: tasks.most_kept,
            },
            pace: PaceRules {
                timeout: Duration::from_secs(tasks.timeout_seconds),
                silence: Duration::from_secs(tasks.silence_seconds),
                longest: Duration::from_secs(tasks.longest_seconds),
                settle: Duration::from_millis(tasks.settle_ms),
                grace: Duration::from_secs(tasks.grace_seconds),
            },
            commands,
            path,
            keeper: format!("{keeper}:{}", process::began(keeper).unwrap_or_default()),
            files: TaskFiles::new(&config.state_dir()),
            home: config.home.clone(),
            workspace: !config.platform.is_local(),
            store,
            sessions,
            events,
            reports,
            kept,
        }
    }

    /// What orders may be, now. Blocks on the disk.
    pub fn terms(&self) -> Terms {
        let hand = |(name, command): (&String, &Vec<String>)| {
            let program = command.first().cloned().unwrap_or_default();
            let is_here = program::found(&program, &self.path).is_some();
            Hand { name: name.clone(), program, is_here }
        };
        let mut agents: Vec<Hand> = self.commands.iter().map(hand).collect();
        agents.sort_by_key(|hand| hand.name != self.agent);
        Terms { agents, timeout_s: self.timeout_s, longest_s: self.longest_s }
    }
}
