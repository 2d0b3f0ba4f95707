//! The table of what agents do and how they exit: five situations, five agents. Not one cell may come out as completed
//! without a doubt but the successful ones. What is printed follows the agents' own formats.

use super::super::{Ending, Evidence, Failure, Found, Hearing, Outcome, Verdict, judge};

const RESULT: &str = r#"{"status": "completed", "summary": "done", "files_changed": ["a.txt"]}"#;

struct Cell {
    agent: &'static str,
    /// In which situation.
    when: &'static str,
    code: i32,
    prints: &'static str,
    /// What comes of it with no result, and the kind of doubt with one; none: it is a success.
    expected: Option<(Failure, &'static str)>,
}

const CELLS: [Cell; 25] = [
    // ---- success
    Cell {
        agent: "claude",
        when: "success",
        code: 0,
        prints: r#"{"type":"result","subtype":"success","is_error":false,"result":"done","session_id":"5d3c","permission_denials":[],"terminal_reason":"completed"}"#,
        expected: None,
    },
    Cell {
        agent: "codex",
        when: "success",
        code: 0,
        prints: "{\"type\":\"thread.started\",\"thread_id\":\"t1\"}\r\n{\"type\":\"turn.started\"}\r\n{\"type\":\"error\",\"message\":\"Reconnecting... 1/5 (stream error: 502)\"}\r\n{\"type\":\"item.completed\",\"item\":{\"type\":\"command_execution\",\"command\":\"false\",\"status\":\"failed\",\"exit_code\":1,\"aggregated_output\":\"\"}}\r\n{\"type\":\"turn.completed\",\"usage\":{}}",
        expected: None,
    },
    Cell {
        agent: "gemini",
        when: "success",
        code: 0,
        prints: "{\"type\":\"init\",\"session_id\":\"g1\"}\n{\"type\":\"tool_result\",\"status\":\"success\"}\n{\"type\":\"result\",\"status\":\"success\"}",
        expected: None,
    },
    Cell {
        agent: "opencode",
        when: "success",
        code: 0,
        prints: "{\"type\":\"step_start\",\"sessionID\":\"ses_1\",\"part\":{}}\n{\"type\":\"step_finish\",\"sessionID\":\"ses_1\",\"part\":{\"reason\":\"tool-calls\"}}\n{\"type\":\"step_start\",\"part\":{}}\n{\"type\":\"step_finish\",\"part\":{\"reason\":\"stop\"}}",
        expected: None,
    },
    Cell {
        agent: "hermes",
        when: "success",
        code: 0,
        prints: "I fixed the handling of error 429 (rate limit): the client waits now.\n",
        expected: None,
    },
    // ---- a permission that was needed was refused
    Cell {
        agent: "claude",
        when: "refused",
        code: 0,
        prints: r#"{"type":"result","subtype":"success","is_error":false,"result":"I could not write.","permission_denials":[{"tool_name":"Bash","tool_use_id":"x","tool_input":{"command":"touch /etc/x"}}]}"#,
        expected: Some((Failure::Denied, "denied")),
    },
    Cell {
        agent: "codex",
        when: "refused",
        code: 0,
        prints: "{\"type\":\"turn.started\"}\n2026-11-20T10:00:00Z ERROR codex_core::exec: exec error: rejected by user approval settings\n{\"type\":\"turn.completed\"}",
        expected: Some((Failure::Denied, "denied")),
    },
    Cell {
        agent: "gemini",
        when: "refused",
        code: 0,
        prints: "{\"type\":\"tool_result\",\"tool_id\":\"1\",\"status\":\"error\",\"error\":{\"type\":\"tool_not_registered\",\"message\":\"Tool \\\"run_shell_command\\\" not found in registry.\"}}\n{\"type\":\"result\",\"status\":\"success\"}",
        expected: Some((Failure::Denied, "denied")),
    },
    Cell {
        agent: "opencode",
        when: "refused",
        code: 0,
        prints: "{\"type\":\"tool_use\",\"part\":{\"tool\":\"bash\",\"state\":{\"status\":\"error\",\"error\":\"The user rejected permission to use this specific tool call.\"}}}\n{\"type\":\"step_finish\",\"part\":{\"reason\":\"tool-calls\"}}",
        expected: Some((Failure::Denied, "denied")),
    },
    Cell {
        agent: "hermes",
        when: "refused",
        code: 0,
        prints: "\u{1b}[33m⚠ Dangerous command: rm -rf build\u{1b}[0m\nwaiting for approval timed out, denying command\nI was not able to clean up.\n",
        expected: Some((Failure::Denied, "denied")),
    },
    // ---- 401 from the gateway
    Cell {
        agent: "claude",
        when: "401",
        code: 1,
        prints: r#"{"type":"result","subtype":"success","is_error":true,"api_error_status":401,"terminal_reason":"api_error","result":"Failed to authenticate. API Error: 401","permission_denials":[]}"#,
        expected: Some((Failure::ApiError, "api_error")),
    },
    Cell {
        agent: "codex",
        when: "401",
        code: 1,
        prints: "{\"type\":\"turn.started\"}\n{\"type\":\"turn.failed\",\"error\":{\"message\":\"unexpected status 401 Unauthorized\"}}",
        expected: Some((Failure::ApiError, "api_error")),
    },
    Cell {
        agent: "gemini",
        when: "401",
        code: 145,
        prints: "{\n  \"session_id\": \"g1\",\n  \"error\": {\n    \"type\": \"Error\",\n    \"message\": \"[API Error: 401]\",\n    \"code\": 401\n  }\n}\n",
        expected: Some((Failure::ApiError, "api_error")),
    },
    Cell {
        agent: "opencode",
        when: "401",
        code: 1,
        prints: "{\"type\":\"error\",\"sessionID\":\"s\",\"error\":{\"name\":\"APIError\",\"data\":{\"message\":\"Unauthorized\",\"statusCode\":401}}}",
        expected: Some((Failure::ApiError, "api_error")),
    },
    Cell {
        agent: "hermes",
        when: "401",
        code: 0,
        prints: "Error code: 401 - {'error': {'message': 'invalid token'}}\n",
        expected: Some((Failure::ApiError, "api_error")),
    },
    // ---- 429 from the gateway
    Cell {
        agent: "claude",
        when: "429",
        code: 1,
        prints: r#"{"type":"result","subtype":"success","is_error":true,"api_error_status":429,"terminal_reason":"api_error","result":"API Error: Request rejected (429)"}"#,
        expected: Some((Failure::ApiError, "api_error")),
    },
    Cell {
        agent: "codex",
        when: "429",
        code: 1,
        prints: "{\"type\":\"error\",\"message\":\"exceeded retry limit, last status: 429\"}\n{\"type\":\"turn.failed\",\"error\":{\"message\":\"exceeded retry limit, last status: 429\"}}",
        expected: Some((Failure::ApiError, "api_error")),
    },
    Cell {
        agent: "gemini",
        when: "429",
        code: 1,
        prints: "{\"type\":\"result\",\"status\":\"error\",\"error\":{\"type\":\"Error\",\"message\":\"429 Too Many Requests\"}}",
        expected: Some((Failure::ApiError, "api_error")),
    },
    Cell {
        agent: "opencode",
        when: "429",
        code: 1,
        prints: "{\"type\":\"step_start\",\"part\":{}}\n{\"type\":\"error\",\"error\":{\"name\":\"APIError\",\"data\":{\"message\":\"Too Many Requests\"}}}",
        expected: Some((Failure::ApiError, "api_error")),
    },
    Cell {
        agent: "hermes",
        when: "429",
        code: 0,
        prints: "⏱ API call failed after 3 retries: rate limit reached (429)\n",
        expected: Some((Failure::ApiError, "api_error")),
    },
    // ---- the directory is not trusted
    Cell {
        agent: "claude",
        when: "untrusted",
        code: 0,
        prints: r#"{"type":"result","subtype":"success","is_error":false,"result":"not allowed","permission_denials":[{"tool_name":"Write","tool_input":{"file_path":"/x"}}]}"#,
        expected: Some((Failure::Denied, "denied")),
    },
    Cell {
        agent: "codex",
        when: "untrusted",
        code: 1,
        prints: "Not inside a trusted directory and --skip-git-repo-check was not specified.\n",
        expected: Some((Failure::Crashed, "exit")),
    },
    Cell {
        agent: "gemini",
        when: "untrusted",
        code: 55,
        prints: "Gemini CLI is not running in a trusted directory.\n",
        expected: Some((Failure::Denied, "denied")),
    },
    Cell { agent: "opencode", when: "untrusted", code: 0, prints: "", expected: None },
    Cell { agent: "hermes", when: "untrusted", code: 0, prints: "", expected: None },
];

fn outcome(cell: &Cell, result: &str) -> Outcome {
    let mut hearing = Hearing::default();
    // However it is cut into pieces.
    for piece in cell.prints.split_inclusive([',', ' ']) {
        hearing.feed(piece);
    }
    let result = if result.is_empty() { Found::Nothing } else { Found::read(result.as_bytes()) };
    judge(&Evidence { ending: Ending::Code(cell.code), result, heard: hearing.heard() })
}

#[test]
fn no_cell_of_the_table_is_falsely_completed() {
    for cell in &CELLS {
        let name = format!("{} {}", cell.agent, cell.when);
        let (without, with) = (outcome(cell, ""), outcome(cell, RESULT));
        let kinds: Vec<&str> = with.doubts.iter().map(|doubt| doubt.kind.as_str()).collect();
        assert_eq!(with.verdict, Verdict::Completed, "{name}: {with:?}");
        match cell.expected {
            None => {
                assert!(kinds.is_empty(), "{name}: {with:?}");
                assert_eq!(without.verdict, Verdict::Failed(Failure::NoResult), "{name}: {without:?}");
            }
            Some((failure, doubt)) => {
                assert_eq!(without.verdict, Verdict::Failed(failure), "{name}: {without:?}");
                assert!(kinds.contains(&doubt), "{name}: {with:?}");
            }
        }
        assert!(!without.why.is_empty() && !with.why.is_empty());
    }
}

#[test]
fn every_cell_is_there() {
    for agent in ["claude", "codex", "gemini", "opencode", "hermes"] {
        let situations: Vec<&str> =
            CELLS.iter().filter(|cell| cell.agent == agent).map(|cell| cell.when).collect();
        assert_eq!(situations, ["success", "refused", "401", "429", "untrusted"], "{agent}");
    }
}

#[test]
fn an_agent_names_its_conversation() {
    let names: Vec<Option<String>> = CELLS[..5].iter().map(|cell| outcome(cell, "").conversation).collect();
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(names, [name("5d3c"), name("t1"), name("g1"), name("ses_1"), None]);
}
