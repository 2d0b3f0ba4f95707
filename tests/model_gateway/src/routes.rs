//! Which paths there are: four formats, each below every prefix that Databricks or the vendor has for it.

use crate::wire::Wire;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Answer,
    Count,
    Models,
    /// Somebody looks whether anything is here.
    Probe,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub wire: Wire,
    pub act: Act,
    /// The path names the model.
    pub model: Option<String>,
    /// The path says that the answer is a stream.
    pub streams: bool,
}

const ANTHROPIC: [&str; 4] = ["/anthropic", "/ai-gateway/anthropic", "/serving-endpoints/anthropic", ""];
const GEMINI: [&str; 5] =
    ["/gemini", "/ai-gateway/gemini", "/serving-endpoints/gemini", "/serving-endpoints/google", ""];
const RESPONSES: [&str; 5] =
    ["/openai/v1", "/ai-gateway/codex/v1", "/ai-gateway/openai/v1", "/serving-endpoints", "/v1"];
const CHAT: [&str; 6] = [
    "/mlflow/v1",
    "/ai-gateway/mlflow/v1",
    "/serving-endpoints",
    "/openai/v1",
    "/ai-gateway/openai/v1",
    "/v1",
];

pub fn find(method: &str, path: &str) -> Option<Route> {
    let tails =
        |prefixes: &'static [&str]| prefixes.iter().filter_map(move |prefix| path.strip_prefix(prefix));
    let route = |wire, act| Some(Route { wire, act, model: None, streams: false });
    if matches!((method, path), ("GET" | "HEAD", "/")) {
        return route(Wire::Anthropic, Act::Probe);
    }
    for tail in tails(&RESPONSES) {
        match (method, tail) {
            ("POST", "/responses") => return route(Wire::Responses, Act::Answer),
            ("POST", "/responses/input_tokens") => return route(Wire::Responses, Act::Count),
            ("POST", "/open-responses") => return route(Wire::Responses, Act::Answer),
            _ => {}
        }
    }
    for tail in tails(&CHAT).chain(tails(&RESPONSES)) {
        match (method, tail) {
            ("POST", "/chat/completions") => return route(Wire::Chat, Act::Answer),
            ("GET", "/models") => return route(Wire::Chat, Act::Models),
            _ => {}
        }
    }
    for tail in tails(&ANTHROPIC) {
        match (method, tail) {
            ("POST", "/v1/messages") => return route(Wire::Anthropic, Act::Answer),
            ("POST", "/v1/messages/count_tokens") => return route(Wire::Anthropic, Act::Count),
            ("GET", "/v1/models") => return route(Wire::Anthropic, Act::Models),
            _ => {}
        }
    }
    tails(&GEMINI).find_map(|tail| gemini(method, tail)).or_else(|| invocations(method, path))
}

fn gemini(method: &str, tail: &str) -> Option<Route> {
    let tail = tail.strip_prefix("/v1beta").or_else(|| tail.strip_prefix("/v1"))?;
    let route = |act| Route { wire: Wire::Gemini, act, model: None, streams: false };
    if (method, tail) == ("GET", "/models") {
        return Some(route(Act::Models));
    }
    let (model, verb) = tail.strip_prefix("/models/")?.rsplit_once(':')?;
    let act = match (method, verb) {
        ("POST", "generateContent" | "streamGenerateContent") => Act::Answer,
        ("POST", "countTokens") => Act::Count,
        _ => return None,
    };
    let streams = verb == "streamGenerateContent";
    Some(Route { model: Some(model.to_owned()), streams, ..route(act) })
}

/// `/serving-endpoints/<name>/invocations`: chat completions of one model.
fn invocations(method: &str, path: &str) -> Option<Route> {
    let model = path.strip_prefix("/serving-endpoints/")?.strip_suffix("/invocations")?;
    let fits = method == "POST" && !model.contains('/');
    fits.then(|| Route { wire: Wire::Chat, act: Act::Answer, model: Some(model.to_owned()), streams: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_of_databricks_is_known() {
        let table = [
            ("/anthropic/v1/messages", Wire::Anthropic),
            ("/ai-gateway/anthropic/v1/messages", Wire::Anthropic),
            ("/serving-endpoints/anthropic/v1/messages", Wire::Anthropic),
            ("/v1/messages", Wire::Anthropic),
            ("/openai/v1/responses", Wire::Responses),
            ("/ai-gateway/codex/v1/responses", Wire::Responses),
            ("/serving-endpoints/responses", Wire::Responses),
            ("/serving-endpoints/open-responses", Wire::Responses),
            ("/mlflow/v1/chat/completions", Wire::Chat),
            ("/ai-gateway/mlflow/v1/chat/completions", Wire::Chat),
            ("/serving-endpoints/chat/completions", Wire::Chat),
            ("/serving-endpoints/databricks-llama/invocations", Wire::Chat),
            ("/openai/v1/chat/completions", Wire::Chat),
            ("/gemini/v1beta/models/m:generateContent", Wire::Gemini),
            ("/ai-gateway/gemini/v1beta/models/m:streamGenerateContent", Wire::Gemini),
            ("/serving-endpoints/gemini/v1beta/models/m:generateContent", Wire::Gemini),
            ("/serving-endpoints/google/v1beta/models/m:generateContent", Wire::Gemini),
        ];
        for (path, wire) in table {
            let found = find("POST", path).map(|route| (route.wire, route.act));
            assert_eq!(found, Some((wire, Act::Answer)), "{path}");
            assert_eq!(find("GET", path), None, "{path}");
        }
    }

    #[test]
    fn a_path_may_name_the_model_and_the_kind_of_answer() {
        let route = find("POST", "/gemini/v1beta/models/gemini-2.5-pro:streamGenerateContent").unwrap();
        assert_eq!((route.model.as_deref(), route.streams), (Some("gemini-2.5-pro"), true));
        let route = find("POST", "/serving-endpoints/llama/invocations").unwrap();
        assert_eq!((route.model.as_deref(), route.streams), (Some("llama"), false));
        for path in
            ["/gemini/v1beta/models/m:embedContent", "/anthropic/v1/complete", "/v2/messages", "/mlflow/v1"]
        {
            assert_eq!(find("POST", path), None, "{path}");
        }
    }
}
