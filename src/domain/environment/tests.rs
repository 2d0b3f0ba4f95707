use std::os::unix::ffi::OsStringExt;

use super::*;
use proptest::prelude::*;

/// Stands in every value that must not pass; nothing else holds it.
const PLANTED: &str = "hunter2xyzzy";

fn built(parent: &[(&str, &str)]) -> Environment {
    Environment::from_parent(parent.iter().map(|(name, value)| (name.into(), value.into())), "/home/ann")
}

#[test]
fn the_terminal_locale_and_path_are_set() {
    let variables = built(&[("PATH", "/bin"), ("LANG", "POSIX"), ("TERM", "dumb"), ("LC_TIME", "de_DE")]);
    assert_eq!(variables.get("PATH"), Some("/home/ann/.local/bin:/bin"));
    assert_eq!(variables.get("TERM"), Some("xterm-256color"));
    assert_eq!(variables.get("LANG"), Some("C.UTF-8"));
    assert_eq!(variables.get("LC_TIME"), Some("de_DE"));
    assert_eq!(variables.get("HOME"), Some("/home/ann"));
    assert_eq!(built(&[("LANG", "en_GB.UTF-8")]).get("LANG"), Some("en_GB.UTF-8"));
}

/// B-43: upstream let registry credentials, `GIT_TOKEN` and passwords of proxies into the terminals: it named what
/// must not pass, and forgot.
#[test]
fn credentials_never_pass() {
    for (name, value) in [
        ("DATABRICKS_TOKEN", "dapi"),
        ("GIT_TOKEN", "x"),
        ("UV_INDEX_PASSWORD", "x"),
        ("UV_INDEX_CORP_PASSWORD", "x"),
        ("UV_EXTRA_INDEX_URL", "https://pypi.example"),
        ("npm_config__authToken", "x"),
        ("NPM_TOKEN", "x"),
        ("NPM_REGISTRY", "https://ann:pw@npm.example/"),
        ("HTTPS_PROXY", "http://ann:pw@proxy:80/"),
        ("https_proxy", "ann:pw@proxy:80"),
        ("http_proxy", "http://ann:p/w@proxy:80"),
        ("NO_PROXY", "localhost,http://ann@proxy"),
        ("ENABLE_API_KEY", "x"),
        ("ENABLE_THING", "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
        ("LC_PASSWD", "x"),
        ("CLAUDECODE", "1"),
    ] {
        assert_eq!(built(&[(name, value)]).get(name), None, "{name}={value}");
    }
    for (name, value) in [
        ("HTTPS_PROXY", "http://proxy:80/"),
        ("http_proxy", "http://[::1]:3128"),
        ("NO_PROXY", "localhost,127.0.0.1,.example"),
        ("NPM_REGISTRY", "https://npm.example/@scope/"),
        ("PATH", "/home/ann/.local/bin:/opt/node@22/bin"),
    ] {
        assert_eq!(built(&[(name, value)]).get(name), Some(value));
    }
}

/// The daemon ended at its start where a parent's variable was not UTF-8.
#[test]
fn what_is_not_utf8_does_not_pass() {
    let odd = || OsString::from_vec(vec![b'a', 0xff]);
    let parent = [("EDITOR".into(), odd()), (odd(), "x".into()), ("PAGER".into(), "less".into())];
    let variables = Environment::from_parent(parent, "/home/ann");
    assert_eq!(variables.get("EDITOR"), None);
    assert_eq!(variables.get("PAGER"), Some("less"));
}

#[test]
fn a_session_gets_our_variables_and_no_others() {
    let base = built(&[("ZDOTDIR", "/home/ann/z")]);
    let own = [("CODA_SESSION_ID", "one"), ("ZDOTDIR", "/ours"), ("GIT_TOKEN", "x")];
    let variables = base.with(own.map(|(name, value)| (name, value.to_owned())));
    let get = |wanted: &str| -> Vec<&str> {
        variables.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(get("CODA_SESSION_ID"), ["one"]);
    assert_eq!(get("ZDOTDIR"), ["/ours"]);
    assert!(get("GIT_TOKEN").is_empty());
    let sounds_like_one: Vec<&&str> = OWN.iter().filter(|name| looks_like_credential(name)).collect();
    assert_eq!(
        sounds_like_one,
        [&"CODA_SESSION_ID"],
        "a name of ours that sounds like a credential needs a review"
    );
}

/// Names that may pass, sound like a credential, or are anything at all.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(ALLOWED).prop_map(str::to_owned),
        "(ENABLE_|LC_)[A-Za-z_]{0,12}",
        "[A-Za-z_]{1,20}",
    ]
}

fn bad_name() -> impl Strategy<Value = String> {
    let part = prop::sample::select(SUSPICIOUS);
    (prop_oneof![Just("ENABLE_"), Just("LC_"), Just("NPM_"), Just("")], part, "[A-Z_]{0,4}", any::<bool>())
        .prop_map(|(before, part, after, lower)| {
            let part = if lower { part.to_lowercase() } else { part.to_owned() };
            format!("{before}{part}{after}")
        })
}

/// Anywhere in a value, such as in a list.
fn bad_value() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(&["http", "https", "socks5h", "ftp", "HTTP", "git+ssh"][..]);
    let user = prop_oneof![Just(String::new()), "[a-z0-9.%_-]{1,8}:".prop_map(|user| user)];
    (".{0,12}[, ;|]?", scheme, user, "[a-z0-9.%_:-]{0,4}", "[a-z.]{1,9}(:[0-9]{1,4})?", ".{0,12}").prop_map(
        |(before, scheme, user, more, host, after)| {
            format!("{before}{scheme}://{user}{PLANTED}{more}@{host}{after}")
        },
    )
}

#[test]
fn what_the_gateway_gives_comes_on_top() {
    let given = vec![("CODA_GATEWAY_KEY".to_owned(), "k".to_owned()), ("LANG".to_owned(), "x".to_owned())];
    let variables = built(&[("LANG", "C.UTF-8")]).with_given([("CODA_SESSION_ID", "one".to_owned())], given);
    let value = |name: &str| -> Vec<&str> {
        variables.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(
        (value("CODA_GATEWAY_KEY"), value("LANG"), value("CODA_SESSION_ID")),
        (vec!["k"], vec!["x"], vec!["one"])
    );
}

proptest! {
    #[test]
    fn whatever_the_parent_has(
        parent in prop::collection::vec(
            prop_oneof![
                (name(), ".{0,30}"),
                (bad_name(), Just(PLANTED.to_owned())),
                (name(), bad_value()),
            ],
            0..40,
        ),
    ) {
        let parent = parent.into_iter().map(|(name, value)| (name.into(), value.into()));
        let variables = Environment::from_parent(parent, "/home/ann").with([("CODA_SESSION_ID", "one".to_owned())]);
        for (name, value) in variables {
            prop_assert!(!value.contains(PLANTED), "{name}={value}");
            prop_assert!(!looks_like_credential(&name) || name == "CODA_SESSION_ID", "{name}");
            prop_assert!(!value.contains('\0') && !name.contains(['\0', '=']));
        }
    }
}
