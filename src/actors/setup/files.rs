//! How far the setup is, on the disk: `<state>/setup/state.json`, and the output of each step beside it. For the
//! owner's eyes only; secrets in the output are masked before it comes here.

use std::fs;
use std::path::{Path, PathBuf};

use crate::domain::setup::{Kept, VERSION};
use crate::os::atomic_file::{self, Readers};
use crate::os::process;
use crate::os::session_files::make_private_dir;

#[derive(Debug, Clone)]
pub struct Files(PathBuf);

impl Files {
    pub fn new(state: &Path) -> Files {
        Files(state.join("setup"))
    }

    /// What an earlier daemon of the same server left, if it can be read. Whatever runs from it still is killed.
    pub fn read(&self, server: &str) -> Option<Kept> {
        let text = fs::read(self.0.join("state.json")).ok()?;
        let kept = serde_json::from_slice::<Kept>(&text)
            .inspect_err(
                |error| tracing::warn!(%error, "the setup begins anew: how far it was cannot be read"),
            )
            .ok()?;
        for (leader, began) in &kept.groups {
            process::end_group(*leader, *began);
        }
        (kept.version == VERSION && kept.server == server).then_some(kept)
    }

    pub fn log(&self, id: &str) -> String {
        fs::read_to_string(self.0.join(format!("{id}.log"))).unwrap_or_default()
    }

    /// Writes it down. Blocks on the disk.
    pub fn write(&self, kept: &Kept, logs: &[(String, String)]) {
        let written = || -> Result<(), Box<dyn std::error::Error>> {
            make_private_dir(&self.0)?;
            for (id, log) in logs {
                atomic_file::write(&self.0.join(format!("{id}.log")), Readers::Owner, log.as_bytes())?;
            }
            let text = serde_json::to_vec_pretty(kept)?;
            atomic_file::write(&self.0.join("state.json"), Readers::Owner, &text)?;
            Ok(())
        };
        if let Err(error) = written() {
            tracing::warn!(%error, "a restarted daemon will not know how far the setup was");
        }
    }
}
