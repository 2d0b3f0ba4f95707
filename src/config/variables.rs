//! Environment variables that older installations know, under their old names. They win over the file.
//!
//! A value that cannot be read stops the start and names the variable: it never turns a limit off.

use std::path::PathBuf;

use super::{Access, Config, ConfigError, GatewayMode, Platform, UiMode};
use crate::domain::access::Mode;
use crate::domain::secret::Secret;
use crate::domain::setup::Profile;
use crate::domain::setup::enterprise::Enterprise;

/// `set` gives a variable that is there and not empty.
pub(super) fn apply(config: &mut Config, set: &dyn Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
    if let Some(url) = set("CODA_APP_URL") {
        config.http.public_url = url;
    }
    // Zero and less have always meant one.
    if let Some(most) = number("MAX_CONCURRENT_SESSIONS", set)? {
        config.sessions.max_sessions = usize::try_from(most).unwrap_or(1).max(1);
    }
    if let Some(on) = switch("TMUX_ENABLED", set)? {
        config.sessions.tmux = on;
    }
    if let Some(on) = switch("CODA_SHELL_INTEGRATION", set)? {
        config.sessions.shell_integration = on;
    }
    if let Some(percent) = count("CODA_MEMORY_HIGH_WATERMARK_PERCENT", set)? {
        config.memory.high_percent = percent;
    }
    if let Some(percent) = count("CODA_MEMORY_RESUME_THRESHOLD_PERCENT", set)? {
        config.memory.resume_percent = percent;
    }
    if let Some(megabytes) = count("CODA_BROWSER_SESSION_RESERVE_MB", set)? {
        config.memory.session_reserve_mb = megabytes;
    }
    if let Some(root) = set("CODA_CGROUP_V2_ROOT") {
        config.memory.cgroup_root = PathBuf::from(root);
    }
    // Older versions took parts of names, too, and every host when there was none.
    if let Some(hosts) = set("GIT_TOKEN_HOST") {
        config.git.hosts = hosts.split(',').map(|host| host.trim().to_owned()).collect();
    }
    config.git.token = set("GIT_TOKEN").map(Secret::new);
    if let Some(seconds) = count("PAT_ROTATION_INTERVAL", set)? {
        config.credentials.rotation_seconds = seconds;
    }
    if let Some(seconds) = count("PAT_TOKEN_LIFETIME", set)? {
        config.credentials.lifetime_seconds = seconds;
    }
    if let Some(value) = set("GATEWAY_MODE") {
        config.gateway.mode = gateway_mode(value)?;
    }
    if let Some(host) = set("DATABRICKS_GATEWAY_HOST") {
        config.gateway.host = host;
    }
    if let Some(port) = count("PROXY_PORT", set)? {
        let wrong = |_| ConfigError::Invalid {
            key: "PROXY_PORT",
            value: port.to_string(),
            remedy: "choose a value from 0 to 65535".to_owned(),
        };
        config.gateway.port = u16::try_from(port).map_err(wrong)?;
    }
    setup(config, set)?;
    if let Some(most) = number("CODA_MAX_CONCURRENT", set)? {
        config.tasks.concurrent = usize::try_from(most).unwrap_or(1).max(1);
    }
    if let Some(seconds) = count("CODA_TASK_TTL", set)? {
        config.tasks.keep_seconds = seconds;
    }
    if let Some(on) = switch("WORKSPACE_SYNC", set)? {
        config.sync.projects = on;
    }
    if let Some(on) = switch("STATE_SYNC", set)? {
        config.sync.state = on;
    }
    traces(config, set)?;
    if let Some(value) = set("TERMINAL_MODE") {
        config.ui.mode = terminal_mode(value)?;
    }
    people(&mut config.access, set)
}

fn traces(config: &mut Config, set: &dyn Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
    if let Some(on) = switch("MLFLOW_TRACING_ENABLED", set)? {
        config.traces.enabled = on;
    }
    if let Some(uri) = set("MLFLOW_TRACKING_URI") {
        config.traces.tracking_uri = uri;
    }
    if let Some(on) = switch("PROXY_TRACE_CONTENT", set)? {
        config.traces.contents = on;
    }
    config.traces.token = set("MLFLOW_TRACKING_TOKEN").map(Secret::new);
    Ok(())
}

fn setup(config: &mut Config, set: &dyn Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
    let setup = &mut config.setup;
    if let Some(value) = set("CODA_PROFILE") {
        setup.profile = match value.to_ascii_lowercase().as_str() {
            "full" => Profile::Full,
            "lab" => Profile::Lab,
            _ => {
                let remedy = "say `full` or `lab`".to_owned();
                return Err(ConfigError::Invalid {
                    key: "CODA_PROFILE",
                    value: format!("{value:?}"),
                    remedy,
                });
            }
        };
    }
    if let Some(days) = count("NPM_MIN_RELEASE_AGE_DAYS", set)? {
        setup.npm_min_release_age_days = days;
    }
    if let Some(version) = set("NODE_VERSION") {
        setup.node_version = version.strip_prefix('v').map_or(version.clone(), str::to_owned);
    }
    if let Some(major) = count("NODE_MIN_MAJOR", set)? {
        setup.node_min_major = major;
    }
    if let Some(list) = set("GIT_REPOS") {
        setup.repositories = list.split(',').map(|one| one.trim().to_owned()).collect();
    }
    setup.enterprise = Enterprise::read(set, config.platform.databricks_host.as_deref());
    Ok(())
}

