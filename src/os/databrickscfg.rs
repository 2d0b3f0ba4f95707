//! `~/.databrickscfg` on the disk.

use std::path::Path;

use super::atomic_file::{self, EditError, Readers};
use crate::domain::databrickscfg;

pub use super::atomic_file::Outcome;
pub use crate::domain::databrickscfg::Profile;

/// The file is as it was, and why. The texts hold no token.
pub type Error = EditError<databrickscfg::EditError>;

/// Puts the profile into the file and leaves everything else in it as it is; makes the file when there is none. Blocks
/// on the disk.
pub fn write(path: &Path, profile: &Profile<'_>) -> Result<Outcome, Error> {
    atomic_file::edit(path, Readers::Owner, |old| databrickscfg::edit(old, profile))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn profiles_of_others_stay_and_a_refusal_leaves_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".databrickscfg");
        fs::write(&path, "[work]\ntoken = w\n").unwrap();
        let profile = Profile::default_of("https://w.example", "dapi0");
        assert_eq!(write(&path, &profile).unwrap(), Outcome::Updated);
        assert_eq!(write(&path, &profile).unwrap(), Outcome::Unchanged);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "[work]\ntoken = w\n\n[DEFAULT]\nhost = https://w.example\ntoken = dapi0\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, "who knows").unwrap();
        let error = write(&path, &profile).unwrap_err().to_string();
        assert!(error.contains(".databrickscfg as it is: line 1") && !error.contains("dapi0"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "who knows");
    }
}
