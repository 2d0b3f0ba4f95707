//! Full-text search over what sessions printed, live and ended.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Daemon, TOKEN, until};

async fn search(daemon: &Daemon, query: &[(&str, &str)]) -> Value {
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let path = format!("/api/search?{}", query.join("&"));
    let response = daemon.request(reqwest::Method::GET, &path).bearer_auth(TOKEN).send().await.unwrap();
    let status = response.status().as_u16();
    let answer: Value = response.json().await.unwrap();
    assert_eq!(status, 200, "{answer}");
    answer
}

/// Searches until there are so many matches.
async fn until_found(daemon: &Daemon, query: &[(&str, &str)], count: usize) -> Vec<Value> {
    until(&format!("{count} matches of {query:?}"), || async {
        let answer = search(daemon, query).await;
        let matches = answer["matches"].as_array().unwrap().clone();
        (matches.len() == count).then_some(matches)
    })
    .await
}

fn lines(matches: &[Value]) -> Vec<&str> {
    matches.iter().map(|found| found["line"].as_str().unwrap()).collect()
}

async fn ended(daemon: &Daemon, label: &str, script: &str) -> String {
    let body = json!({"label": label, "command": ["/bin/bash", "-c", script], "cwd": daemon.home()});
    let id = daemon.create(body).await;
    daemon.until_row(&id, "the end", |row| row["state"] == "ended").await;
    id
}

