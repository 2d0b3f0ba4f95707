//! Who may do what with a path of the workspace: admins everything, everyone in their own folder and in `/Shared`,
//! others what a folder above grants them. The status of a path is told to everyone.

use crate::answer::Answer;
use crate::principals::PrincipalId;
use crate::world::World;

use super::tree::parent;

const READ: [&str; 4] = ["CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"];
const WRITE: [&str; 2] = ["CAN_EDIT", "CAN_MANAGE"];

impl World {
    pub fn can_read(&self, who: PrincipalId, path: &str) -> bool {
        matches!(path, "/" | "/Users" | "/Repos") || self.has(who, path, &READ)
    }

    pub fn check_write(&self, who: PrincipalId, path: &str) -> Result<(), Answer> {
        if self.has(who, path, &WRITE) {
            return Ok(());
        }
        let name = &self.principals.get(who).name;
        Err(Answer::denied(format!("User {name} does not have permission to write to path {path}.")))
    }

    fn has(&self, who: PrincipalId, path: &str, levels: &[&str]) -> bool {
        let principal = self.principals.get(who);
        let within = |folder: &str| path == folder || path.starts_with(&format!("{folder}/"));
        if principal.is_admin() || within("/Shared") || within(&principal.home()) {
            return true;
        }
        let mut at = path;
        while at != "/" {
            let granted = self.files.workspace.get(at).is_some_and(|node| {
                levels.iter().any(|level| self.has_level(who, &format!("/directories/{}", node.id), level))
            });
            if granted {
                return true;
            }
            at = parent(at);
        }
        false
    }
}
