//! The settings file, the defaults and the errors people meet.

use coda::config::{Config, ConfigError, Flags, LogFormat, UiMode, parse};
use coda::domain::access::Mode;

const FILE: &str = include_str!("../config/coda.toml");

fn load(flags: &Flags, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::load(flags, &|name| {
        env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn the_shipped_file_is_the_default() {
    assert_eq!(parse(FILE, "coda.toml").unwrap(), Config::default());
}

#[test]
fn the_shipped_file_names_every_key() {
    let given: toml::Table = FILE.parse().unwrap();
    let known = toml::Table::try_from(Config::default()).unwrap();
    assert_eq!(given, known);
}

#[test]
fn an_unknown_key_says_what_was_meant() {
    let error = parse("[http]\nbnid = \"x\"", "my.toml").unwrap_err();
    assert_eq!(error.to_string(), "unknown key `http.bnid` in my.toml; did you mean `http.bind`?");
    let error = parse("[htpp]\n", "my.toml").unwrap_err();
    assert_eq!(error.to_string(), "unknown key `htpp` in my.toml; did you mean `http`?");
}

#[test]
fn a_wrong_type_names_the_key() {
    let error = parse("[http]\nworkers = \"four\"", "my.toml").unwrap_err();
    assert_eq!(error.to_string(), "`http.workers` must be an integer, not a string (\"four\")");
}

#[test]
fn a_value_out_of_range_says_the_range() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("coda.toml");
    for (text, expected) in [
        ("[sessions]\nring_bytes = 70000", "choose a power of two"),
        ("[sessions]\nrows = 0", "rows must be between 1 and 1000"),
        ("[http]\nbind = \"nowhere\"", "give an IP address and a port"),
        ("[http]\nticket_seconds = 0", "choose a value from 1 to 300"),
    ] {
        std::fs::write(&path, text).unwrap();
        let flags = Flags { config: Some(path.clone()), ..Flags::default() };
        let error = load(&flags, &[]).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn flag_beats_environment_beats_file_beats_default() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("coda.toml");
    std::fs::write(&path, "[http]\nbind = \"127.0.0.1:1\"\n[log]\nformat = \"json\"").unwrap();
    let mut flags = Flags::default();
    assert_eq!(load(&flags, &[]).unwrap().http.bind, "127.0.0.1:8000");
    flags.config = Some(path);
    assert_eq!(load(&flags, &[]).unwrap().http.bind, "127.0.0.1:1");
    assert_eq!(load(&flags, &[]).unwrap().log.format, LogFormat::Json);
    let env = [("CODA_BIND", "127.0.0.1:2"), ("CODA_LOG", "text"), ("HOME", "/somewhere")];
    assert_eq!(load(&flags, &env).unwrap().http.bind, "127.0.0.1:2");
    assert_eq!(load(&flags, &env).unwrap().log.format, LogFormat::Text);
    assert_eq!(load(&flags, &env).unwrap().state_dir().to_str(), Some("/somewhere/.coda"));
    flags.bind = Some("127.0.0.1:3".to_owned());
    assert_eq!(load(&flags, &env).unwrap().http.bind, "127.0.0.1:3");
}

/// The service that came before died at its start when the number of sessions was no number.
#[test]
fn old_variables_keep_their_names() {
    for (value, expected) in [("3", 3), ("1", 1), ("0", 1), ("-7", 1), (" 12 ", 12)] {
        let config = load(&Flags::default(), &[("MAX_CONCURRENT_SESSIONS", value)]).unwrap();
        assert_eq!(config.sessions.max_sessions, expected, "{value:?}");
    }
    for (value, expected) in [("true", true), ("YES", true), ("1", true), ("off", false), ("", false)] {
        let config = load(&Flags::default(), &[("TMUX_ENABLED", value)]).unwrap();
        assert_eq!(config.sessions.tmux, expected, "{value:?}");
    }
    let env = [
        ("CODA_MEMORY_HIGH_WATERMARK_PERCENT", "90"),
        ("CODA_MEMORY_RESUME_THRESHOLD_PERCENT", "60"),
        ("CODA_BROWSER_SESSION_RESERVE_MB", "128"),
        ("CODA_CGROUP_V2_ROOT", "/elsewhere"),
    ];
    let memory = load(&Flags::default(), &env).unwrap().memory;
    assert_eq!((memory.high_percent, memory.resume_percent, memory.session_reserve_mb), (90, 60, 128));
    assert_eq!(memory.cgroup_root.to_str(), Some("/elsewhere"));
}

#[test]
fn an_old_variable_that_makes_no_sense_stops_the_start() {
    for (name, value, expected) in [
        ("MAX_CONCURRENT_SESSIONS", "many", "whole number"),
        ("MAX_CONCURRENT_SESSIONS", "1e3", "whole number"),
        ("MAX_CONCURRENT_SESSIONS", "1000000", "from 1 to 100000"),
        ("TMUX_ENABLED", "maybe", "`true` or `false`"),
        ("CODA_MEMORY_HIGH_WATERMARK_PERCENT", "101", "from 1 to 100"),
        ("CODA_MEMORY_RESUME_THRESHOLD_PERCENT", "81", "from 1 to 80"),
        ("CODA_BROWSER_SESSION_RESERVE_MB", "-1", "not negative"),
    ] {
        let error = load(&Flags::default(), &[(name, value)]).unwrap_err().to_string();
        assert!(error.contains(expected), "{name}={value}: {error}");
    }
}

#[test]
fn the_page_begins_as_the_variable_says() {
    let mode = |value| load(&Flags::default(), &[("TERMINAL_MODE", value)]).map(|config| config.ui.mode);
    assert_eq!(load(&Flags::default(), &[]).unwrap().ui.mode, UiMode::Tabs);
    for (value, expected) in
        [("tabs", UiMode::Tabs), ("grid", UiMode::Grid), (" GRID ", UiMode::Grid), ("", UiMode::Tabs)]
    {
        assert_eq!(mode(value), Ok(expected), "{value:?}");
    }
    let error = mode("windows").unwrap_err().to_string();
    assert!(error.contains("TERMINAL_MODE") && error.contains("`tabs` or `grid`"), "{error}");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("coda.toml");
    std::fs::write(&path, "[ui]\nmode = \"grid\"").unwrap();
    let flags = Flags { config: Some(path), ..Flags::default() };
    assert_eq!(load(&flags, &[]).unwrap().ui.mode, UiMode::Grid);
    assert_eq!(
        load(&flags, &[("TERMINAL_MODE", "tabs")]).unwrap().ui.mode,
        UiMode::Tabs,
        "the variable wins"
    );
}

#[test]
fn there_is_a_gateway_where_there_is_a_workspace() {
    let address = |env: &[(&str, &str)]| {
        load(&Flags::default(), env).map(|config| config.gateway_address().map(|address| address.to_string()))
    };
    let host = ("DATABRICKS_HOST", "https://w.example");
    assert_eq!(address(&[]), Ok(None));
    assert_eq!(address(&[("PROXY_PORT", "4000"), host]), Ok(Some("127.0.0.1:4000".to_owned())));
    assert_eq!(address(&[("GATEWAY_MODE", "Direct"), host]), Ok(None));
    for (name, value, expected) in [
        ("GATEWAY_MODE", "proxy", "`gateway` or `direct`"),
        ("PROXY_PORT", "70000", "from 0 to 65535"),
        ("PROXY_PORT", "http", "whole number"),
    ] {
        let error = load(&Flags::default(), &[(name, value)]).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(expected), "{error}");
    }
}

#[test]
fn traces_are_off_until_somebody_turns_them_on() {
    let traces = |env: &[(&str, &str)]| load(&Flags::default(), env).unwrap().traces;
    assert!(!traces(&[]).enabled);
    let given = traces(&[
        ("MLFLOW_TRACING_ENABLED", "true"),
        ("MLFLOW_TRACKING_URI", "databricks"),
        ("PROXY_TRACE_CONTENT", "no"),
        ("MLFLOW_TRACKING_TOKEN", "x"),
    ]);
    assert_eq!((given.enabled, given.contents, given.tracking_uri.as_str()), (true, false, "databricks"));
    assert!(given.token.is_some());
    let error = load(&Flags::default(), &[("MLFLOW_TRACING_ENABLED", "maybe")]).unwrap_err().to_string();
    assert!(error.contains("MLFLOW_TRACING_ENABLED"), "{error}");
}

#[test]
fn the_platform_names_the_port() {
    let env = [("DATABRICKS_APP_PORT", "8080"), ("DATABRICKS_HOST", "https://w.example")];
    let config = load(&Flags::default(), &env).unwrap();
    assert_eq!(config.http.bind, "0.0.0.0:8080");
    assert!(!config.platform.is_local());
}

/// The service that came before took a mode that it did not know for the one that lets everybody in.
#[test]
fn a_mode_that_does_not_exist_is_no_mode() {
    let mode = |env: &[(&str, &str)]| load(&Flags::default(), env).map(|config| config.access.mode);
    assert_eq!(mode(&[]), Ok(Mode::Owner));
    assert_eq!(mode(&[("CODA_AUTH_MODE", " allowlist ")]), Ok(Mode::Allowlist));
    assert_eq!(mode(&[("CODA_AUTH_MODE", "workspace")]), Ok(Mode::Workspace));
    let error = mode(&[("CODA_AUTH_MODE", "workspce")]).unwrap_err().to_string();
    assert!(
        error.contains("CODA_AUTH_MODE") && error.contains("`owner`, `allowlist` or `workspace`"),
        "{error}"
    );
    let error = parse("[access]\nmode = \"everybody\"", "my.toml").unwrap_err().to_string();
    assert!(error.contains("everybody") && error.contains("workspace"), "{error}");
}

#[test]
fn lists_of_people_come_from_the_first_variable_that_says_something() {
    let access = |env: &[(&str, &str)]| load(&Flags::default(), env).unwrap().access;
    let both = [("CONTROL_TOWER_AUTHORIZED_EMAILS", "a@x.com, b@x.com"), ("AUTHORIZED_EMAILS", "c@x.com")];
    assert_eq!(access(&both).allow, ["a@x.com", "b@x.com"]);
    let blank = [("CONTROL_TOWER_AUTHORIZED_EMAILS", " "), ("AUTHORIZED_EMAILS", "c@x.com")];
    assert_eq!(access(&blank).allow, ["c@x.com"]);
    let single = [("AUTHORIZED_EMAILS", "c@x.com"), ("DATABRICKS_APP_AUTHORIZED_EMAIL", "d@x.com")];
    assert_eq!(access(&single).allow, ["c@x.com", "d@x.com"]);
    assert_eq!(access(&[("CODA_ADMINS", "a@x.com,b@x.com")]).admins, ["a@x.com", "b@x.com"]);
}

#[test]
fn copies_in_the_workspace_are_turned_off_by_old_variables() {
    let sync = |env: &[(&str, &str)]| {
        load(&Flags::default(), env).map(|config| (config.sync.projects, config.sync.state))
    };
    assert_eq!(sync(&[]), Ok((true, true)));
    assert_eq!(sync(&[("WORKSPACE_SYNC", "false")]), Ok((false, true)));
    assert_eq!(sync(&[("STATE_SYNC", "0")]), Ok((true, false)));
    assert!(sync(&[("STATE_SYNC", "perhaps")]).is_err());
    let platform = |env: &[(&str, &str)]| load(&Flags::default(), env).unwrap().platform;
    let fleet = platform(&[("CODA_INSTANCE_NAME", "w-7"), ("DATABRICKS_APP_NAME", "app")]);
    assert_eq!((fleet.instance.as_str(), fleet.is_fleet), ("w-7", true));
    let single = platform(&[("DATABRICKS_APP_NAME", "app")]);
    assert_eq!((single.instance.as_str(), single.is_fleet), ("app", false));
}
