//! Privileges in Unity Catalog. `/api/2.1/unity-catalog/permissions/…`

use serde::{Deserialize, Serialize};

use super::call::segment;
use super::{Call, Credential, Failure, Workspace};

/// Pages that are read at most.
const MOST_PAGES: usize = 200;

/// What one principal gets. Giving it again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// An e-mail address, a group, or a service principal's application id.
    pub principal: String,
    /// `READ_VOLUME`, `USE_SCHEMA`, …
    pub add: Vec<&'static str>,
}

/// What one principal has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Assignment {
    pub principal: String,
    pub privileges: Vec<String>,
}

#[derive(Serialize)]
struct Changes<'a> {
    changes: &'a [Change],
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    privilege_assignments: Vec<Assignment>,
    next_page_token: String,
}

impl Workspace {
    /// `kind`: `catalog`, `schema`, `volume`, …; `name`: its full name with dots. A principal that was made a moment
    /// ago is [`super::Class::Unknown`] for some seconds.
    pub async fn grant(
        &self,
        who: &dyn Credential,
        kind: &str,
        name: &str,
        changes: &[Change],
    ) -> Result<(), Failure> {
        self.send(who, Call::patch("give privileges", path(kind, name)).json(&Changes { changes }))
            .await
            .map(drop)
    }

    pub async fn grants(
        &self,
        who: &dyn Credential,
        kind: &str,
        name: &str,
    ) -> Result<Vec<Assignment>, Failure> {
        let mut assignments = Vec::new();
        let mut token = String::new();
        for _ in 0..MOST_PAGES {
            let call = Call::get("read the privileges", path(kind, name)).with("max_results", 0);
            let call = if token.is_empty() { call } else { call.with("page_token", &token) };
            let page: Page = self.ask(who, call).await?;
            assignments.extend(page.privilege_assignments);
            if page.next_page_token.is_empty() {
                break;
            }
            token = page.next_page_token;
        }
        Ok(assignments)
    }
}

fn path(kind: &str, name: &str) -> String {
    format!("/api/2.1/unity-catalog/permissions/{}/{}", segment(kind), segment(name))
}
