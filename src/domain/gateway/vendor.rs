//! Whose interface an agent speaks, and in which of its forms.

/// Whose interface it is; each has a prefix of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Vendor {
    Anthropic,
    OpenAi,
    Gemini,
    /// OpenAI's chat completions for every model.
    Mlflow,
}

/// How a request and its answer are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// Anthropic's messages.
    Messages,
    /// OpenAI's responses.
    Responses,
    /// OpenAI's chat completions.
    Chat,
    /// Gemini's `generateContent`.
    Gemini,
    /// Lists of models, counts of tokens and whatever else: passed on unread.
    Other,
}

impl Vendor {
    pub const ALL: [Vendor; 4] = [Vendor::Anthropic, Vendor::OpenAi, Vendor::Gemini, Vendor::Mlflow];

    /// The beginning of every path, without a slash at the end.
    pub fn prefix(self) -> &'static str {
        match self {
            Vendor::Anthropic => "/anthropic",
            Vendor::OpenAi => "/openai/v1",
            Vendor::Gemini => "/gemini",
            Vendor::Mlflow => "/mlflow/v1",
        }
    }

    /// Whose path it is, and what follows the prefix: nothing, or a path of its own with its slash.
    pub fn of(path: &str) -> Option<(Vendor, &str)> {
        Vendor::ALL.into_iter().find_map(|vendor| {
            let rest = path.strip_prefix(vendor.prefix())?;
            (rest.is_empty() || rest.starts_with('/')).then_some((vendor, rest))
        })
    }
}

impl Wire {
    /// `rest`: what follows the vendor's prefix.
    pub fn of(vendor: Vendor, rest: &str) -> Wire {
        let rest = rest.trim_end_matches('/');
        match vendor {
            Vendor::Anthropic if rest == "/v1/messages" => Wire::Messages,
            Vendor::OpenAi | Vendor::Mlflow if rest == "/responses" => Wire::Responses,
            Vendor::OpenAi | Vendor::Mlflow if rest == "/chat/completions" => Wire::Chat,
            Vendor::Gemini if rest.ends_with(":generateContent") => Wire::Gemini,
            Vendor::Gemini if rest.ends_with(":streamGenerateContent") => Wire::Gemini,
            _ => Wire::Other,
        }
    }
}

/// The model that Gemini's paths name: `/v1beta/models/<model>:<verb>`.
pub fn model_in_path(rest: &str) -> Option<&str> {
    let (_, named) = rest.split_once("/models/")?;
    let (model, _) = named.split_once(':')?;
    (!model.is_empty() && !model.contains('/')).then_some(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_whose_it_is_and_in_which_form() {
        for (path, expected) in [
            ("/anthropic/v1/messages", Some((Vendor::Anthropic, "/v1/messages", Wire::Messages))),
            (
                "/anthropic/v1/messages/count_tokens",
                Some((Vendor::Anthropic, "/v1/messages/count_tokens", Wire::Other)),
            ),
            ("/anthropic", Some((Vendor::Anthropic, "", Wire::Other))),
            ("/anthropical/v1/messages", None),
            ("/openai/v1/responses", Some((Vendor::OpenAi, "/responses", Wire::Responses))),
            ("/openai/v1/responses/", Some((Vendor::OpenAi, "/responses/", Wire::Responses))),
            ("/openai/v1/chat/completions", Some((Vendor::OpenAi, "/chat/completions", Wire::Chat))),
            ("/openai/v2/responses", None),
            (
                "/gemini/v1beta/models/m:streamGenerateContent",
                Some((Vendor::Gemini, "/v1beta/models/m:streamGenerateContent", Wire::Gemini)),
            ),
            ("/gemini/v1beta/models", Some((Vendor::Gemini, "/v1beta/models", Wire::Other))),
            ("/mlflow/v1/chat/completions", Some((Vendor::Mlflow, "/chat/completions", Wire::Chat))),
            ("/v1/messages", None),
            ("/", None),
        ] {
            let read = Vendor::of(path).map(|(vendor, rest)| (vendor, rest, Wire::of(vendor, rest)));
            assert_eq!(read, expected, "{path}");
        }
    }

    #[test]
    fn gemini_names_its_model_in_the_path() {
        assert_eq!(model_in_path("/v1beta/models/gemini-2.5-pro:generateContent"), Some("gemini-2.5-pro"));
        assert_eq!([model_in_path("/v1beta/models"), model_in_path("/v1beta/models/:x")], [None, None]);
    }
}
