//! Many answers at once, and what they leave behind.

use futures_util::{StreamExt, stream};
use model_gateway::Turn;

use super::{MESSAGES, Place, Told, answer, messages};
use crate::support::until;

/// Requests under way at once.
const AT_ONCE: usize = 64;
const MANY: usize = 10_000;

#[tokio::test]
async fn ten_thousand_streamed_answers_leave_nothing_behind() {
    let place = Place::start().await;
    place.models.change(|settings| settings.otherwise = Turn::say("an answer in a few pieces"));
    let told = place.session().await;
    ask_many(&place, &told, MANY / 4).await;
    let before = Held::by(place.daemon.daemon_pid().unwrap());
    ask_many(&place, &told, MANY).await;
    let pid = place.daemon.daemon_pid().unwrap();
    until(&format!("what was held before, {before:?}"), || async {
        let now = Held::by(pid);
        (now.files <= before.files && now.memory_kib * 10 <= before.memory_kib * 11).then_some(())
    })
    .await;
    let asked = (MANY + MANY / 4) as u64;
    place.until_total("all to be counted", |total| total["requests"] == asked).await;
}

async fn ask_many(place: &Place, told: &Told, count: usize) {
    let asked = stream::iter(0..count).map(|_| answer(place.ask(told, MESSAGES, &messages())));
    asked
        .buffer_unordered(AT_ONCE)
        .for_each(|(status, text)| async move {
            assert_eq!(status, 200, "{text}");
            assert!(text.as_str().is_some_and(|text| text.contains("message_stop")), "{text}");
        })
        .await;
    place.models.forget_requests();
}

/// What a process has of the machine.
#[derive(Debug)]
struct Held {
    files: usize,
    memory_kib: u64,
}

impl Held {
    fn by(pid: i32) -> Held {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let memory_kib = line.trim().trim_end_matches(" kB").parse().unwrap();
        Held { files: std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count(), memory_kib }
    }
}
