//! One request as it came, taken apart.

use actix_web::HttpRequest;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::answer::Answer;

#[derive(Debug, Clone)]
pub struct Call {
    pub method: String,
    pub path: String,
    /// Without its question mark.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Call {
    pub fn read(request: &HttpRequest) -> Call {
        let headers = request.headers().iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        Call {
            method: request.method().as_str().to_owned(),
            // The colon before a method of Gemini's is escaped by some clients.
            path: request.uri().path().replace("%3A", ":").replace("%3a", ":"),
            query: request.uri().query().unwrap_or_default().to_owned(),
            headers: headers.collect(),
            body: Bytes::new(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub fn param(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// What stands behind `Bearer`.
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).filter(|token| !token.is_empty())
    }

    /// A key where a vendor's own clients put it.
    pub fn vendor_key(&self) -> Option<&str> {
        self.header("x-api-key").or_else(|| self.header("x-goog-api-key")).or_else(|| self.param("key"))
    }

    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Answer> {
        serde_json::from_slice(&self.body).map_err(|error| Answer::invalid(error.to_string()))
    }
}
