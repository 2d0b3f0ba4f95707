//! What went wrong with a call, and what can be done about it.
//!
//! The workspace says "no" in many shapes: a JSON object with a code that is a word, a number or missing; the shapes of
//! SCIM, of OAuth and of the oldest API; plain text; a page of HTML, sometimes with status 200; nothing at all. Codes
//! decide, never texts, with one exception: which 403 means that the credential is dead.

use std::time::Duration;

use serde_json::Value;

use crate::domain::mask;

/// Longest text of a failure, in characters.
const LONGEST: usize = 300;

/// What can be done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The credential is unknown, expired or revoked: another one may do.
    Unauthenticated,
    /// Whose credential it is may not do this.
    Forbidden,
    /// There is no such thing.
    Missing,
    /// It is there already, or something is in its way.
    Exists,
    /// A principal that was made a moment ago is not known everywhere yet: later it is.
    Unknown,
    /// Something else is under way that excludes this: later it may do.
    Busy,
    /// A quota is used up: something must be given up first.
    Quota,
    /// The call itself is wrong.
    Invalid,
    /// Too many calls; after the pause, if one is named, it may do.
    TooMany(Option<Duration>),
    /// The workspace cannot do it now.
    Unavailable,
    /// No answer: the connection could not be made, or ended, or took too long.
    Unreachable,
    /// An answer that is none of the API's: a login page, a proxy's page, too much, or not understood.
    NotAnApi,
}

/// A call that was not answered as it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {message}")]
pub struct Failure {
    /// The call's name: "create a token".
    pub call: &'static str,
    pub class: Class,
    pub status: Option<u16>,
    /// The workspace's word for it: `RESOURCE_DOES_NOT_EXIST`.
    pub code: Option<String>,
    /// For people; holds no secret.
    pub message: String,
    /// What was asked for may have been done all the same.
    pub perhaps_done: bool,
}

impl Failure {
    /// Before anything was asked.
    pub fn unasked(call: &'static str, class: Class, message: &str) -> Failure {
        Failure::without_answer(call, class, message, false)
    }

    /// Without an answer from the workspace.
    pub(super) fn without_answer(
        call: &'static str,
        class: Class,
        message: &str,
        perhaps_done: bool,
    ) -> Failure {
        Failure { call, class, status: None, code: None, message: readable(message), perhaps_done }
    }

    /// From an answer that says no. `reason`: the header `X-Databricks-Reason-Phrase`.
    pub fn from_answer(
        call: &'static str,
        status: u16,
        reason: Option<&str>,
        pause: Option<Duration>,
        body: &[u8],
    ) -> Failure {
        let said = Said::read(body);
        let text =
            [said.message.as_deref(), reason].into_iter().flatten().find(|text| !text.trim().is_empty());
        let message = match text {
            Some(text) => readable(text),
            None => format!("the workspace answered {status} without a word"),
        };
        let class = class_of(status, &said, reason, pause);
        // A server that broke may have done its work first.
        let perhaps_done = matches!(status, 500 | 502 | 504) && class == Class::Unavailable;
        Failure { call, class, status: Some(status), code: said.code, message, perhaps_done }
    }

    /// Whether time alone may help.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.class,
            Class::TooMany(_)
                | Class::Unavailable
                | Class::Unreachable
                | Class::Unknown
                | Class::Busy
                | Class::NotAnApi
        )
    }
}

/// What the body of an answer says.
#[derive(Debug, Default)]
struct Said {
    code: Option<String>,
    /// `error_code` was there and no word.
    numbered: bool,
    message: Option<String>,
    is_page: bool,
}

impl Said {
    fn read(body: &[u8]) -> Said {
        if let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(body) {
            return Said::from_json(&Value::Object(fields));
        }
        let text = String::from_utf8_lossy(&body[..body.len().min(4096)]);
        let text = text.trim();
        if text.starts_with('<') {
            let title = between(text, "<title>", "</title>").or_else(|| between(text, "<pre>", "</pre>"));
            return Said { message: title.map(str::to_owned), is_page: true, ..Said::default() };
        }
        let code = text.split_once(": ").map(|(code, _)| code).filter(|code| is_code(code));
        let message = Some(text).filter(|text| !text.is_empty());
        Said { code: code.map(str::to_owned), message: message.map(str::to_owned), ..Said::default() }
    }

    fn from_json(body: &Value) -> Said {
        let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let code =
            text("error_code").or_else(|| text("error").filter(|_| text("error_description").is_some()));
        let message = ["message", "error_description", "detail", "error"].into_iter().find_map(text);
        // The reason may stand in the details only.
        let details = body.get("details").and_then(Value::as_array).into_iter().flatten();
        let reason = details.filter_map(|detail| detail.get("reason").and_then(Value::as_str)).next();
        Said {
            code: code.or(reason).map(str::to_owned),
            numbered: body.get("error_code").is_some_and(Value::is_number),
            message: message.map(str::to_owned),
            is_page: false,
        }
    }
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(from)?;
    rest.split_once(to).map(|(inside, _)| inside.trim())
}

