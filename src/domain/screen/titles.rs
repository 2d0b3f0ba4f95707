//! The window's title and icon name, and the stacks that programs push them on (CSI 22 and 23 t).
//!
//! xterm.js ignores the stacks unless the page allows them, so what a viewer shows is kept beside
//! what the program means.

/// Longest title kept, in characters.
const MAX_TITLE: usize = 256;
/// As many as xterm.js would keep.
const DEPTH: usize = 10;

/// One of the two names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Title {
    /// What a viewer that ignores the stack shows.
    pub shown: String,
    /// What the program means.
    pub current: String,
    pub stack: Vec<String>,
}

impl Title {
    pub fn set(&mut self, text: &str) {
        self.current = text.chars().filter(|glyph| !glyph.is_control()).take(MAX_TITLE).collect();
        self.shown.clone_from(&self.current);
    }

    /// Nothing was pushed, and what is shown is what is meant.
    pub fn is_plain(&self) -> bool {
        self.stack.is_empty() && self.shown == self.current
    }

    /// When the stack is full the oldest entry is forgotten.
    pub fn push(&mut self) {
        if self.stack.len() == DEPTH {
            self.stack.remove(0);
        }
        self.stack.push(self.current.clone());
    }

    pub fn pop(&mut self) {
        if let Some(text) = self.stack.pop() {
            self.current = text;
        }
    }

    /// The sequences that bring all of it about; `osc` and `which` are 2 and 2 for the title, 1 and 1
    /// for the icon name.
    pub fn said(&self, osc: u8, which: u8) -> String {
        let name = |text: &str| format!("\x1b]{osc};{text}\x1b\\");
        let mut said: String =
            self.stack.iter().map(|text| format!("{}\x1b[22;{which}t", name(text))).collect();
        said += &name(&self.current);
        if self.shown != self.current {
            // A viewer with a stack goes back to the current one.
            said += &format!("\x1b[22;{which}t{}\x1b[23;{which}t", name(&self.shown));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_popped_title_is_current_again() {
        let mut title = Title::default();
        title.set("shell");
        title.push();
        title.set("editor");
        title.pop();
        assert_eq!((title.current.as_str(), title.shown.as_str()), ("shell", "editor"));
        title.pop();
        assert_eq!(title.current, "shell");
    }

    #[test]
    fn the_stack_is_bounded() {
        let mut title = Title::default();
        (0..100).for_each(|number| {
            title.set(&number.to_string());
            title.push();
        });
        assert_eq!(title.stack.len(), DEPTH);
        assert_eq!(title.stack[0], "90");
    }
}
