//! Who may do what with an object. `/api/2.0/permissions/…`

use serde::{Deserialize, Serialize};

use super::call::segment;
use super::{Call, Credential, Failure, Workspace};

/// Somebody who gets a permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    #[serde(rename = "user_name")]
    User(String),
    #[serde(rename = "group_name")]
    Group(String),
    /// By its application id, not by its name.
    #[serde(rename = "service_principal_name")]
    Service(String),
}

/// An entry of the list, as it is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grant {
    #[serde(flatten)]
    pub to: Principal,
    /// `CAN_USE`, `CAN_MANAGE`, …
    pub permission_level: &'static str,
}

#[derive(Serialize)]
struct Change<'a> {
    access_control_list: &'a [Grant],
}

/// An entry of the list, as it is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Entry {
    pub user_name: String,
    pub group_name: String,
    pub service_principal_name: String,
    pub all_permissions: Vec<Level>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Level {
    pub permission_level: String,
    pub inherited: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct List {
    access_control_list: Vec<Entry>,
}

impl Workspace {
    /// Adds to the permissions on an object, such as `apps` and its name.
    pub async fn permit(
        &self,
        who: &dyn Credential,
        kind: &str,
        id: &str,
        grants: &[Grant],
    ) -> Result<(), Failure> {
        let change = Change { access_control_list: grants };
        self.send(who, Call::patch("give permissions", path(kind, id)).json(&change)).await.map(drop)
    }

    pub async fn permissions(
        &self,
        who: &dyn Credential,
        kind: &str,
        id: &str,
    ) -> Result<Vec<Entry>, Failure> {
        let list: List = self.ask(who, Call::get("read the permissions", path(kind, id))).await?;
        Ok(list.access_control_list)
    }
}

fn path(kind: &str, id: &str) -> String {
    format!("/api/2.0/permissions/{}/{}", segment(kind), segment(id))
}