fn class_of(status: u16, said: &Said, reason: Option<&str>, pause: Option<Duration>) -> Class {
    let code = said.code.as_deref().unwrap_or_default();
    match code {
        "PRINCIPAL_DOES_NOT_EXIST" => return Class::Unknown,
        "QUOTA_EXCEEDED" => return Class::Quota,
        "RESOURCE_CONFLICT" | "ABORTED" => return Class::Busy,
        "RESOURCE_ALREADY_EXISTS" | "ALREADY_EXISTS" => return Class::Exists,
        "RESOURCE_DOES_NOT_EXIST" | "NOT_FOUND" => return Class::Missing,
        "REQUEST_LIMIT_EXCEEDED" | "RESOURCE_EXHAUSTED" | "TOO_MANY_REQUESTS" => {
            return Class::TooMany(pause);
        }
        "TEMPORARILY_UNAVAILABLE" | "WORKSPACE_TEMPORARILY_UNAVAILABLE" => return Class::Unavailable,
        _ => {}
    }
    match status {
        401 => Class::Unauthenticated,
        403 if is_dead_credential(said, reason) => Class::Unauthenticated,
        400 if says_expired(said.message.as_deref().unwrap_or_default()) => Class::Unauthenticated,
        403 => Class::Forbidden,
        404 => Class::Missing,
        409 => Class::Exists,
        429 => Class::TooMany(pause),
        400 if said.message.as_deref().is_some_and(|text| text.contains("active deployment in progress")) => {
            Class::Busy
        }
        500 | 502..=504 => Class::Unavailable,
        300..400 => Class::NotAnApi,
        _ if said.is_page => Class::NotAnApi,
        _ => Class::Invalid,
    }
}

/// A dead credential is refused with 403 as well, but with a number for a code, or in these words.
fn is_dead_credential(said: &Said, reason: Option<&str>) -> bool {
    let texts = [said.message.as_deref(), reason];
    said.numbered
        || texts.into_iter().flatten().any(|text| text.contains("Invalid access token") || says_expired(text))
}

fn says_expired(text: &str) -> bool {
    ["JWT has expired", "ExpiredJwtException", "token expired", "Token is expired", "Token is expiring"]
        .iter()
        .any(|words| text.contains(words))
}

/// One short line, with its secrets masked.
fn readable(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = mask::mask(&line);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(status: u16, body: &str) -> Failure {
        Failure::from_answer("test", status, None, None, body.as_bytes())
    }

    #[test]
    fn every_shape_of_no_is_understood() {
        let cases = [
            (
                403,
                r#"{"error_code":403,"message":"Invalid access token."}"#,
                Class::Unauthenticated,
                "Invalid access token.",
            ),
            (403, r#"{"error_code":"PERMISSION_DENIED","message":"no right"}"#, Class::Forbidden, "no right"),
            (403, r#"{"message":"JWT has expired"}"#, Class::Unauthenticated, "JWT has expired"),
            (401, "", Class::Unauthenticated, "the workspace answered 401 without a word"),
            (
                400,
                r#"{"message":"io.jsonwebtoken.ExpiredJwtException: x"}"#,
                Class::Unauthenticated,
                "io.jsonwebtoken.ExpiredJwtException: x",
            ),
            (404, r#"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"App x"}"#, Class::Missing, "App x"),
            (400, r#"{"error_code":"PRINCIPAL_DOES_NOT_EXIST","message":"p"}"#, Class::Unknown, "p"),
            (404, r#"{"error_code":"PRINCIPAL_DOES_NOT_EXIST","message":"p"}"#, Class::Unknown, "p"),
            (400, r#"{"error_code":"RESOURCE_ALREADY_EXISTS","message":"s"}"#, Class::Exists, "s"),
            (
                409,
                r#"{"error_code":"ALREADY_EXISTS"}"#,
                Class::Exists,
                "the workspace answered 409 without a word",
            ),
            (
                400,
                r#"{"error_code":"BAD_REQUEST","message":"Cannot deploy app X as there is an active deployment in progress."}"#,
                Class::Busy,
                "Cannot deploy app X as there is an active deployment in progress.",
            ),
            (400, r#"{"error_code":"QUOTA_EXCEEDED","message":"600"}"#, Class::Quota, "600"),
            (429, "{}", Class::TooMany(None), "the workspace answered 429 without a word"),
            (500, r#"{"error_code":"INTERNAL_ERROR","message":"boom"}"#, Class::Unavailable, "boom"),
            (502, "<html><title> Bad Gateway </title></html>", Class::Unavailable, "Bad Gateway"),
            (302, "", Class::NotAnApi, "the workspace answered 302 without a word"),
            (400, "<html><pre>broken</pre>", Class::NotAnApi, "broken"),
            (400, "MALFORMED_REQUEST: no such field", Class::Invalid, "MALFORMED_REQUEST: no such field"),
            (
                401,
                r#"{"error":"invalid_client","error_description":"Client authentication failed"}"#,
                Class::Unauthenticated,
                "Client authentication failed",
            ),
            (404, r#"{"schemas":["urn"],"detail":"no user","status":"404"}"#, Class::Missing, "no user"),
            (400, r#"{"error":"old shape"}"#, Class::Invalid, "old shape"),
        ];
        for (status, body, class, message) in cases {
            let failure = failure(status, body);
            assert_eq!((failure.class, failure.message.as_str()), (class, message), "{status} {body}");
        }
    }

    #[test]
    fn a_dead_token_is_told_by_the_reason_in_the_headers_too() {
        let answer = Failure::from_answer("test", 403, Some("Invalid access token."), None, b"");
        assert_eq!(
            (answer.class, answer.message.as_str()),
            (Class::Unauthenticated, "Invalid access token.")
        );
    }

    #[test]
    fn texts_are_short_and_hold_no_secret() {
        let long = failure(
            400,
            &format!(r#"{{"message":"{} dapi0123456789abcdef0123 {}"}}"#, "a\\n ", "b".repeat(999)),
        );
        assert!(
            long.message.starts_with("a dapi**** bbb") && long.message.chars().count() <= LONGEST + 1,
            "{}",
            long.message
        );
    }

    #[test]
    fn a_server_that_broke_may_have_done_it_and_one_that_refused_has_not() {
        assert!(failure(500, "").perhaps_done && failure(504, "").perhaps_done);
        assert!(
            !failure(503, "").perhaps_done
                && !failure(429, "").perhaps_done
                && !failure(400, "").perhaps_done
        );
    }
}
