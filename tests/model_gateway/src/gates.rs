//! Places where an answer waits until a test says go, so that tests need not sleep.

use std::collections::BTreeSet;

/// Of open ones; some other is shut then.
const MOST: usize = 10_000;

/// Gates that are open. A gate is shut until it is released, and stays open until it is shut again.
#[derive(Debug, Default)]
pub struct Gates(BTreeSet<String>);

impl Gates {
    pub fn release(&mut self, name: &str) {
        if self.0.len() >= MOST {
            self.0.pop_first();
        }
        self.0.insert(name.to_owned());
    }

    pub fn shut(&mut self, name: &str) {
        self.0.remove(name);
    }

    pub fn is_open(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}
