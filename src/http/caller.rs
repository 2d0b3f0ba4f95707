//! Tells clients apart that ask again and again and do not say how far they are.

use std::future::{Ready, ready};
use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::error::Problem;
use crate::actors::session::CallerId;
use crate::domain::access::Identity;

/// Whoever sent a request: the identity, the address and the program it says it is.
pub struct Caller(DefaultHasher);

impl Caller {
    /// The caller's id; `client` tells two of the same kind apart.
    pub fn named(mut self, client: Option<&str>) -> CallerId {
        client.hash(&mut self.0);
        // The highest bit is the session's own.
        self.0.finish() >> 1
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Caller, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut hasher = DefaultHasher::new();
        request.extensions().get::<Identity>().map(ToString::to_string).hash(&mut hasher);
        request.peer_addr().map(|peer| peer.ip()).hash(&mut hasher);
        request.headers().get(header::USER_AGENT).map(header::HeaderValue::as_bytes).hash(&mut hasher);
        ready(Ok(Caller(hasher)))
    }
}
