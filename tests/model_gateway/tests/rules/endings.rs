//! Gates, cuts, spoilt and huge answers, and clients that go away.

use futures_util::StreamExt;
use model_gateway::{End, How, ModelGateway, Pace, Spoilt, Turn, Wire};
use serde_json::Value;

use crate::asking::{SOON, WIRES, ask, events, read_events, text_of, whole};

const TEXT: &str = "one two three four five six seven eight nine ten";

/// What came before the end, and whether the end was an error.
async fn heard(models: &ModelGateway, wire: Wire, stream: bool) -> (String, bool) {
    let mut pieces = ask(models, wire, stream).await.bytes_stream();
    let mut text = Vec::new();
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) => text.extend_from_slice(&piece),
            Err(_) => return (String::from_utf8_lossy(&text).into_owned(), true),
        }
    }
    (String::from_utf8_lossy(&text).into_owned(), false)
}

#[tokio::test]
async fn an_answer_waits_at_its_gate_until_it_is_released() {
    let models = ModelGateway::start();
    for wire in WIRES {
        let gate = format!("{wire:?}");
        models.forget_requests();
        models.script(Turn::say(TEXT).stop_before(3, &gate));
        let mut pieces = ask(&models, wire, true).await.bytes_stream();
        let mut text = String::new();
        while text_of(wire, &read_events(&text)).len() < 32 {
            text.push_str(std::str::from_utf8(&pieces.next().await.unwrap().unwrap()).unwrap());
        }
        assert!(models.until(SOON, |models| models.waiting(&gate) == 1).await);
        assert_eq!(text_of(wire, &read_events(&text)), TEXT[..32]);
        assert_eq!(models.last_request().map(|entry| (entry.chunks, entry.end)), Some((2, End::Open)));
        models.release(&gate);
        while let Some(piece) = pieces.next().await {
            text.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
        }
        assert_eq!(text_of(wire, &read_events(&text)), TEXT);
        assert!(models.until(SOON, |models| models.open() == 0).await);
        assert_eq!(models.last_request().map(|entry| entry.end), Some(End::Whole));
    }
}

