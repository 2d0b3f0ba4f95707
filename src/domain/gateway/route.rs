//! Addresses of models, for each kind of place that serves them.

use super::vendor::{Vendor, Wire};

/// What kind of place it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A gateway's host that somebody named.
    Given,
    /// Below the workspace's own address: `/ai-gateway`.
    Workspace,
    /// The gateway's host that belongs to the workspace.
    Dedicated,
    /// Below the workspace's own address: `/serving-endpoints`.
    Serving,
}

/// Where models are. `base` is an origin, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub kind: Kind,
    pub base: String,
}

/// A path that would lead somewhere else than its vendor's part, or that no client writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this path is not written as a client would")]
pub struct BadPath;

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Given => "gateway_host",
            Kind::Workspace => "workspace_gateway",
            Kind::Dedicated => "dedicated_gateway",
            Kind::Serving => "serving_endpoints",
        }
    }
}

impl Route {
    pub fn new(kind: Kind, base: impl Into<String>) -> Route {
        Route { kind, base: base.into().trim_end_matches('/').to_owned() }
    }

    /// The address of a request. `rest`: what follows the vendor's prefix, without the query.
    pub fn url(&self, vendor: Vendor, rest: &str) -> Result<String, BadPath> {
        if !is_plain(rest) {
            return Err(BadPath);
        }
        Ok(format!("{}{}{rest}", self.base, self.part(vendor, Wire::of(vendor, rest))))
    }

    /// What an agent is given when it is to talk to the models itself; it adds the vendor's own paths.
    pub fn agent_url(&self, vendor: Vendor) -> String {
        let wire = if vendor == Vendor::OpenAi { Wire::Responses } else { Wire::Other };
        format!("{}{}", self.base, self.part(vendor, wire))
    }

    fn part(&self, vendor: Vendor, wire: Wire) -> &'static str {
        match (self.kind, vendor) {
            (Kind::Given | Kind::Dedicated, vendor) => vendor.prefix(),
            (Kind::Workspace, Vendor::Anthropic) => "/ai-gateway/anthropic",
            (Kind::Workspace, Vendor::OpenAi) if wire == Wire::Chat => "/ai-gateway/mlflow/v1",
            (Kind::Workspace, Vendor::OpenAi) => "/ai-gateway/codex/v1",
            (Kind::Workspace, Vendor::Gemini) => "/ai-gateway/gemini",
            (Kind::Workspace, Vendor::Mlflow) => "/ai-gateway/mlflow/v1",
            (Kind::Serving, Vendor::Anthropic) => "/serving-endpoints/anthropic",
            (Kind::Serving, Vendor::Gemini) => "/serving-endpoints/google",
            (Kind::Serving, Vendor::OpenAi | Vendor::Mlflow) => "/serving-endpoints",
        }
    }
}

/// No way up, nothing that means another path once it is decoded, nothing that cannot stand in a path.
fn is_plain(rest: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~:@!$&'()*+,;=%".contains(&byte);
    let lower = rest.to_ascii_lowercase();
    rest.bytes().all(allowed)
        && !["%2e", "%2f", "%5c", "%25"].iter().any(|hidden| lower.contains(hidden))
        && !rest.split('/').any(|segment| matches!(segment, "." | ".."))
        && !rest.contains("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATEWAY: &str = "https://7.ai-gateway.cloud.databricks.com";
    const WORKSPACE: &str = "https://w.cloud.databricks.com";

    #[test]
    fn every_vendor_has_its_place_in_every_kind() {
        let messages = "/v1/messages";
        for (kind, vendor, rest, path) in [
            (Kind::Given, Vendor::Anthropic, messages, "/anthropic/v1/messages"),
            (Kind::Given, Vendor::OpenAi, "/responses", "/openai/v1/responses"),
            (Kind::Dedicated, Vendor::Gemini, "/v1beta/models/m:x", "/gemini/v1beta/models/m:x"),
            (Kind::Dedicated, Vendor::Mlflow, "/chat/completions", "/mlflow/v1/chat/completions"),
            (Kind::Workspace, Vendor::Anthropic, messages, "/ai-gateway/anthropic/v1/messages"),
            (Kind::Workspace, Vendor::OpenAi, "/responses", "/ai-gateway/codex/v1/responses"),
            (Kind::Workspace, Vendor::OpenAi, "/chat/completions", "/ai-gateway/mlflow/v1/chat/completions"),
            (Kind::Workspace, Vendor::Gemini, "/v1beta/models/m:x", "/ai-gateway/gemini/v1beta/models/m:x"),
            (Kind::Workspace, Vendor::Mlflow, "/responses", "/ai-gateway/mlflow/v1/responses"),
            (Kind::Serving, Vendor::Anthropic, messages, "/serving-endpoints/anthropic/v1/messages"),
            (Kind::Serving, Vendor::OpenAi, "/responses", "/serving-endpoints/responses"),
            (
                Kind::Serving,
                Vendor::Gemini,
                "/v1beta/models/m:x",
                "/serving-endpoints/google/v1beta/models/m:x",
            ),
            (Kind::Serving, Vendor::Mlflow, "/chat/completions", "/serving-endpoints/chat/completions"),
            (Kind::Serving, Vendor::Mlflow, "", "/serving-endpoints"),
        ] {
            let base = if matches!(kind, Kind::Given | Kind::Dedicated) { GATEWAY } else { WORKSPACE };
            let url = Route::new(kind, format!("{base}/")).url(vendor, rest);
            assert_eq!(url, Ok(format!("{base}{path}")), "{kind:?} {vendor:?}");
        }
    }

    /// P-12: the addresses that agents are given when they talk to the models themselves.
    #[test]
    fn an_agent_that_talks_itself_is_told_where() {
        for (kind, vendor, path) in [
            (Kind::Given, Vendor::Anthropic, "/anthropic"),
            (Kind::Given, Vendor::OpenAi, "/openai/v1"),
            (Kind::Dedicated, Vendor::Gemini, "/gemini"),
            (Kind::Dedicated, Vendor::Mlflow, "/mlflow/v1"),
            (Kind::Workspace, Vendor::OpenAi, "/ai-gateway/codex/v1"),
            (Kind::Serving, Vendor::Anthropic, "/serving-endpoints/anthropic"),
            (Kind::Serving, Vendor::OpenAi, "/serving-endpoints"),
            (Kind::Serving, Vendor::Gemini, "/serving-endpoints/google"),
        ] {
            assert_eq!(Route::new(kind, WORKSPACE).agent_url(vendor), format!("{WORKSPACE}{path}"));
        }
    }

    #[test]
    fn no_path_leads_out_of_its_vendors_part() {
        let route = Route::new(Kind::Serving, WORKSPACE);
        for rest in [
            "/../api/2.0/token/create",
            "/v1/./messages",
            "/%2e%2e/api",
            "/v1%2Fmessages",
            "/v1/%5c..",
            "/%252e%252e/x",
            "/v1//messages",
            "/v1/mess ages",
            "/v1/messages#x",
            "/v1\\messages",
            "/größe",
        ] {
            assert_eq!(route.url(Vendor::Anthropic, rest), Err(BadPath), "{rest}");
        }
        assert!(route.url(Vendor::Gemini, "/v1beta/models/a.b-c_d~e:generateContent").is_ok());
    }
}
