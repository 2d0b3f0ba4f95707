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
use crate::domain::tasks::{BoardRules, PaceRules, Task, Terms};
use crate::os::process;
use crate::os::task_files::TaskFiles;

#[derive(Clone)]
pub struct TasksSettings {
    pub terms: Terms,
    pub rules: BoardRules,
    /// The time of one order is its own.
    pub pace: PaceRules,
    /// Of each agent the program and its arguments, with `{prompt}` or `{prompt_file}` among them.
    pub commands: BTreeMap<String, Vec<String>>,
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
    pub fn of(
        config: &Config,
        kept: Vec<Task>,
        (store, sessions): (Addr<Store>, Addr<Sessions>),
        events: Addr<Events>,
        reports: Reports,
    ) -> TasksSettings {
        let tasks = &config.tasks;
        let keeper = std::os::unix::process::parent_id().cast_signed();
        let mut agents: Vec<String> = tasks.commands.keys().cloned().collect();
        agents.sort_by_key(|agent| (*agent != tasks.agent, agent.clone()));
        TasksSettings {
            terms: Terms { agents, timeout_s: tasks.timeout_seconds, longest_s: tasks.longest_seconds },
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
            commands: tasks.commands.clone(),
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
}
