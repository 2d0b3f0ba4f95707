//! The settings file, the defaults and the errors people meet.

use coda::config::{Config, ConfigError, Flags, LogFormat, parse};

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

#[test]
fn the_platform_names_the_port() {
    let env = [("DATABRICKS_APP_PORT", "8080"), ("DATABRICKS_HOST", "https://w.example")];
    let config = load(&Flags::default(), &env).unwrap();
    assert_eq!(config.http.bind, "0.0.0.0:8080");
    assert!(!config.platform.is_local());
}
