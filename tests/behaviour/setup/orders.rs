//! What people say: begin, again, without it, stop; and what they are told.

use serde_json::json;

use super::{Machine, script, step_of};
use crate::support::{Daemon, coda, command, ended, until};

/// On somebody's own machine nothing is installed unasked.
#[tokio::test]
async fn nothing_begins_before_somebody_asks() {
    let machine = Machine::new().await;
    let daemon = machine.start().await;
    let (_, version) = daemon.get("/api/version").await;
    assert!(version["parts"].as_array().unwrap().contains(&json!("setup")), "{version}");
    let setup = daemon.setup().await;
    assert_eq!(
        (&setup["status"], &setup["begun"], &setup["started_at"]),
        (&json!("pending"), &json!(false), &json!(null))
    );
    assert!(setup["steps"].as_array().unwrap().iter().all(|step| step["status"] == "pending"));
    let (status, refused) = daemon.order("retry", "gh").await;
    assert_eq!((status, &refused["code"]), (409, &json!("setup_not_begun")));
    assert!(machine.registry.asked().is_empty() && !machine.home.join(".local/bin").exists());
}

#[tokio::test]
async fn it_begins_by_itself_where_that_is_wished() {
    let machine = Machine::new().await;
    let daemon = machine.start_with("at_start = true").await;
    let git = daemon.until_step("git", "complete").await;
    assert!(git["started"].as_str().unwrap().ends_with('Z') && git["started_at"].as_f64().unwrap() > 1e9);
    assert!(git["version"].as_str().is_some() && git["seconds"].as_f64().is_some());
}

#[tokio::test]
async fn toggles_and_the_profile_say_who_takes_part() {
    let mut machine = Machine::new().await;
    machine.variables.retain(|(name, _)| !name.starts_with("ENABLE_"));
    machine.set("CODA_PROFILE", "lab");
    machine.set("ENABLE_CLAUDE", "no");
    machine.set("ENABLE_CODEX", "maybe");
    let daemon = machine.start().await;
    daemon.begin().await;
    let setup = daemon.until_settled().await;
    assert_eq!((&setup["lab_mode"], &setup["status"]), (&json!(true), &json!("error")));
    for (id, variable) in
        [("gemini", "ENABLE_GEMINI"), ("hermes", "ENABLE_HERMES"), ("claude", "ENABLE_CLAUDE")]
    {
        let step = step_of(&setup, id);
        let reason = format!("it is switched off ({variable})");
        assert_eq!((&step["status"], &step["reason"]), (&json!("skipped"), &json!(reason)));
    }
    let codex = step_of(&setup, "codex");
    assert_eq!(codex["error"], "ENABLE_CODEX is \"maybe\"; say `true` or `false`, or unset it");
    let (status, refused) = daemon.order("retry", "gemini").await;
    assert_eq!((status, &refused["code"]), (409, &json!("step_off")));
}

#[tokio::test]
async fn cancelling_ends_everything_that_the_step_has_started() {
    let machine = Machine::new().await;
    let long = "(sleep 1000 & echo $! > inner; wait) & echo $$ > outer; echo at work; wait";
    let after = script("after", "touch after", "needs = [\"long\"]\nproduces = [\"~/after\"]");
    machine.steps(&(script("long", long, "produces = [\"~/long\"]") + &after));
    let daemon = machine.start().await;
    daemon.begin().await;
    let read = |name: &str| std::fs::read_to_string(machine.home.join(name)).ok()?.trim().parse::<i32>().ok();
    let pids = until("both run", || async { Some([read("inner")?, read("outer")?]) }).await;
    let step = until("its output is there", || async {
        let step = daemon.step("long").await;
        step["log"].to_string().contains("at work").then_some(step)
    })
    .await;
    assert_eq!((&step["status"], &step["seconds"].is_f64()), (&json!("running"), &true));
    assert_eq!(daemon.order("retry", "long").await.1["code"], "step_running");
    assert_eq!(daemon.order("cancel", "long").await.0, 200);
    let step = daemon.step("long").await;
    assert_eq!(
        (&step["state"], &step["status"], &step["error"]),
        (&json!("cancelled"), &json!("error"), &json!("cancelled by hand"))
    );
    until("all of them are gone", || async { pids.iter().all(|pid| gone(*pid)).then_some(()) }).await;
    assert_eq!(daemon.order("cancel", "long").await.1["code"], "step_over");
    assert_eq!(daemon.order("cancel", "nothing").await.0, 404);
    // Without it the rest goes on.
    daemon.until_step("after", "skipped").await;
    assert_eq!(daemon.order("skip", "long").await.0, 200);
    until("what needed it is done", || async {
        (daemon.step("after").await["state"] == "complete").then_some(())
    })
    .await;
}

