//! The binary.

use anyhow::Result;

use super::Run;
use crate::daemon::program;
use crate::table::{Budget, Row};

pub fn take(run: &mut Run) -> Result<()> {
    let bytes = std::fs::metadata(program())?.len() as f64 / 1e6;
    run.table.row(Row::new("binary", format!("{bytes:.1} MB")).bound_value(
        bytes,
        Budget::AtMost(10.0),
        "≤ 10 MB",
    ));
    let dist = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("static/dist");
    let embedded = if dist.is_dir() {
        "the UI of static/dist is inside"
    } else {
        "WITHOUT the UI: static/dist is not built"
    };
    run.table.note(format!("binary: as built by this profile; {embedded}"));
    Ok(())
}
