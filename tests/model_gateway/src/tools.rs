//! Which of the tools that a request offers does what the script wants, and how its arguments are spelt. Every agent
//! has its own names; how they are spelt is read from the schema that comes with the offer.

use serde_json::{Map, Value, json};

use crate::schema;
use crate::turn::Action;

/// A tool in a request.
#[derive(Debug, Clone)]
pub struct Offer {
    pub name: String,
    /// It takes a text, not JSON (OpenAI's `custom` tools).
    pub free: bool,
    pub schema: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    Json(Value),
    Text(String),
}

/// A call as it is said on the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub name: String,
    pub input: Input,
}

/// In order of preference.
const SHELLS: [&str; 8] = [
    "Bash",
    "bash",
    "run_shell_command",
    "exec_command",
    "shell_command",
    "terminal",
    "shell",
    "execute_command",
];
const WRITERS: [&str; 4] = ["Write", "write_file", "write", "create_file"];
const EDITORS: [&str; 5] = ["Edit", "replace", "edit", "patch", "str_replace"];
const PATCH: &str = "apply_patch";

const COMMAND: [&str; 3] = ["command", "cmd", "script"];
const PATH: [&str; 4] = ["file_path", "filePath", "path", "absolute_path"];
const CONTENT: [&str; 3] = ["content", "contents", "text"];
const OLD: [&str; 3] = ["old_string", "oldString", "old_str"];
const NEW: [&str; 3] = ["new_string", "newString", "new_str"];
const PATCH_TEXT: [&str; 3] = ["patchText", "input", "patch"];

/// The call that carries out `action`; `None` when no offered tool can.
pub fn choose(action: &Action, offers: &[Offer]) -> Option<Said> {
    match action {
        Action::Tool { name, arguments } => {
            let free = offers.iter().any(|offer| offer.name == *name && offer.free);
            let input = match arguments {
                Value::String(text) if free => Input::Text(text.clone()),
                arguments => Input::Json(arguments.clone()),
            };
            Some(said(name, input))
        }
        Action::Shell { command } => shell(command, offers),
        Action::Write { path, content } => {
            let given = [(&PATH[..], path), (&CONTENT[..], content)];
            let added: String = content.lines().map(|line| format!("+{line}\n")).collect();
            by_name(&WRITERS, &given, offers)
                .or_else(|| patch(&format!("*** Add File: {path}\n{added}"), offers))
                .or_else(|| shell(&here(path, content), offers))
        }
        Action::Edit { path, old, new } => {
            let given = [(&PATH[..], path), (&OLD[..], old), (&NEW[..], new)];
            let marked = |mark: char, text: &str| -> String {
                text.lines().map(|line| format!("{mark}{line}\n")).collect()
            };
            let change = format!("*** Update File: {path}\n@@\n{}{}", marked('-', old), marked('+', new));
            by_name(&EDITORS, &given, offers).or_else(|| patch(&change, offers))
        }
    }
}

fn said(name: &str, input: Input) -> Said {
    Said { name: name.to_owned(), input }
}

fn offered<'a>(names: &[&str], offers: &'a [Offer]) -> Option<&'a Offer> {
    names.iter().find_map(|name| offers.iter().find(|offer| offer.name == *name))
}

fn by_name(names: &[&str], given: &[(&[&str], &String)], offers: &[Offer]) -> Option<Said> {
    let offer = offered(names, offers)?;
    let mut arguments = needed(offer);
    for (spellings, value) in given {
        arguments.insert(spelling(offer, spellings)?.to_owned(), json!(value));
    }
    Some(said(&offer.name, Input::Json(arguments.into())))
}

fn shell(command: &str, offers: &[Offer]) -> Option<Said> {
    let offer = offered(&SHELLS, offers)?;
    let name = spelling(offer, &COMMAND)?;
    let is_list = offer.schema["properties"][name]["type"] == "array";
    let mut arguments = needed(offer);
    arguments.insert(name.to_owned(), if is_list { json!(["bash", "-lc", command]) } else { json!(command) });
    Some(said(&offer.name, Input::Json(arguments.into())))
}

/// In the format of `apply_patch`.
fn patch(change: &str, offers: &[Offer]) -> Option<Said> {
    let offer = offered(&[PATCH], offers)?;
    let text = format!("*** Begin Patch\n{change}*** End Patch\n");
    if offer.free {
        return Some(said(PATCH, Input::Text(text)));
    }
    let mut arguments = needed(offer);
    arguments.insert(spelling(offer, &PATCH_TEXT)?.to_owned(), json!(text));
    Some(said(PATCH, Input::Json(arguments.into())))
}

/// A command that writes a file.
fn here(path: &str, content: &str) -> String {
    let end = if content.ends_with('\n') { "" } else { "\n" };
    format!("cat > '{path}' <<'END_OF_FILE'\n{content}{end}END_OF_FILE\n")
}

/// The arguments that the tool insists on, with something in them.
fn needed(offer: &Offer) -> Map<String, Value> {
    match schema::sample(&offer.schema) {
        Value::Object(arguments) => arguments,
        _ => Map::new(),
    }
}

fn spelling<'a>(offer: &Offer, spellings: &[&'a str]) -> Option<&'a str> {
    spellings.iter().copied().find(|name| offer.schema["properties"].get(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(name: &str, fields: &[&str]) -> Offer {
        let properties: Map<String, Value> =
            fields.iter().map(|field| ((*field).to_owned(), json!({ "type": "string" }))).collect();
        let schema = json!({ "type": "object", "properties": properties, "required": fields });
        Offer { name: name.to_owned(), free: false, schema }
    }

    #[test]
    fn each_agent_is_called_by_its_own_names() {
        let write = Action::Write { path: "a".into(), content: "b\n".into() };
        let edit = Action::Edit { path: "a".into(), old: "b".into(), new: "c".into() };
        let run = Action::Shell { command: "ls".into() };
        let codex = Offer { name: PATCH.into(), free: true, schema: Value::Null };
        let listed = json!({ "type": "object", "properties": { "command": { "type": "array" } } });
        let table = [
            (
                &write,
                offer("Write", &["file_path", "content"]),
                json!({ "file_path": "a", "content": "b\n" }),
            ),
            (&write, offer("write", &["filePath", "content"]), json!({ "filePath": "a", "content": "b\n" })),
            (
                &edit,
                offer("replace", &["file_path", "instruction", "old_string", "new_string"]),
                json!({ "file_path": "a", "instruction": "ok", "old_string": "b", "new_string": "c" }),
            ),
            (&run, offer("exec_command", &["cmd"]), json!({ "cmd": "ls" })),
            (
                &run,
                Offer { name: "shell".into(), free: false, schema: listed },
                json!({ "command": ["bash", "-lc", "ls"] }),
            ),
        ];
        for (action, offer, arguments) in table {
            let name = offer.name.clone();
            assert_eq!(choose(action, &[offer]), Some(said(&name, Input::Json(arguments))), "{name}");
        }
        let text = "*** Begin Patch\n*** Update File: a\n@@\n-b\n+c\n*** End Patch\n";
        assert_eq!(choose(&edit, &[codex]), Some(said(PATCH, Input::Text(text.into()))));
        let by_shell = choose(&write, &[offer("bash", &["command"])]);
        let command = "cat > 'a' <<'END_OF_FILE'\nb\nEND_OF_FILE\n";
        assert_eq!(by_shell, Some(said("bash", Input::Json(json!({ "command": command })))));
        assert_eq!(choose(&edit, &[offer("bash", &["command"])]), None);
    }
}