fn gone(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.is_empty() || stat.contains(") Z ")
}

/// A catalogue that cannot be read is told, and costs nothing else.
#[tokio::test]
async fn a_broken_catalogue_is_told_and_ours_goes_on() {
    for (text, said) in [
        ("[[step]]\nid = \"x\"\nrun = { kind = \"shell\" }\n", "step `x`: unknown variant `shell`"),
        ("[[step]]\nid = \"gh\"\nneeds = [\"gh\"]\n", "gh → gh need each other in a circle"),
        (
            "[[step]]\nid = \"x\"\nrun = { kind = \"command\", command = [\"true\"] }\n",
            "nothing to show for it",
        ),
    ] {
        let machine = Machine::new().await;
        machine.steps(text);
        let daemon = machine.start().await;
        daemon.begin().await;
        let step = daemon.until_step("catalogue", "error").await;
        assert!(step["error"].as_str().unwrap().contains(said), "{step:#}");
        daemon.until_step("git", "complete").await;
    }
}

#[tokio::test]
async fn listeners_are_told_of_every_step() {
    let machine = Machine::new().await;
    machine.steps(&script("mine", "touch mine", "produces = [\"~/mine\"]"));
    let daemon = machine.start().await;
    let mut client = daemon.connect().await;
    // The first answer says that it listens.
    let id = daemon.run("sleep 600").await;
    client.join(1, &id).await;
    daemon.begin().await;
    client
        .until_all("the step's end", |client| {
            client.events.iter().any(|event| {
                let text = event.to_string();
                text.contains("setup.step") && text.contains("\"mine\"") && text.contains("\"complete\"")
            })
        })
        .await;
}

#[tokio::test]
async fn the_command_line_begins_and_watches() {
    let machine = Machine::new().await;
    machine.registry.publish_gh();
    machine.steps(&script("mine", "echo hello; touch mine", "produces = [\"~/mine\"]"));
    let daemon = machine.start().await;
    let ran = coda(&machine.home, &["setup", "--status"]).await;
    assert!(ran.out.contains("nothing was asked for yet"), "{ran:?}");
    let ran = coda(&machine.home, &["setup", "--watch"]).await;
    // Editors and other things that this registry does not have.
    assert!(ran.out.contains("done     mine") && ran.out.contains("done     gh"), "{ran:?}");
    assert!(ran.out.contains("FAILED   micro"), "{ran:?}");
    assert_eq!(ran.code, Some(1));
    let ran = coda(&machine.home, &["setup", "--skip", "micro"]).await;
    assert!(ran.out.contains("skipped  micro") && ran.out.contains("skipped by hand"), "{ran:?}");
    let ran = coda(&machine.home, &["setup", "--retry", "nothing"]).await;
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("there is no step `nothing`"), "{ran:?}");
    drop::<Daemon>(daemon);
}

#[tokio::test]
async fn the_doctor_says_which_mirrors_can_be_reached() {
    let machine = Machine::new().await;
    let mut doctor = command(&machine.home, &["doctor"]);
    doctor.env("NPM_REGISTRY", &machine.registry.url).env("GITHUB_API_BASE", "http://127.0.0.1:1");
    doctor.env("NODE_DIST_MIRROR", "https://mirror.example/$(id)").env("HOME", &machine.home);
    let ran = ended(doctor).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let line = |name: &str| ran.out.lines().find(|line| line.contains(name)).unwrap_or_default().to_owned();
    assert!(
        line("NPM_REGISTRY").starts_with("ok") && line("NPM_REGISTRY").contains("answers (404)"),
        "{ran:?}"
    );
    assert!(
        line("GITHUB_API_BASE").starts_with("FAIL") && line("GITHUB_API_BASE").contains("cannot be reached")
    );
    assert!(line("NODE_DIST_MIRROR").starts_with("FAIL"), "{ran:?}");
}