#[tokio::test]
async fn text_is_found_across_live_and_ended_sessions_newest_first() {
    let daemon = Daemon::start().await;
    let script = "printf 'one\\ntwo\\nthe \\033[31mNee\\033[0mdle lies\\nfour\\nfive\\nsix\\n'";
    let old = ended(&daemon, "old", script).await;
    let live = daemon.run("echo another needle; sleep 1000").await;
    let found = until_found(&daemon, &[("q", "needle")], 2).await;
    assert_eq!(lines(&found), ["another needle", "the Needle lies"]);
    assert_eq!((&found[0]["session_id"], &found[1]["session_id"]), (&json!(live), &json!(old)));
    assert_eq!(found[1]["label"], "old");
    assert_eq!((&found[1]["before"], &found[1]["after"]), (&json!(["one", "two"]), &json!(["four", "five"])));
    assert!(found[1]["time"].as_str().unwrap().ends_with('Z'), "{found:#?}");
    // Offsets are those of the output.
    let body = json!({"session_id": old, "offset": found[1]["offset"]});
    let output = daemon.post("/api/output", body).await.1;
    assert!(output["output"].as_str().unwrap().starts_with("the \x1b[31mNee"), "{output}");

    let found = search(&daemon, &[("q", "Needle")]).await;
    assert_eq!(lines(found["matches"].as_array().unwrap()), ["the Needle lies"], "upper case is exact");
    let found = search(&daemon, &[("q", "needle"), ("session", &old)]).await;
    assert_eq!(lines(found["matches"].as_array().unwrap()), ["the Needle lies"]);
    assert_eq!((&found["complete"], &found["next"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn pages_go_on_where_they_ended_and_have_every_line_once() {
    let daemon = Daemon::start().await;
    ended(&daemon, "a", "for i in $(seq 40); do echo needle a $i; done").await;
    ended(&daemon, "b", "for i in $(seq 40); do echo needle b $i; done").await;
    let (mut all, mut next) = (Vec::new(), None::<String>);
    loop {
        let mut query = vec![("q", "needle"), ("limit", "7")];
        query.extend(next.as_deref().map(|next| ("before", next)));
        let page = search(&daemon, &query).await;
        all.extend(page["matches"].as_array().unwrap().clone());
        next = page["next"].as_str().map(str::to_owned);
        assert_eq!(page["complete"] == true, next.is_none());
        if next.is_none() {
            break;
        }
    }
    let expected: Vec<String> = ["b", "a"]
        .iter()
        .flat_map(|name| (1..=40).rev().map(move |i| format!("needle {name} {i}")))
        .collect();
    assert_eq!(lines(&all), expected);
}

#[tokio::test]
async fn a_screen_that_is_drawn_again_is_one_match() {
    let daemon = Daemon::start().await;
    let script = "for i in $(seq 30); do printf '\\033[H\\033[2Jneedle status\\r\\nframe %d\\r\\n' $i; done";
    ended(&daemon, "", script).await;
    let found = until_found(&daemon, &[("q", "needle")], 1).await;
    assert_eq!((&found[0]["line"], &found[0]["count"]), (&json!("needle status"), &json!(30)));
}

#[tokio::test]
async fn secrets_are_masked_also_for_whoever_knows_them() {
    let daemon = Daemon::start().await;
    let secret = "dapi0123456789abcdef0123456789abcdef";
    fs::write(
        daemon.home().join("text"),
        format!("needle {secret}\nMY_PASSWORD=correcthorse\n-----BEGIN PRIVATE KEY-----\nMIIBneedle\n-----END PRIVATE KEY-----\n"),
    )
    .unwrap();
    ended(&daemon, "", "cat text").await;
    for query in [secret, "needle", "correcthorse", "MIIB"] {
        let answer = search(&daemon, &[("q", query)]).await;
        assert!(!answer["matches"].as_array().unwrap().is_empty(), "{query}");
        let text = answer.to_string();
        for secret in [&secret[4..], "correcthorse", "MIIB"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let answer = search(&daemon, &[("q", secret)]).await;
    assert_eq!(answer["matches"][0]["line"], "needle dapi****");
}

#[tokio::test]
async fn what_cannot_be_searched_for_is_said() {
    let daemon = Daemon::start().await;
    let long = "x".repeat(201);
    for (path, status, code) in [
        ("/api/search".to_owned(), 400, "invalid"),
        ("/api/search?q=".to_owned(), 400, "invalid"),
        ("/api/search?q=%20".to_owned(), 400, "invalid"),
        (format!("/api/search?q={long}"), 400, "invalid"),
        ("/api/search?q=x&before=nonsense".to_owned(), 400, "invalid"),
        ("/api/search?q=x&limit=-1".to_owned(), 400, "invalid"),
        ("/api/search?q=x&session=nobody".to_owned(), 404, "session_not_found"),
    ] {
        let (got, answer) = daemon.get(&path).await;
        assert_eq!((got, &answer["code"]), (status, &json!(code)), "{path}: {answer}");
    }
    let answer = search(&daemon, &[("q", "nothing has been printed")]).await;
    assert_eq!(answer, json!({"matches": [], "complete": true, "next": null}));
}

/// Ten at once: each is answered or told to wait, none breaks, and afterwards the next one is served.
#[tokio::test]
async fn whoever_searches_too_much_is_told_to_wait() {
    let daemon = Daemon::start().await;
    ended(&daemon, "", "seq 300000").await;
    let asked = (0..10).map(|_| daemon.get("/api/search?q=99999"));
    for (status, answer) in futures_util::future::join_all(asked).await {
        match status {
            200 => assert_eq!(answer["matches"].as_array().unwrap().len(), 3),
            429 => assert_eq!(answer["code"], "busy", "{answer}"),
            other => panic!("{other}: {answer}"),
        }
    }
    until_found(&daemon, &[("q", "99999")], 3).await;
}

/// A journal that a newer version wrote, or that is damaged, does not keep the others from being searched.
#[tokio::test]
async fn a_journal_that_cannot_be_read_is_passed_over() {
    let daemon = Daemon::start().await;
    let good = ended(&daemon, "", "echo needle good").await;
    let bad = ended(&daemon, "", "echo needle bad").await;
    until_found(&daemon, &[("q", "needle")], 2).await;
    let folder = daemon.home().join(".coda/sessions").join(bad).join("journal");
    for entry in fs::read_dir(folder).unwrap() {
        fs::write(entry.unwrap().path(), "garbage").unwrap();
    }
    let found = until_found(&daemon, &[("q", "needle")], 1).await;
    assert_eq!(found[0]["session_id"], json!(good));
}
