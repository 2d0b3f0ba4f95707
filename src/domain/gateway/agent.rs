//! Which agent asks, as it says itself.

/// Longest name, in bytes.
const LONGEST: usize = 40;

/// How agents begin to say who they are, in lower case.
const KNOWN: [(&str, &str); 9] = [
    ("claude", "claude"),
    ("codex", "codex"),
    ("geminicli", "gemini"),
    ("gemini-cli", "gemini"),
    ("google-genai", "gemini"),
    ("opencode", "opencode"),
    ("ai-sdk", "opencode"),
    ("hermes", "hermes"),
    ("pi/", "pi"),
];

/// The agent's name: what `x-coda-agent` says, or what the user agent begins with; else `other`.
pub fn agent_of(named: Option<&str>, user_agent: Option<&str>) -> String {
    let plain = |name: &&str| {
        !name.is_empty()
            && name.len() <= LONGEST
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    if let Some(name) = named.filter(plain) {
        return name.to_ascii_lowercase();
    }
    let said = user_agent.unwrap_or_default().to_ascii_lowercase();
    let known = KNOWN.iter().find(|(mark, _)| said.starts_with(mark));
    let inside = || KNOWN.iter().find(|(mark, _)| said.contains(&format!(" {mark}")));
    known.or_else(inside).map_or("other", |(_, name)| name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_known_by_what_they_say() {
        for (named, user_agent, agent) in [
            (None, Some("claude-cli/2.1.329 (external, cli)"), "claude"),
            (None, Some("codex_cli_rs/0.169.0 (Linux)"), "codex"),
            (None, Some("GeminiCLI/0.61.0/gemini-2.5-pro (linux; x64)"), "gemini"),
            (None, Some("opencode/1.18.33 ai-sdk/provider-utils/3"), "opencode"),
            (None, Some("ai-sdk/openai-compatible/1.0 runtime/bun"), "opencode"),
            (None, Some("Mozilla/5.0 hermes/0.19"), "hermes"),
            (Some("Hermes"), Some("OpenAI/Python 1.99"), "hermes"),
            (Some("a name with spaces"), Some("curl/8"), "other"),
            (None, None, "other"),
        ] {
            assert_eq!(agent_of(named, user_agent), agent, "{named:?} {user_agent:?}");
        }
        assert_eq!(agent_of(Some(&"x".repeat(41)), None), "other");
    }
}
