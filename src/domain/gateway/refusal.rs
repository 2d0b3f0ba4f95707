//! What the gateway says itself, in the words that each vendor's clients understand.

use serde_json::{Value, json};

use super::vendor::Vendor;

/// Why a request got no further. A model's own refusals are passed on as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "this gateway is for CoDA's sessions: send the key in $CODA_GATEWAY_KEY, as it is in every session"
    )]
    NoKey,
    #[error(
        "this key is none of CoDA's: a session has its own in $CODA_GATEWAY_KEY; start a new session to get one"
    )]
    WrongKey,
    #[error("the session that this key belonged to has ended; start a new session to get a new key")]
    SessionEnded,
    #[error("nothing is served here; addresses begin with /anthropic, /openai/v1, /gemini or /mlflow/v1")]
    NoSuchPlace,
    #[error("this path is not written as a client would; check the base URL in the agent's settings")]
    BadPath,
    #[error(
        "the request is larger than {0} bytes; send less, or raise `gateway.request_max_bytes` in coda.toml"
    )]
    TooLarge(u64),
    #[error(
        "CoDA holds no token for the Databricks workspace: open CoDA's page and paste one (POST /api/configure-pat)"
    )]
    NoLease,
    #[error(
        "the workspace refused CoDA's token and there is no other yet: open CoDA's page and paste a new one (POST /api/configure-pat)"
    )]
    TokenRefused,
    #[error("CoDA does not know yet where this workspace serves its models; try again in a moment")]
    NoRoute,
    #[error("CoDA handles as much as it can hold at the moment; try again in a moment")]
    Busy,
    #[error("the models cannot be reached: {0}; check the network, or DATABRICKS_GATEWAY_HOST")]
    Unreachable(String),
    #[error("the model gave no answer within {0} seconds; try again")]
    Late(u64),
    #[error("the connection to the model broke before it answered; try again")]
    Broken,
}

impl Refusal {
    pub fn status(&self) -> u16 {
        match self {
            Refusal::NoKey | Refusal::WrongKey | Refusal::SessionEnded => 401,
            Refusal::NoSuchPlace => 404,
            Refusal::BadPath => 400,
            Refusal::TooLarge(_) => 413,
            Refusal::NoLease | Refusal::TokenRefused | Refusal::NoRoute | Refusal::Busy => 503,
            Refusal::Unreachable(_) | Refusal::Broken => 502,
            Refusal::Late(_) => 504,
        }
    }

    /// Whether time alone may help.
    pub fn is_transient(&self) -> bool {
        self.status() >= 500
    }

    /// For programs.
    pub fn slug(&self) -> &'static str {
        match self {
            Refusal::NoKey => "no_key",
            Refusal::WrongKey => "wrong_key",
            Refusal::SessionEnded => "session_ended",
            Refusal::NoSuchPlace => "not_found",
            Refusal::BadPath => "bad_path",
            Refusal::TooLarge(_) => "too_large",
            Refusal::NoLease => "no_token",
            Refusal::TokenRefused => "token_refused",
            Refusal::NoRoute => "no_route",
            Refusal::Busy => "busy",
            Refusal::Unreachable(_) => "unreachable",
            Refusal::Late(_) => "late",
            Refusal::Broken => "broken",
        }
    }

    /// The body, as this vendor's errors look. `None`: it is not known whose client asks.
    pub fn body(&self, vendor: Option<Vendor>) -> Value {
        let (status, message) = (self.status(), self.to_string());
        match vendor {
            Some(Vendor::Anthropic) => {
                let kind = match status {
                    400 => "invalid_request_error",
                    401 => "authentication_error",
                    404 => "not_found_error",
                    413 => "request_too_large",
                    503 => "overloaded_error",
                    504 => "timeout_error",
                    _ => "api_error",
                };
                json!({ "type": "error", "error": { "type": kind, "message": message } })
            }
            Some(Vendor::Gemini) => {
                let word = match status {
                    400 | 413 => "INVALID_ARGUMENT",
                    401 => "UNAUTHENTICATED",
                    404 => "NOT_FOUND",
                    504 => "DEADLINE_EXCEEDED",
                    _ => "UNAVAILABLE",
                };
                json!({ "error": { "code": status, "message": message, "status": word } })
            }
            Some(Vendor::OpenAi | Vendor::Mlflow) => {
                let kind = match status {
                    401 => "authentication_error",
                    400..500 => "invalid_request_error",
                    _ => "server_error",
                };
                json!({ "error": { "message": message, "type": kind, "param": null, "code": self.slug() } })
            }
            None => json!({ "error": message, "code": self.slug() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_the_shape_of_its_vendors_errors_and_says_what_to_do() {
        let anthropic = Refusal::WrongKey.body(Some(Vendor::Anthropic));
        assert_eq!(
            (&anthropic["type"], &anthropic["error"]["type"]),
            (&json!("error"), &json!("authentication_error"))
        );
        let openai = Refusal::NoLease.body(Some(Vendor::OpenAi));
        assert_eq!(
            (&openai["error"]["type"], &openai["error"]["code"]),
            (&json!("server_error"), &json!("no_token"))
        );
        assert!(openai["error"]["message"].as_str().unwrap().contains("paste"));
        let gemini = Refusal::Late(5).body(Some(Vendor::Gemini));
        assert_eq!(
            (&gemini["error"]["code"], &gemini["error"]["status"]),
            (&json!(504), &json!("DEADLINE_EXCEEDED"))
        );
        assert_eq!(Refusal::NoSuchPlace.body(None)["code"], "not_found");
    }

    #[test]
    fn only_what_time_may_help_is_worth_another_try() {
        for refusal in [Refusal::WrongKey, Refusal::SessionEnded, Refusal::TooLarge(1), Refusal::BadPath] {
            assert!(!refusal.is_transient(), "{refusal:?}");
        }
        for refusal in [Refusal::NoLease, Refusal::Busy, Refusal::Late(1), Refusal::Broken] {
            assert!(refusal.is_transient(), "{refusal:?}");
        }
    }
}
