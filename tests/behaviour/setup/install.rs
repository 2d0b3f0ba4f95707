//! What is fetched and installed: whole and as published, or not at all.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{Machine, step_of};
use crate::support::{Page, arch, archive, sha256};

/// Only this step; the others of ours that fetch are off the table.
const NO_RETRY: &str = "[[step]]\nid = \"gh\"\nretries = 0\n";

#[tokio::test]
async fn a_first_start_installs_what_is_published_and_a_second_changes_nothing() {
    let mut machine = Machine::new().await;
    machine.registry.publish_gh();
    machine.registry.publish_node("97.1.0");
    machine.set("NODE_MIN_MAJOR", "97");
    let daemon = machine.start().await;
    daemon.begin().await;
    let setup = daemon.until_settled().await;
    let (gh, node) = (step_of(&setup, "gh"), step_of(&setup, "node"));
    assert_eq!((&gh["status"], &gh["version"]), (&"complete".into(), &"2.9.0".into()), "{gh:#}");
    assert_eq!((&node["status"], &node["version"]), (&"complete".into(), &"97.1.0".into()), "{node:#}");
    let said = |name: &str, argument: &str| {
        let output = Command::new(machine.bin(name)).arg(argument).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(
        said("gh", "--version").starts_with("gh version 2.9.0"),
        "through the script that stands before it"
    );
    assert_eq!(said("gh.real", "status"), "gh got: status\n");
    assert_eq!(said("node", "--version"), "v97.1.0\n");
    assert_eq!(std::fs::metadata(machine.bin("gh")).unwrap().permissions().mode() & 0o777, 0o755);
    machine.assert_tidy();

    let (before, asked) = (machine.files(".local"), machine.registry.asked().len());
    daemon.begin().await;
    let setup = daemon.until_settled().await;
    assert_eq!(step_of(&setup, "gh")["status"], "skipped", "it is there");
    assert_eq!(step_of(&setup, "gh")["reason"], "version 2.9.0 is installed");
    assert_eq!(step_of(&setup, "node")["status"], "skipped");
    assert_eq!(machine.files(".local"), before, "contents and times");
    let fetched = machine.registry.asked()[asked..]
        .iter()
        .any(|path| path.contains("cli/cli") || path.contains("/dist/"));
    assert!(!fetched, "nobody was asked");
}

#[tokio::test]
async fn gh_signs_in_with_a_code_and_without_menus() {
    let machine = Machine::new().await;
    machine.registry.publish_gh();
    let daemon = machine.start().await;
    daemon.begin().await;
    daemon.until_step("gh", "complete").await;
    let gh = |arguments: &[&str]| {
        let output = Command::new(machine.bin("gh")).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let said = gh(&["auth", "login", "--scopes", "repo"]);
    assert!(said.contains("gh got: config set git_protocol https"), "{said}");
    assert!(said.contains("--web --skip-ssh-key --scopes repo"), "{said}");
    assert_eq!(gh(&["auth", "login", "--with-token"]), "gh got: auth login --with-token\n");
    assert_eq!(gh(&["pr", "list"]), "gh got: pr list\n");
}

/// B-50, B-57: the Python daemon called a step complete without its program, and checked nothing that it fetched.
#[tokio::test]
async fn what_is_fetched_wrong_is_an_error_that_says_so_and_leaves_nothing() {
    let folder = format!("gh_2.9.0_{}", arch("linux_amd64", "linux_arm64"));
    let file = format!("{folder}.tar.gz");
    let list = "/cli/cli/releases/download/v2.9.0/gh_2.9.0_checksums.txt";
    let other = archive(&[("other", "nothing")]);
    let other_list = format!("{}  {file}\n", sha256(&other));
    let address = format!("/cli/cli/releases/download/v2.9.0/{file}");
    let whole = archive(&[(&format!("{folder}/bin/gh"), &"x".repeat(50_000))]);
    let pages: Vec<(&str, Vec<(&str, Page)>)> = vec![
        ("is not what was published: its SHA-256 is", vec![(&address, Page::of(other.clone()))]),
        ("broke off after", vec![(&address, Page::of(whole.clone()).cut(whole.len() / 2))]),
        ("does not exist; check the version and the mirror", vec![(&address, Page::status("404 Not Found"))]),
        ("does not say what", vec![(list, Page::status("404 Not Found"))]),
        ("does not say what", vec![(list, Page::of("<html>please sign in</html>"))]),
        ("is not in the archive", vec![(&address, Page::of(other)), (list, Page::of(other_list))]),
        ("answered 500", vec![(&address, Page::status("500 Oops"))]),
        ("refuses us (403", vec![(&address, Page::status("403 Forbidden"))]),
    ];
    for (said, changes) in pages {
        let machine = Machine::new().await;
        machine.steps(NO_RETRY);
        machine.registry.publish_gh();
        for (path, page) in changes {
            machine.registry.put(path, page);
        }
        let daemon = machine.start().await;
        daemon.begin().await;
        let step = daemon.until_step("gh", "error").await;
        let error = step["error"].as_str().unwrap();
        assert!(error.contains(said), "{said}: {error}");
        assert!(!machine.bin("gh").exists() && !machine.bin("gh.real").exists(), "{said}");
        machine.assert_tidy();
        assert_eq!(daemon.until_settled().await["status"], "error");
    }
}

#[tokio::test]
async fn a_server_that_has_enough_of_us_is_asked_later_and_another_way() {
    let machine = Machine::new().await;
    let address = machine.registry.publish_gh();
    let busy = Page::status("429 Too Many Requests").header("Retry-After", "1");
    machine.registry.put(&address, busy.times(2));
    let quota =
        Page::status("403 Forbidden").header("x-ratelimit-remaining", "0").header("x-ratelimit-reset", "0");
    machine.registry.put("/repos/cli/cli/releases/latest", quota);
    let there =
        Page::status("302 Found").header("Location", "https://github.com/cli/cli/releases/tag/v2.9.0");
    machine.registry.put("/cli/cli/releases/latest", there);
    let daemon = machine.start().await;
    daemon.begin().await;
    let step = daemon.until_step("gh", "complete").await;
    assert_eq!((&step["version"], &step["attempts"]), (&"2.9.0".into(), &3.into()), "{step:#}");
    let log = step["log"].to_string();
    assert!(log.contains("GITHUB_RELEASE_MIRROR") && log.contains("asking the page"), "{log}");
}

#[tokio::test]
async fn a_download_that_hangs_ends_with_its_time() {
    let machine = Machine::new().await;
    machine.steps("[[step]]\nid = \"gh\"\nretries = 0\ntimeout_seconds = 1\n");
    let address = machine.registry.publish_gh();
    machine.registry.put(&address, Page::hanging());
    let daemon = machine.start().await;
    daemon.begin().await;
    let step = daemon.until_step("gh", "error").await;
    assert!(step["error"].as_str().unwrap().contains("did not end within 1 s"), "{step:#}");
    machine.assert_tidy();
}

/// B-51: an invalid mirror was an exception that nobody caught, and the setup ran for ever.
#[tokio::test]
async fn an_invalid_mirror_is_the_error_of_its_steps_and_holds_nobody_else_up() {
    let mut machine = Machine::new().await;
    machine.set("GITHUB_RELEASE_MIRROR", "https://mirror.example/$(touch pwned)");
    machine.set("NPM_REGISTRY", "mirror.example");
    machine.set("ENABLE_CODEX", "true");
    let daemon = machine.start().await;
    daemon.begin().await;
    let setup = daemon.until_settled().await;
    assert_eq!(setup["status"], "error");
    let gh = step_of(&setup, "gh");
    assert!(
        gh["error"].as_str().unwrap().starts_with("GITHUB_RELEASE_MIRROR is no usable address"),
        "{gh:#}"
    );
    assert_eq!(gh["attempts"], 1, "it does not get better by itself");
    let registries = step_of(&setup, "registries");
    assert!(
        registries["error"].as_str().unwrap().starts_with("NPM_REGISTRY is no usable address"),
        "{registries:#}"
    );
    let codex = step_of(&setup, "codex");
    assert_eq!(codex["status"], "skipped");
    assert!(codex["reason"].as_str().unwrap().contains("did not work"), "{codex:#}");
    for id in ["git", "editors", "projects"] {
        assert_ne!(step_of(&setup, id)["status"], "error", "{id}");
    }
    assert!(!machine.home.join("pwned").exists());
}

/// An agent is a file; of its versions the highest is taken that is stable and old enough (B-58). Needs Node and npm.
#[tokio::test]
async fn an_agent_comes_from_npm_in_a_version_that_is_old_enough() {
    let machine = Machine::new().await;
    let fresh = (chrono::Utc::now() - chrono::TimeDelta::days(1)).to_rfc3339();
    let versions = [
        ("1.9.9", "2026-01-20T00:00:00.000Z"),
        ("2.1.0", "2026-01-02T00:00:00.000Z"),
        ("2.2.0-beta.1", "2026-01-03T00:00:00.000Z"),
        ("2.3.0", fresh.as_str()),
        ("0.0.0-dev-20260101", "2026-01-25T00:00:00.000Z"),
    ];
    machine.registry.publish_npm("made-up", &versions);
    std::fs::create_dir_all(machine.home.join(".coda/agents")).unwrap();
    let file = "label = \"Made Up\"\n[install]\nkind = \"npm\"\npackage = \"made-up\"\nbinary = \"made-up\"\nneeds = [\"registries\", \"node\"]\n";
    std::fs::write(machine.home.join(".coda/agents/made-up.toml"), file).unwrap();
    let daemon = machine.start().await;
    let row = async || {
        let (_, body) = daemon.get("/api/agents").await;
        let agents = body["agents"].as_array().unwrap().clone();
        agents.into_iter().find(|agent| agent["id"] == "made-up").unwrap()
    };
    assert_eq!(row().await["installed"], false);
    daemon.begin().await;
    let step = daemon.until_step("made-up", "complete").await;
    assert_eq!(step["version"], "2.1.0", "{step:#}");
    let agent = row().await;
    assert_eq!(
        (&agent["installed"], &agent["version"], &agent["label"]),
        (&true.into(), &"2.1.0".into(), &"Made Up".into())
    );
    assert_eq!(agent["command"], serde_json::json!(["made-up"]));
    let output = Command::new(machine.bin("made-up")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "made-up 2.1.0\n");

    // A newer one comes when it is asked for, and what runs from the older keeps its files.
    let before = machine.files(".local/share/coda/tools/made-up/2.1.0");
    machine.registry.publish_npm("made-up", &[("2.4.0", "2026-02-01T00:00:00.000Z")]);
    assert_eq!(daemon.order("retry", "made-up").await.0, 200);
    let step = daemon.until_step("made-up", "complete").await;
    assert_eq!(step["version"], "2.4.0", "{step:#}");
    assert_eq!(machine.files(".local/share/coda/tools/made-up/2.1.0"), before);

    // A package that is not what was published is not installed.
    machine.registry.publish_npm("made-up", &[("2.5.0", "2026-03-01T00:00:00.000Z")]);
    machine
        .registry
        .put("/made-up/-/made-up-2.5.0.tgz", Page::of(archive(&[("package/package.json", "{}")])));
    daemon.order("retry", "made-up").await;
    let step = daemon.until_step("made-up", "error").await;
    assert!(step["log"].to_string().contains("EINTEGRITY"), "{step:#}");
    assert_eq!(row().await["version"], "2.4.0", "the other one is still there");
    machine.assert_tidy();
}

#[tokio::test]
async fn npm_learns_its_registry_and_the_rest_of_its_file_stays() {
    let mut machine = Machine::new().await;
    machine.set("NPM_TOKEN", "npm_0123456789abcdefghij");
    std::fs::write(machine.home.join(".npmrc"), "save-exact=true\n").unwrap();
    let daemon = machine.start().await;
    daemon.begin().await;
    let step = daemon.until_step("registries", "complete").await;
    let path = machine.home.join(".npmrc");
    let text = std::fs::read_to_string(&path).unwrap();
    let host = machine.registry.url.strip_prefix("http:").unwrap();
    assert_eq!(
        text,
        format!(
            "save-exact=true\nregistry={}/\n{host}/:_authToken=npm_0123456789abcdefghij\nalways-auth=true\n",
            machine.registry.url
        )
    );
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(step["log"].to_string().contains("NPM_TOKEN = ***"), "{step:#}");
    for text in [daemon.setup().await.to_string(), daemon.log()] {
        assert!(!text.contains("npm_0123456789"), "{text}");
    }
    let daemon_pid = daemon.daemon_pid().unwrap();
    let environ = std::fs::read(format!("/proc/{daemon_pid}/environ")).unwrap_or_default();
    assert!(!String::from_utf8_lossy(&environ).contains("npm_0123456789"));
}

/// What a person has of their own is left alone.
#[tokio::test]
async fn a_program_of_ones_own_is_not_replaced() {
    let machine = Machine::new().await;
    machine.registry.publish_gh();
    std::fs::create_dir_all(machine.home.join(".local/bin")).unwrap();
    std::fs::write(machine.bin("gh.real"), "mine").unwrap();
    let daemon = machine.start().await;
    daemon.begin().await;
    let step = daemon.until_step("gh", "skipped").await;
    assert!(step["reason"].as_str().unwrap().contains("left alone"), "{step:#}");
    assert_eq!(std::fs::read_to_string(machine.bin("gh.real")).unwrap(), "mine");
}
