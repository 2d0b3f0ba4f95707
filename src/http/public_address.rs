//! What a request says about the address under which people reach us.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};

use super::error::Problem;
use crate::config::Config;
use crate::domain::viewer_url::{Known, viewer_url};

pub struct PublicAddress {
    configured: Option<String>,
    forwarded_host: Option<String>,
    host: Option<String>,
    tls: bool,
}

impl PublicAddress {
    /// Where a person looks at the session, if that is known.
    pub fn of(&self, session_id: &str) -> Option<String> {
        let known = Known {
            configured: self.configured.as_deref(),
            forwarded_host: self.forwarded_host.as_deref(),
            host: self.host.as_deref(),
            tls: self.tls,
        };
        viewer_url(&known, session_id)
    }
}

impl FromRequest for PublicAddress {
    type Error = Problem;
    type Future = Ready<Result<PublicAddress, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = |name: &str| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
        let config = request.app_data::<web::Data<Config>>();
        // Only the platform's proxy is believed; a socket file has no name for browsers.
        let proxied = config.is_some_and(|config| !config.platform.is_local());
        let by_name = request.peer_addr().is_some();
        ready(Ok(PublicAddress {
            configured: config.map(|config| config.http.public_url.clone()),
            forwarded_host: header("x-forwarded-host").filter(|_| proxied),
            host: header(header::HOST.as_str()).filter(|_| by_name),
            tls: proxied && header("x-forwarded-proto").is_none_or(|proto| proto == "https"),
        }))
    }
}
