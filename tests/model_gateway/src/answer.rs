//! Answers that are no turn of the model: lists, refusals, and what Databricks says at its front door.

use bytes::Bytes;
use serde_json::{Value, json};

/// A response before it goes on the wire.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Answer {
    pub fn json(status: u16, value: &Value) -> Answer {
        Answer::text(status, "application/json", value.to_string())
    }

    pub fn text(status: u16, content_type: &str, body: impl Into<Bytes>) -> Answer {
        let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        Answer { status, headers, body: body.into() }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Answer {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// `{"error_code":"STRING","message":"…"}`, as Databricks has it.
    pub fn error(status: u16, code: &str, message: impl Into<String>) -> Answer {
        Answer::json(status, &json!({ "error_code": code, "message": message.into() }))
    }

    pub fn invalid(message: impl Into<String>) -> Answer {
        Answer::error(400, "INVALID_PARAMETER_VALUE", message)
    }

    pub fn no_such_endpoint(method: &str, path: &str) -> Answer {
        Answer::error(404, "ENDPOINT_NOT_FOUND", format!("No API found for '{method} {path}'"))
    }

    /// How a credential fails at the front door: the code is the status, as a number.
    pub fn front_door(status: u16, message: &str) -> Answer {
        Answer::json(status, &json!({ "error_code": status, "message": message }))
            .with("X-Databricks-Reason-Phrase", message)
    }

    /// 200 and a page, as somebody in front would send it.
    pub fn page() -> Answer {
        let page = "<!DOCTYPE html>\n<html>\n<head><title>Databricks - Sign In</title></head>\n\
            <body><div id=\"login-page\"></div></body>\n</html>\n";
        Answer::text(200, "text/html; charset=utf-8", page)
    }
}

impl From<Value> for Answer {
    fn from(value: Value) -> Answer {
        Answer::json(200, &value)
    }
}
