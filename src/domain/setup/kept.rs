//! What outlives a daemon: how far each step was.
//!
//! Version 1. A reader of another version begins anew; each step then finds by its check what is right already.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::graph::Graph;
use super::node::State;

pub const VERSION: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub version: u32,
    /// Which `coda serve` it was: another one begins anew.
    pub server: String,
    pub begun: bool,
    pub started_at: Option<DateTime<Utc>>,
    pub steps: Vec<KeptStep>,
    /// Process groups that steps had started and that had not ended: leader and when it began.
    #[serde(default)]
    pub groups: Vec<(i32, u64)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptStep {
    pub id: String,
    pub state: State,
    pub why: Option<String>,
    pub version: Option<String>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub attempts: u32,
    pub blocked: bool,
}

impl Graph {
    pub fn kept(&self, server: &str, groups: Vec<(i32, u64)>) -> Kept {
        let steps = self.nodes.iter().map(|node| KeptStep {
            id: node.id().to_owned(),
            state: node.state,
            why: node.why.clone(),
            version: node.version.clone(),
            started_at: node.started_at,
            finished_at: node.finished_at,
            attempts: node.attempts,
            blocked: node.blocked,
        });
        Kept {
            version: VERSION,
            server: server.to_owned(),
            begun: self.begun,
            started_at: self.started_at,
            steps: steps.collect(),
            groups,
        }
    }

    /// Goes on where an earlier daemon was. What ran is pending again, and the interrupted try does not count. Answers
    /// with the steps that had ended well: their products are worth a look.
    pub fn resume(&mut self, kept: Kept) -> Vec<String> {
        (self.begun, self.started_at) = (kept.begun, kept.started_at);
        let mut well = Vec::new();
        for was in kept.steps {
            let Some(node) = self.nodes.iter_mut().find(|node| node.id() == was.id) else { continue };
            if !was.state.is_over() {
                node.attempts = was.attempts.saturating_sub(u32::from(was.state == State::Running));
                continue;
            }
            (node.state, node.why, node.version) = (was.state, was.why, was.version);
            (node.started_at, node.finished_at) = (was.started_at, was.finished_at);
            (node.attempts, node.blocked) = (was.attempts, was.blocked);
            if node.state == State::Complete {
                well.push(was.id);
            }
        }
        well
    }
}
