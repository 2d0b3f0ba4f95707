//! What programs say about themselves (OSC 7501, draft 0.2): idle, working, blocked on a person,
//! done, failed.
//!
//! Any program on the terminal can say anything: a status is a hint, never a proof.

/// Most records kept; the one not said for longest makes way.
const MOST: usize = 256;
/// Longest sequence obeyed, in bytes.
const LONGEST: usize = 4096;
const LONGEST_ID: usize = 128;
const MOST_PARTS: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Idle,
    Working,
    Done,
    Blocked,
    Error,
}

/// What a blocked program waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Permission,
    Question,
    Auth,
}

/// The last word of one program, or of one part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// A path of parts, `/` between them; empty for the program as a whole.
    pub id: String,
    pub state: State,
    /// When blocked, and when said.
    pub kind: Option<Kind>,
    /// In percent.
    pub progress: Option<u8>,
    pub app: Option<String>,
    pub title: Option<String>,
    pub message: Option<String>,
    /// The sequence's inside, to be said again.
    said: String,
}

/// All records, the one said last at the end.
#[derive(Debug, Clone, Default)]
pub struct Statuses {
    list: Vec<Status>,
    news: News,
}

/// How often something was said so far, to see whether something was said since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct News {
    pub statuses: u64,
    pub prompts: u64,
}

impl Statuses {
    /// Obeys the inside of a sequence; what is malformed or too long changes nothing.
    pub fn read(&mut self, data: &str) {
        if data.len() > LONGEST {
            return;
        }
        self.news.statuses += 1;
        let find = |name: &str| {
            let fields = data.split(':').map(|field| field.split_once('=').unwrap_or((field, "")));
            fields.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim()).next_back()
        };
        let id = find("id").unwrap_or_default();
        if id.len() > LONGEST_ID || id.split('/').count() > MOST_PARTS {
            return;
        }
        let state = match find("state") {
            Some("idle") => State::Idle,
            Some("working") => State::Working,
            Some("done") => State::Done,
            Some("blocked") => State::Blocked,
            Some("error") => State::Error,
            Some("clear") => return self.list.retain(|status| !is_within(&status.id, id)),
            _ => return,
        };
        let kind = match find("kind") {
            Some("permission") => Some(Kind::Permission),
            Some("question") => Some(Kind::Question),
            Some("auth") => Some(Kind::Auth),
            _ => None,
        };
        self.list.retain(|status| status.id != id);
        if self.list.len() == MOST {
            self.list.remove(0);
        }
        self.list.push(Status {
            id: id.to_owned(),
            state,
            kind: kind.filter(|_| state == State::Blocked),
            progress: find("progress").and_then(|text| text.parse().ok()).filter(|percent| *percent <= 100),
            app: find("app").map(clean),
            title: find("title").and_then(decode),
            message: find("msg").and_then(decode),
            said: data.chars().filter(|glyph| !glyph.is_control()).collect(),
        });
    }

    /// A prompt: what was running here runs no longer.
    pub fn prompt(&mut self) {
        self.news.prompts += 1;
        self.list.retain(|status| !matches!(status.state, State::Working | State::Blocked));
    }

    pub fn clear(&mut self) {
        self.news.statuses += 1;
        self.list.clear();
    }

    pub fn list(&self) -> &[Status] {
        &self.list
    }

    pub fn news(&self) -> News {
        self.news
    }

    /// The newest records, in their order, in at most `room` bytes of sequences.
    pub fn said(&self, mut room: usize) -> String {
        let all = self.list.iter().rev().map(|status| format!("\x1b]7501;{}\x1b\\", status.said));
        let fits = |said: &String| match room.checked_sub(said.len()) {
            Some(left) => {
                room = left;
                true
            }
            None => false,
        };
        let newest: Vec<String> = all.take_while(fits).collect();
        newest.into_iter().rev().collect()
    }
}

fn is_within(id: &str, path: &str) -> bool {
    path.is_empty() || id.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn clean(text: &str) -> String {
    text.chars().filter(|glyph| !glyph.is_control()).collect()
}

/// Base64 of UTF-8, padded or not; control characters are dropped.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let (mut word, mut bits) = (0u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        word = word << 6 & 0xffff | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
        }
    }
    Some(clean(&String::from_utf8_lossy(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &[&str]) -> Statuses {
        let mut statuses = Statuses::default();
        list.iter().for_each(|data| statuses.read(data));
        statuses
    }

    #[test]
    fn a_status_is_read_in_full() {
        let statuses = read(&[
            "state=blocked:id=main/1:kind=permission:progress=40:app=agent:title=VGl0bGU=:msg=cm0gLXJm",
        ]);
        let [status] = statuses.list() else { panic!("one record") };
        assert_eq!((status.state, status.kind), (State::Blocked, Some(Kind::Permission)));
        assert_eq!((status.id.as_str(), status.progress), ("main/1", Some(40)));
        let texts = (status.app.as_deref(), status.title.as_deref(), status.message.as_deref());
        assert_eq!(texts, (Some("agent"), Some("Title"), Some("rm -rf")));
    }

    #[test]
    fn records_replace_clear_and_make_way() {
        let working = read(&["state=working", "state=done", "state=working:id=a/b", "state=error:id=ab"]);
        assert_eq!(working.list().len(), 3);
        let cleared = read(&["state=working:id=a/b", "state=error:id=ab", "state=clear:id=a"]);
        assert_eq!(cleared.list()[0].id, "ab");
        let many: Vec<String> = (0..1000).map(|number| format!("state=idle:id={number}")).collect();
        let many = read(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((many.list().len(), many.list()[0].id.as_str()), (MOST, "744"));
    }

    #[test]
    fn nonsense_changes_nothing() {
        let long = format!("state=idle:msg={}", "A".repeat(LONGEST));
        let deep = format!("state=idle:id={}", "a/".repeat(MOST_PARTS));
        let statuses = read(&["", "?", "state=", "state=asleep", "progress=3", &long, &deep]);
        assert!(statuses.list().is_empty());
        assert_eq!(read(&["state=idle:progress=101:msg=*"]).list()[0].message, None);
    }

    #[test]
    fn a_prompt_ends_what_was_running() {
        let mut statuses = read(&["state=working:id=a", "state=done:id=b", "state=blocked:id=c"]);
        statuses.prompt();
        assert_eq!(statuses.list().iter().map(|status| status.id.as_str()).collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn what_is_said_reads_back_within_its_room() {
        let first = read(&["state=done:id=b", "state=blocked:id=c:kind=auth"]);
        let whole = first.said(1000);
        let mut second = Statuses::default();
        for part in whole.split("\x1b]7501;").filter(|part| !part.is_empty()) {
            second.read(part.trim_end_matches("\x1b\\"));
        }
        assert_eq!(second.list(), first.list());
        assert!(!first.said(45).contains("id=b"));
    }
}