#[tokio::test]
async fn the_head_and_the_end_can_wait_too() {
    let models = ModelGateway::start();
    models.script(Turn::say("short").stop_before(0, "head").stop_before(99, "end"));
    let asking = async { ask(&models, Wire::Chat, true).await.text().await.unwrap() };
    let releasing = async {
        for gate in ["head", "end"] {
            assert!(models.until(SOON, |models| models.waiting(gate) == 1).await, "{gate}");
            let entry = models.last_request().unwrap();
            assert_eq!((entry.status, entry.chunks), if gate == "head" { (0, 0) } else { (200, 1) });
            models.release(gate);
        }
    };
    let (text, ()) = tokio::join!(asking, releasing);
    assert!(text.ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn a_client_that_goes_away_is_seen() {
    let models = ModelGateway::start();
    for (stream, chunk) in [(true, 2), (false, 0), (true, 0)] {
        models.forget_requests();
        models.script(Turn::say(TEXT).stop_before(chunk, "never"));
        let asking = async {
            let mut pieces = ask(&models, Wire::Anthropic, stream).await.bytes_stream();
            loop {
                pieces.next().await.unwrap().unwrap();
            }
        };
        let leaving = models.until(SOON, |models| models.waiting("never") == 1);
        tokio::select! { () = asking => unreachable!(), waits = leaving => assert!(waits) }
        assert!(models.until(SOON, |models| models.open() == 0).await);
        let entry = models.last_request().unwrap();
        assert_eq!((entry.end, entry.chunks), (End::Left, chunk.saturating_sub(1)));
    }
}

#[tokio::test]
async fn a_stream_is_cut_in_three_ways() {
    let models = ModelGateway::start();
    for wire in WIRES {
        for (how, is_error) in [(How::Reset, true), (How::Close, true), (How::End, false)] {
            models.script(Turn::say(TEXT).cut(2, how));
            let (text, failed) = heard(&models, wire, true).await;
            assert_eq!(failed, is_error, "{wire:?} {how:?}");
            assert_eq!(text_of(wire, &read_events(&text)), TEXT[..32], "{wire:?} {how:?}");
            assert!(models.until(SOON, |models| models.open() == 0).await);
            assert_eq!(models.last_request().unwrap().end, End::Cut);
        }
    }
}

#[tokio::test]
async fn a_cut_after_all_chunks_leaves_out_the_end() {
    let models = ModelGateway::start();
    models.script(Turn::say(TEXT).cut(99, How::End));
    let told = events(&models, Wire::Anthropic).await;
    assert_eq!(text_of(Wire::Anthropic, &told), TEXT);
    assert!(!told.iter().any(|event| event["type"] == "message_delta"));
}

#[tokio::test]
async fn a_stream_can_fail_in_the_words_of_its_format() {
    let models = ModelGateway::start();
    for wire in WIRES {
        models.script(Turn::say(TEXT).cut(1, How::Error));
        let told = events(&models, wire).await;
        assert_eq!(text_of(wire, &told), TEXT[..16], "{wire:?}");
        let last = told.last().unwrap();
        match wire {
            Wire::Responses => assert_eq!(last["response"]["status"], "failed"),
            Wire::Anthropic => assert_eq!(last["error"]["type"], "overloaded_error"),
            Wire::Chat | Wire::Gemini => assert!(last["error"]["message"].is_string(), "{last}"),
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_no_stream_is_cut_in_the_middle() {
    let models = ModelGateway::start();
    for how in [How::Reset, How::Close] {
        models.script(Turn::say(TEXT).cut(0, how));
        let (text, failed) = heard(&models, Wire::Responses, false).await;
        assert!(failed && !text.is_empty() && serde_json::from_str::<Value>(&text).is_err(), "{how:?}");
    }
    models.script(Turn::say(TEXT).cut(0, How::End));
    let (text, failed) = heard(&models, Wire::Responses, false).await;
    assert!(!failed && serde_json::from_str::<Value>(&text).is_err());
}

#[tokio::test]
async fn answers_can_be_spoilt() {
    let models = ModelGateway::start();
    models.script(Turn::spoil(Spoilt::Html));
    let page = ask(&models, Wire::Chat, false).await;
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    for spoilt in [Spoilt::NotJson, Spoilt::HalfJson, Spoilt::Empty] {
        for wire in WIRES {
            models.script(Turn::spoil(spoilt).times(2));
            assert_eq!(whole(&models, wire).await, (200, Value::Null), "{wire:?} {spoilt:?}");
            let told = events(&models, wire).await;
            assert!(!told.iter().all(Value::is_object) || told.is_empty(), "{wire:?} {spoilt:?}");
        }
    }
    models.script(Turn::spoil(Spoilt::NoAnswer));
    let url = format!("{}/mlflow/v1/chat/completions", models.url());
    let body = crate::asking::question(Wire::Chat, true);
    let answer = crate::asking::client().post(url).bearer_auth(models.token()).json(&body).send().await;
    assert!(answer.is_err());
    assert!(models.until(SOON, |models| models.open() == 0).await);
    assert_eq!(models.last_request().map(|entry| (entry.status, entry.end)), Some((0, End::Cut)));
}

#[tokio::test]
async fn a_huge_answer_comes_in_full() {
    let models = ModelGateway::start();
    models.script(Turn { filler: 8 * 1024 * 1024, ..Turn::default() });
    let told = events(&models, Wire::Anthropic).await;
    assert_eq!(text_of(Wire::Anthropic, &told).len(), 8 * 1024 * 1024);
    assert!(told.len() < 60_000);
}

#[tokio::test]
async fn letters_and_events_can_be_torn_apart() {
    let models = ModelGateway::start();
    models.script(Turn { pace: Pace { chunk: 3, delay_ms: 1, shard: 1 }, ..Turn::say("€äß€äß") });
    let mut pieces = ask(&models, Wire::Gemini, true).await.bytes_stream();
    let mut text = Vec::new();
    let mut torn = 0;
    while let Some(piece) = pieces.next().await {
        let piece = piece.unwrap();
        torn += usize::from(std::str::from_utf8(&piece).is_err());
        text.extend_from_slice(&piece);
    }
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text_of(Wire::Gemini, &read_events(&text)), "€äß€äß");
    assert!(torn > 0, "no letter was torn apart");
}
