//! The workspace's token, without the token.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::actors::credentials::{Configured, LeaseReport, Outcome, TargetReport};
use crate::domain::lease::{Moment, Trouble};
use crate::domain::secret::Secret;

/// A personal access token. Blanks around it do not count.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct PatToken {
    token: String,
}

impl PatToken {
    pub fn into_secret(self) -> Secret {
        let whole = zeroize::Zeroizing::new(self.token);
        Secret::new(whole.trim())
    }
}

/// `status`: `ok`, or `checking`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct PatConfigured {
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub user: Option<String>,
    pub message: &'static str,
}

impl From<Configured> for PatConfigured {
    fn from(configured: Configured) -> PatConfigured {
        match configured {
            Configured::Accepted { user } => PatConfigured {
                status: "ok",
                user: Some(user),
                message: "the token counts; from now on it renews itself",
            },
            Configured::Checking => PatConfigured {
                status: "checking",
                user: None,
                message: "the workspace has not said yet whose token this is; see /api/pat-status",
            },
        }
    }
}

/// How the token is. Times are RFC 3339.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct PatStatus {
    /// A token was given and is not over.
    pub configured: bool,
    /// The workspace took it when it was last asked.
    pub valid: bool,
    pub user: Option<String>,
    pub workspace_host: Option<String>,
    /// `pat`: a person's token; `sp_oauth`: the service principal's bearer; `none`: there is no workspace.
    pub auth_mode: &'static str,
    /// `none`, `checking`, `valid`, `trouble` (valid, but without a successor so far) or `expired`.
    pub state: &'static str,
    /// What is wrong, if anything is.
    pub trouble: Option<String>,
    pub token_id: Option<String>,
    pub issued_at: Option<String>,
    pub expires_at: Option<String>,
    pub next_rotation_at: Option<String>,
    /// Old tokens that are not revoked yet.
    pub waiting_for_revocation: usize,
    pub targets: Vec<PatTarget>,
}

/// Where programs read the token.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct PatTarget {
    pub name: String,
    /// `updated`, `unchanged`, `skipped` or `failed`.
    pub outcome: &'static str,
    pub detail: Option<String>,
}

impl From<LeaseReport> for PatStatus {
    fn from(report: LeaseReport) -> PatStatus {
        let LeaseReport { host, by_machine, status, now, targets } = report;
        let state = match () {
            () if status.is_checking => "checking",
            () if status.is_held && status.trouble.is_some() => "trouble",
            () if status.is_held => "valid",
            () if status.is_over => "expired",
            () => "none",
        };
        let auth_mode = match (&host, by_machine) {
            (None, _) => "none",
            (Some(_), true) => "sp_oauth",
            (Some(_), false) => "pat",
        };
        let trouble = status.trouble.map(|trouble| match trouble {
            Trouble::Denied(why) | Trouble::Later(why) => why,
        });
        PatStatus {
            configured: status.is_held,
            valid: status.is_held,
            user: status.user.filter(|_| status.is_held),
            workspace_host: host,
            auth_mode,
            state,
            trouble,
            token_id: status.id,
            issued_at: status.age.map(|age| date(now - span(age))),
            expires_at: status.left.map(|left| date(now + span(left))),
            next_rotation_at: status.renewal_in.map(|pause| date(now + span(pause))),
            waiting_for_revocation: status.retired,
            targets: targets.into_iter().map(PatTarget::from).collect(),
        }
    }
}

impl From<TargetReport> for PatTarget {
    fn from(TargetReport { name, outcome }: TargetReport) -> PatTarget {
        let (outcome, detail) = match outcome {
            Outcome::Updated => ("updated", None),
            Outcome::Unchanged => ("unchanged", None),
            Outcome::Skipped => ("skipped", None),
            Outcome::Failed(why) => ("failed", Some(why)),
        };
        PatTarget { name, outcome, detail }
    }
}

fn span(moment: Moment) -> TimeDelta {
    TimeDelta::from_std(moment).unwrap_or(TimeDelta::MAX)
}

fn date(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
