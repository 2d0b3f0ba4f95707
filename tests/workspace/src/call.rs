//! One request as handlers see it: taken apart, not yet judged.

use actix_web::HttpRequest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::principals::PrincipalId;

/// What stands in `Authorization`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    None,
    Bearer(String),
    /// Name and secret.
    Basic(String, String),
    /// Something else, or something broken.
    Other,
}

#[derive(Debug, Clone)]
pub struct Call {
    pub method: String,
    /// As it was sent, `%2F` and all, without the query.
    pub path: String,
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// What the route's `{…}` stand for, decoded.
    pub vars: Vec<String>,
    /// Who calls; set once the credential has been looked at.
    pub who: PrincipalId,
}

impl Call {
    pub fn read(request: &HttpRequest) -> Call {
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        Call {
            method: request.method().as_str().to_owned(),
            path: request.uri().path().to_owned(),
            query: pairs(request.uri().query().unwrap_or_default()),
            headers: headers.collect(),
            body: Bytes::new(),
            vars: Vec::new(),
            who: PrincipalId(0),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub fn param(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub fn flag(&self, name: &str) -> bool {
        self.param(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A parameter that the caller must give.
    pub fn needed(&self, name: &str) -> Result<&str, Answer> {
        self.param(name).ok_or_else(|| Answer::invalid(format!("Missing required field: {name}")))
    }

    /// The n-th `{…}` of the route.
    pub fn var(&self, at: usize) -> &str {
        self.vars.get(at).map_or("", String::as_str)
    }

    /// The body as an object; an empty body is an empty one.
    pub fn object(&self) -> Result<Map<String, Value>, Answer> {
        if self.body.is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(Answer::malformed("Request body must be a JSON object")),
            Err(error) => Err(Answer::malformed(format!("Could not parse request object: {error}"))),
        }
    }

    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Answer> {
        let object = Value::Object(self.object()?);
        serde_json::from_value(object)
            .map_err(|error| Answer::malformed(format!("Could not parse request object: {error}")))
    }

    pub fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }

    pub fn credential(&self) -> Credential {
        let Some(header) = self.header("authorization") else { return Credential::None };
        let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
        match scheme.to_ascii_lowercase().as_str() {
            "bearer" if !rest.trim().is_empty() => Credential::Bearer(rest.trim().to_owned()),
            "basic" => basic(rest.trim()).unwrap_or(Credential::Other),
            _ => Credential::Other,
        }
    }

    /// The secret that came along, for its fingerprint in the log.
    pub fn secret(&self) -> Option<String> {
        match self.credential() {
            Credential::Bearer(token) | Credential::Basic(_, token) => Some(token),
            Credential::None | Credential::Other => None,
        }
    }
}

fn basic(encoded: &str) -> Option<Credential> {
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (name, secret) = text.split_once(':')?;
    Some(Credential::Basic(name.to_owned(), secret.to_owned()))
}

/// A query or a form. The last of two with the same name does not win: the first is found.
fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " ")))).collect()
}

pub fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A string field of an object; absent and null are the same.
pub fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_once() {
        let read = pairs("path=%2FUsers%2Fa%40b.c%2Fx+y&direct_download=true&empty=&bare");
        let text = |name: &str| read.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
        assert_eq!(text("path"), Some("/Users/a@b.c/x y"));
        assert_eq!(text("direct_download"), Some("true"));
        assert_eq!(text("empty"), Some(""));
        assert_eq!(text("bare"), Some(""));
    }
}
