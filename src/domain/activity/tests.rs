use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::domain::screen::Screen;
use crate::domain::size::Size;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn claim(source: Source, activity: Activity, seconds: i64) -> Claim {
    Claim::new(source, activity, "why", at(seconds))
}

/// What is shown after these, at this second, with how many doubts.
fn after(claims: &[(Source, Activity, i64)], seconds: i64) -> Option<(Activity, usize)> {
    let mut all = Activities::default();
    for (source, activity, at) in claims {
        all.hear(claim(*source, *activity, *at));
    }
    all.current(at(seconds)).map(|current| (current.activity, current.doubts.len()))
}

#[test]
fn the_most_telling_source_counts_and_what_contradicts_it_is_told() {
    use Activity::*;
    use Source::*;
    let later = 60 * 60;
    for (claims, seconds, wanted) in [
        (vec![], 0, None),
        (vec![(Hook, Working, 0)], 1, Some((Working, 0))),
        // The same thing, heard twice.
        (vec![(Hook, NeedsApproval, 0), (Program, NeedsInput, 1)], 2, Some((NeedsInput, 0))),
        (vec![(Program, Done, 0), (Hook, Idle, 60)], 61, Some((Done, 0))),
        // A hook that comes a moment after.
        (vec![(Program, Done, 10), (Hook, Working, 11)], 12, Some((Done, 0))),
        // An older word of a weaker source is no doubt.
        (vec![(Hook, NeedsApproval, 0), (Program, Working, 9)], 9, Some((Working, 0))),
        // A call of a weaker source that may call is heard, and what was there doubts it.
        (vec![(Program, Working, 0), (Hook, NeedsApproval, 9)], 9, Some((NeedsApproval, 1))),
        (vec![(Program, Done, 0), (Hook, Working, 9)], 9, Some((Uncertain, 1))),
        (vec![(Hook, Done, 0), (Models, Working, 9)], 9, Some((Uncertain, 1))),
        // A title calls nobody.
        (vec![(Title, NeedsInput, 0)], 1, Some((Uncertain, 0))),
        // Beside a program that speaks for itself titles are not read.
        (vec![(Program, Idle, 0), (Title, Working, 9)], 9, Some((Idle, 0))),
        (vec![(Title, Working, 0), (Program, Idle, 9)], 9, Some((Idle, 0))),
        // Silence never means done, only doubt; a program's own word stays.
        (vec![(Hook, Working, 0)], later, Some((Uncertain, 0))),
        (vec![(Program, Working, 0)], later, Some((Working, 0))),
        (vec![(Hook, NeedsApproval, 0)], later, Some((NeedsApproval, 0))),
        (vec![(Hook, Working, 0), (Models, Working, later)], later, Some((Working, 0))),
    ] {
        assert_eq!(after(&claims, seconds), wanted, "{claims:?}");
    }
}

#[test]
fn the_time_that_people_were_waited_for_adds_up() {
    let mut all = Activities::default();
    let waited = |all: &Activities, seconds| all.current(at(seconds)).map(|current| current.waited_ms);
    assert!(all.hear(claim(Source::Hook, Activity::NeedsApproval, 10)));
    assert_eq!(waited(&all, 15), Some(5_000));
    assert!(all.hear(claim(Source::Hook, Activity::Working, 20)));
    assert_eq!(waited(&all, 99), Some(10_000));
    assert!(!all.hear(claim(Source::Hook, Activity::Working, 30)), "nothing else goes on");
    all.hear(claim(Source::Program, Activity::NeedsInput, 100));
    assert!(all.silence(Source::Program, at(101)));
    assert!(all.over(at(110)));
    assert_eq!(all.current(at(120)), None);
    all.hear(claim(Source::Hook, Activity::Idle, 130));
    assert_eq!(waited(&all, 140), Some(11_000));
}

