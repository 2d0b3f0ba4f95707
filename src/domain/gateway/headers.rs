//! Which headers travel on. Names are in lower case.

/// They belong to one connection, not to the message (RFC 9110, 7.6.1).
const HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What an agent believes to be its credential; ours takes its place.
pub const KEYS: [&str; 4] = ["authorization", "x-api-key", "x-goog-api-key", "api-key"];

/// Besides those: made anew, or nobody's business up there. The answer must come unpacked, or it cannot be read.
const NOT_UP: [&str; 7] =
    ["host", "content-length", "cookie", "accept-encoding", "expect", "forwarded", "x-real-ip"];

/// Made anew, or meant for browsers.
const NOT_DOWN: [&str; 7] = [
    "content-length",
    "date",
    "server",
    "set-cookie",
    "www-authenticate",
    "alt-svc",
    "strict-transport-security",
];

/// Whether a request's header goes to the model. `connection`: what the header of that name says.
pub fn goes_up(name: &str, connection: Option<&str>) -> bool {
    let ours = name.starts_with("x-coda-") || name.starts_with("x-forwarded-");
    travels(name, connection) && !ours && !KEYS.contains(&name) && !NOT_UP.contains(&name)
}

/// Whether an answer's header goes to the agent.
pub fn goes_down(name: &str, connection: Option<&str>) -> bool {
    travels(name, connection) && !NOT_DOWN.contains(&name)
}

fn travels(name: &str, connection: Option<&str>) -> bool {
    let named = connection.into_iter().flat_map(|names| names.split(','));
    !HOP.contains(&name) && !named.into_iter().any(|one| one.trim().eq_ignore_ascii_case(name))
}

/// The query without parameters that hold keys.
pub fn query_up(query: &str) -> String {
    let is_key = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        ["key", "api_key", "access_token"].contains(&name)
    };
    query.split('&').filter(|pair| !pair.is_empty() && !is_key(pair)).collect::<Vec<_>>().join("&")
}

/// The key in a query, where Gemini's clients put it.
pub fn key_in_query(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("key=")).filter(|key| !key.is_empty())
}

/// The type of an answer's content: events are UTF-8, and whoever does not know that is told.
///
/// B-62: without it a client read them as something else, and letters were garbled.
pub fn content_type_down(value: &str) -> String {
    let bare = value.trim().eq_ignore_ascii_case("text/event-stream");
    if bare { "text/event-stream; charset=utf-8".to_owned() } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_what_belongs_to_a_connection_stay_here() {
        for name in
            ["authorization", "x-api-key", "x-goog-api-key", "cookie", "host", "te", "x-coda-agent", "x-hop"]
        {
            assert!(!goes_up(name, Some("close, X-Hop")), "{name}");
        }
        for name in ["anthropic-beta", "content-type", "user-agent", "x-databricks-use-coding-agent-mode"] {
            assert!(goes_up(name, Some("close")), "{name}");
        }
        for name in ["transfer-encoding", "set-cookie", "date", "content-length"] {
            assert!(!goes_down(name, None), "{name}");
        }
        for name in ["content-type", "retry-after", "request-id", "anthropic-ratelimit-tokens-remaining"] {
            assert!(goes_down(name, None), "{name}");
        }
    }

    #[test]
    fn a_query_loses_its_key_and_nothing_else() {
        assert_eq!(query_up("alt=sse&key=k&beta=true"), "alt=sse&beta=true");
        assert_eq!(query_up("key=k"), "");
        assert_eq!(query_up("monkey=k"), "monkey=k");
        assert_eq!(key_in_query("alt=sse&key=k"), Some("k"));
        assert_eq!([key_in_query("alt=sse"), key_in_query("key=")], [None, None]);
    }

    #[test]
    fn events_say_that_they_are_utf8() {
        assert_eq!(content_type_down("text/event-stream"), "text/event-stream; charset=utf-8");
        assert_eq!(content_type_down("application/json"), "application/json");
        assert_eq!(content_type_down("text/event-stream;charset=latin1"), "text/event-stream;charset=latin1");
    }
}
