//! What the workspace says: JSON, raw bytes, and every shape of error that the real one has.

use bytes::Bytes;
use serde_json::{Value, json};

/// A response before it goes on the wire.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// What a handler ends with; both sides go on the wire.
pub type Outcome = Result<Answer, Answer>;

impl Answer {
    pub fn json(status: u16, value: &Value) -> Answer {
        Answer::text(status, "application/json", value.to_string())
    }

    pub fn text(status: u16, content_type: &str, body: impl Into<Bytes>) -> Answer {
        let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        Answer { status, headers, body: body.into() }
    }

    pub fn bytes(body: Bytes) -> Answer {
        Answer::text(200, "application/octet-stream", body)
    }

    pub fn empty(status: u16) -> Answer {
        Answer { status, headers: Vec::new(), body: Bytes::new() }
    }

    pub fn redirect(status: u16, to: &str) -> Answer {
        Answer::empty(status).with("Location", to)
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Answer {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The page a browser gets that has not signed in. Comes with 200.
    pub fn login_page() -> Answer {
        let page = "<!DOCTYPE html>\n<html>\n<head><title>Databricks - Sign In</title></head>\n\
            <body><div id=\"login-page\"></div></body>\n</html>\n";
        Answer::text(200, "text/html; charset=utf-8", page)
    }

    /// What a proxy in front of the workspace says when it has nobody to ask.
    pub fn html(status: u16) -> Answer {
        let reason = reason(status);
        let page = format!(
            "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n<center><h1>{status} {reason}</h1></center>\r\n\
             <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
        );
        Answer::text(status, "text/html", page)
    }

    // ---- errors ------------------------------------------------------------------------------

    /// `{"error_code":"STRING","message":"…"}`.
    pub fn error(status: u16, code: &str, message: impl Into<String>) -> Answer {
        Answer::json(status, &json!({ "error_code": code, "message": message.into() }))
    }

    pub fn invalid(message: impl Into<String>) -> Answer {
        Answer::error(400, "INVALID_PARAMETER_VALUE", message)
    }

    pub fn bad_request(message: impl Into<String>) -> Answer {
        Answer::error(400, "BAD_REQUEST", message)
    }

    pub fn malformed(message: impl Into<String>) -> Answer {
        Answer::error(400, "MALFORMED_REQUEST", message)
    }

    pub fn missing(message: impl Into<String>) -> Answer {
        Answer::error(404, "RESOURCE_DOES_NOT_EXIST", message)
    }

    pub fn denied(message: impl Into<String>) -> Answer {
        Answer::error(403, "PERMISSION_DENIED", message)
    }

    pub fn no_such_endpoint(method: &str, path: &str) -> Answer {
        Answer::error(404, "ENDPOINT_NOT_FOUND", format!("No API found for '{method} {path}'"))
    }

    /// How a credential fails at the front door: the code is the status, as a number.
    pub fn front_door(status: u16, message: &str) -> Answer {
        Answer::json(status, &json!({ "error_code": status, "message": message }))
            .with("X-Databricks-Reason-Phrase", message)
    }

    pub fn dead_token() -> Answer {
        Answer::front_door(403, "Invalid access token.")
    }

    pub fn no_credential() -> Answer {
        let message = "Credential was not sent or was of an unsupported type for this API.";
        Answer::error(401, "UNAUTHENTICATED", message)
    }

    /// As OAuth's RFC 6749 §5.2 has it.
    pub fn oauth(status: u16, error: &str, description: &str) -> Answer {
        Answer::json(status, &json!({ "error": error, "error_description": description }))
    }

    pub fn scim(status: u16, detail: &str) -> Answer {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "detail": detail,
            "status": status.to_string(),
        });
        Answer::json(status, &body)
    }

    /// The body as JSON; null when it is none.
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

impl From<Value> for Answer {
    fn from(value: Value) -> Answer {
        Answer::json(200, &value)
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        _ => "Error",
    }
}