/// What the platform, or whoever deploys us there, says in variables alone.
pub(super) fn platform(set: &dyn Fn(&str) -> Option<String>) -> Result<Platform, ConfigError> {
    let app_name = set("DATABRICKS_APP_NAME");
    let labels = set("DATABRICKS_APP_URL").map(|url| {
        let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
        host.split(['.', '/', ':']).next().unwrap_or_default().to_owned()
    });
    let fleet = set("CODA_INSTANCE_NAME");
    let is_fleet = fleet.is_some();
    let named = fleet.or_else(|| app_name.clone());
    let instance =
        named.or_else(|| set("DATABRICKS_APPS_APP_NAME")).or(labels).filter(|name| !name.is_empty());
    Ok(Platform {
        databricks_host: set("DATABRICKS_HOST"),
        workspace_id: set("DATABRICKS_WORKSPACE_ID"),
        owner_email: set("APP_OWNER_EMAIL"),
        is_app: app_name.is_some() || set("DATABRICKS_APP_PORT").is_some(),
        app_name,
        instance: instance.unwrap_or_else(|| "coda".to_owned()),
        is_fleet,
        token: set("DATABRICKS_TOKEN").map(Secret::new),
        machine: set("DATABRICKS_CLIENT_ID").zip(set("DATABRICKS_CLIENT_SECRET").map(Secret::new)),
        by_machine: switch("CODA_USE_M2M", set)?.unwrap_or(false),
        bootstrap: set("CODA_BOOTSTRAP_SECRET").map(Secret::new),
    })
}

fn gateway_mode(value: String) -> Result<GatewayMode, ConfigError> {
    match value.to_ascii_lowercase().as_str() {
        "gateway" => Ok(GatewayMode::Gateway),
        "direct" => Ok(GatewayMode::Direct),
        _ => Err(ConfigError::Invalid {
            key: "GATEWAY_MODE",
            value,
            remedy: "say `gateway` or `direct`".to_owned(),
        }),
    }
}

fn terminal_mode(value: String) -> Result<UiMode, ConfigError> {
    match value.to_ascii_lowercase().as_str() {
        "tabs" => Ok(UiMode::Tabs),
        "grid" => Ok(UiMode::Grid),
        _ => Err(ConfigError::Invalid {
            key: "TERMINAL_MODE",
            value,
            remedy: "say `tabs` or `grid`".to_owned(),
        }),
    }
}

/// A list replaces the one in the file; the single address adds to either.
fn people(access: &mut Access, set: &dyn Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
    if let Some(value) = set("CODA_AUTH_MODE") {
        let remedy = "say `owner`, `allowlist` or `workspace`".to_owned();
        let wrong = ConfigError::Invalid { key: "CODA_AUTH_MODE", value: format!("{value:?}"), remedy };
        access.mode = Mode::parse(&value).ok_or(wrong)?;
    }
    let list = |name| set(name).map(|text| text.split(',').map(|one| one.trim().to_owned()).collect());
    if let Some(allow) = list("CONTROL_TOWER_AUTHORIZED_EMAILS").or_else(|| list("AUTHORIZED_EMAILS")) {
        access.allow = allow;
    }
    access.allow.extend(set("DATABRICKS_APP_AUTHORIZED_EMAIL"));
    if let Some(admins) = list("CODA_ADMINS") {
        access.admins = admins;
    }
    Ok(())
}

fn number(name: &'static str, set: &dyn Fn(&str) -> Option<String>) -> Result<Option<i64>, ConfigError> {
    let Some(value) = set(name) else { return Ok(None) };
    let wrong = |_| ConfigError::Invalid {
        key: name,
        value: value.clone(),
        remedy: "give a whole number".to_owned(),
    };
    value.parse().map(Some).map_err(wrong)
}

/// A number that is not negative.
fn count(name: &'static str, set: &dyn Fn(&str) -> Option<String>) -> Result<Option<u64>, ConfigError> {
    let Some(value) = number(name, set)? else { return Ok(None) };
    let wrong = |_| ConfigError::Invalid {
        key: name,
        value: value.to_string(),
        remedy: "give a number that is not negative".to_owned(),
    };
    u64::try_from(value).map(Some).map_err(wrong)
}

fn switch(name: &'static str, set: &dyn Fn(&str) -> Option<String>) -> Result<Option<bool>, ConfigError> {
    let Some(value) = set(name) else { return Ok(None) };
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(Some(true)),
        "false" | "0" | "no" | "off" => Ok(Some(false)),
        _ => Err(ConfigError::Invalid { key: name, value, remedy: "say `true` or `false`".to_owned() }),
    }
}
