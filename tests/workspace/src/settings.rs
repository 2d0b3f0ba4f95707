//! What can be chosen about a workspace. Every default is what the real one does, delays apart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Ids and token values follow from it: the same seed and the same calls give the same answers.
    pub seed: u64,
    /// The workspace's own number, as digits.
    pub workspace_id: u64,
    pub account_id: String,
    /// How `/.well-known/databricks-config` describes this host.
    pub host: HostStyle,
    pub admin: String,
    pub delays: Delays,
    /// Entries on a page where the caller does not ask for a size.
    pub page_size: usize,
    /// The first page of a list that has more is empty and carries a token.
    pub empty_pages: bool,
    pub tokens: TokenRules,
    pub oauth: OauthRules,
    pub consistency: Consistency,
    /// Apps in the workspace at most.
    pub app_limit: usize,
    /// A deployment whose source is not in the workspace, or holds a file above 10 MiB, fails.
    pub check_source: bool,
    pub app_url: AppUrl,
    /// Base URLs of what really runs behind `/_apps/<name>`.
    pub app_upstreams: BTreeMap<String, String>,
    /// Status of `PRINCIPAL_DOES_NOT_EXIST`; no source records it: 404 or 400.
    pub unknown_principal_status: u16,
    pub gateway: Gateway,
    /// `details[]` of errors carries the request's id, and of a 429 the time to wait.
    pub error_details: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostStyle {
    /// One workspace: OAuth at `/oidc`.
    Workspace,
    /// The account's console: OAuth at `/oidc/accounts/<account id>`.
    Account,
    /// Both under one name: OAuth as for an account, `X-Databricks-Workspace-Id` chooses the workspace.
    Unified,
}

/// How long things take, in milliseconds of the workspace's clock.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delays {
    pub compute_start: Millis,
    pub compute_stop: Millis,
    pub app_delete: Millis,
    pub deployment: Millis,
    /// From `start` to the redeployment of the last source, which then shows as pending.
    pub redeploy_shows: Millis,
    pub update: Millis,
    /// No deployment is taken for this long after one that failed or was cancelled.
    pub busy_after_failure: Millis,
    /// Until grants and permissions know a new app's service principal.
    pub principal: Millis,
    /// A revoked token goes on working for this long.
    pub revocation: Millis,
}

impl Delays {
    /// What has been seen on the real platform.
    pub fn real() -> Delays {
        Delays {
            compute_start: 120_000,
            compute_stop: 10_000,
            app_delete: 20 * 60_000,
            deployment: 45_000,
            redeploy_shows: 2_000,
            update: 2_000,
            busy_after_failure: 10_000,
            principal: 20_000,
            revocation: 0,
        }
    }

    /// Everything `times` as fast.
    #[must_use]
    pub fn faster(&self, times: Millis) -> Delays {
        let times = times.max(1);
        Delays {
            compute_start: self.compute_start / times,
            compute_stop: self.compute_stop / times,
            app_delete: self.app_delete / times,
            deployment: self.deployment / times,
            redeploy_shows: self.redeploy_shows / times,
            update: self.update / times,
            busy_after_failure: self.busy_after_failure / times,
            principal: self.principal / times,
            revocation: self.revocation / times,
        }
    }
}

impl Default for Delays {
    /// A hundred times as fast as the platform.
    fn default() -> Delays {
        Delays::real().faster(100)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenRules {
    /// Personal access tokens can be made at all.
    pub enabled: bool,
    /// The workspace setting `maxTokenLifetimeDays`.
    pub max_lifetime_days: i64,
    /// Live tokens per principal.
    pub quota: usize,
    /// A token that was not used for so long is revoked.
    pub unused_days: i64,
    /// `token_id` is the SHA-256 of the token; the documentation says so without saying of what.
    pub id_is_hash: bool,
}

impl Default for TokenRules {
    fn default() -> TokenRules {
        TokenRules { enabled: true, max_lifetime_days: 730, quota: 600, unused_days: 90, id_is_hash: true }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OauthRules {
    /// Seconds.
    pub lifetime: i64,
    /// `expires_in` as a JSON string, as Databricks' own fake sends it.
    pub expires_in_as_text: bool,
    /// What an expired token is answered with.
    pub expired: ExpiredAnswer,
    /// How many secrets a service principal can have.
    pub secrets: usize,
}

impl Default for OauthRules {
    fn default() -> OauthRules {
        OauthRules {
            lifetime: 3600,
            expires_in_as_text: false,
            expired: ExpiredAnswer::Forbidden,
            secrets: 5,
        }
    }
}

/// All four have been seen for an expired OAuth token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiredAnswer {
    /// 403 "JWT has expired", integer code.
    Forbidden,
    /// 403 "Token is expiring within 30 seconds. (token expired)", integer code.
    Expiring,
    /// 401 "Token is expired".
    Unauthorized,
    /// 400 `ExpiredJwtException`.
    BadRequest,
}

/// How late a reader learns of a write to an app or a token. Counts reads, not time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Consistency {
    /// So many reads of a new app answer 404.
    pub missing_reads: u32,
    /// So many reads of a changed app show it as it was.
    pub stale_reads: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppUrl {
    /// `https://<name>-<workspace id>.aws.databricksapps.com`, where nobody answers.
    Platform,
    /// The same without its scheme, as some responses have it.
    Bare,
    /// `<this emulator>/_apps/<name>`, behind an imitation of the platform's proxy.
    Here,
}

/// Where requests to models go.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gateway {
    /// Requests below `/serving-endpoints/` and `/ai-gateway/` are passed on to this base URL, path and bearer included.
    pub forward_to: Option<String>,
    /// `/ai-gateway/*` and its probes exist in this workspace.
    pub ai_gateway: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            seed: 0,
            workspace_id: 7_474_653_000_000_001,
            account_id: "968367da-0000-4000-8000-7db0a2b1c3d4".to_owned(),
            host: HostStyle::Workspace,
            admin: "admin@example.com".to_owned(),
            delays: Delays::default(),
            page_size: 20,
            empty_pages: true,
            tokens: TokenRules::default(),
            oauth: OauthRules::default(),
            consistency: Consistency::default(),
            app_limit: 100,
            check_source: true,
            app_url: AppUrl::Here,
            app_upstreams: BTreeMap::new(),
            unknown_principal_status: 404,
            gateway: Gateway::default(),
            error_details: true,
        }
    }
}