#[test]
fn a_part_of_a_program_that_waits_outweighs_those_that_work() {
    let mut screen = Screen::new(Size { rows: 4, cols: 20 }, 10);
    let of = |screen: &Screen| said(screen.statuses(), at(0)).map(|claim| (claim.activity, claim.evidence));
    assert_eq!(of(&screen), None);
    // "Bash: ls" in base64.
    screen.feed(b"\x1b]7501;state=blocked:kind=permission:id=a:msg=QmFzaDogbHM=\x1b\\");
    screen.feed(b"\x1b]7501;state=working:id=b\x07");
    assert_eq!(of(&screen), Some((Activity::NeedsApproval, "Bash: ls".to_owned())));
    screen.feed(b"\x1b]7501;state=blocked:kind=question:id=a\x07");
    assert_eq!(of(&screen).unwrap().0, Activity::NeedsInput);
    screen.feed(b"\x1b]7501;state=done:id=a\x07");
    assert_eq!(of(&screen).unwrap().0, Activity::Working);
    let before = screen.news();
    screen.feed(b"\x1b]133;A\x07");
    assert_eq!(of(&screen).unwrap().0, Activity::Done);
    assert_ne!(screen.news(), before);
}

#[test]
fn hooks_of_three_agents_are_understood() {
    let bash = json!({"command": "cargo  test\n--all", "timeout": 9});
    for (payload, wanted) in [
        (json!({"hook_event_name": "UserPromptSubmit", "prompt": "go"}), Some((Activity::Working, "go"))),
        (
            json!({"hook_event_name": "PermissionRequest", "tool_name": "Bash", "tool_input": bash}),
            Some((Activity::NeedsApproval, "Bash: cargo test --all")),
        ),
        (
            json!({"hook_event_name": "PostToolUse", "tool_name": "Task", "tool_input": {"x": 1}}),
            Some((Activity::Working, "Task")),
        ),
        (
            json!({"hook_event_name": "Stop", "last_assistant_message": "All green."}),
            Some((Activity::Done, "All green.")),
        ),
        (
            json!({"hook_event_name": "Notification", "notification_type": "ToolPermission", "message": "m"}),
            Some((Activity::NeedsApproval, "m")),
        ),
        (json!({"hook_event_name": "Notification", "notification_type": "idle_prompt"}), None),
        (json!({"hook_event_name": "AfterAgent", "prompt_response": "r"}), Some((Activity::Done, "r"))),
        (json!({"type": "agent-turn-complete", "last-assistant-message": "w"}), Some((Activity::Done, "w"))),
        (
            json!({"hook_event_name": "StopFailure", "error": "rate_limit"}),
            Some((Activity::Error, "rate_limit")),
        ),
        (json!({"hook_event_name": 7, "prompt": ["x"]}), None),
        (json!("text"), None),
    ] {
        let told = heard(&payload, at(0));
        let of = |told: Told| match told {
            Told::Claim(claim) => Some((claim.activity, claim.evidence)),
            _ => None,
        };
        assert_eq!(of(told.clone()), wanted.map(|(state, text)| (state, text.to_owned())), "{payload}");
        assert_eq!(heard(&essence(&payload), at(0)), told, "what is passed on says the same: {payload}");
    }
    assert_eq!(heard(&json!({"hook_event_name": "SessionEnd"}), at(0)), Told::Over);
}

#[test]
fn evidence_is_one_short_line_without_secrets() {
    let long = "x".repeat(9_000);
    let payload = json!({"hook_event_name": "PreToolUse", "tool_name": "Bash",
        "tool_input": {"command": format!("curl -H 'Authorization: Bearer dapi0123456789abcdef0123' {long}")},
        "tool_response": long});
    let passed = essence(&payload);
    assert!(passed.to_string().len() < 1_200, "{passed}");
    let Told::Claim(claim) = heard(&passed, at(0)) else { panic!("a claim") };
    assert!(
        claim.evidence.chars().count() <= EVIDENCE && !claim.evidence.contains("dapi0123456789"),
        "{claim:?}"
    );
}

#[test]
fn titles_of_agents_are_read_and_those_of_shells_are_not() {
    for (title, wanted) in [
        ("user@host: ~/projects", None),
        ("", None),
        ("⠋ codex", Some(Activity::Working)),
        ("[!] Action Required", Some(Activity::NeedsInput)),
        ("✦  Working… (shop)", Some(Activity::Working)),
        ("◇  Ready (shop)", Some(Activity::Idle)),
        ("✋  Action Required (shop)", Some(Activity::NeedsInput)),
    ] {
        assert_eq!(shown(title, at(0)).map(|claim| claim.activity), wanted, "{title}");
    }
}
