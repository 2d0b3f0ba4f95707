//! Numbered tables for what does not fit in a cell.
//!
//! A value is stored once and named by a number from 1; 0 means "nothing". A table only grows
//! until [`Table::is_due`]; then its owner marks what is still in use and sweeps the rest. A full
//! table refuses new values, so a hostile stream costs looks, never memory.

use std::collections::HashMap;
use std::hash::Hash;

/// How many values a table takes before the first sweep.
const FIRST_SWEEP: usize = 512;

/// Values by number and numbers by value.
#[derive(Debug)]
pub struct Table<T> {
    values: Vec<Option<T>>,
    numbers: HashMap<T, u32>,
    free: Vec<u32>,
    sweep_at: usize,
    limit: usize,
}

impl<T: Eq + Hash + Clone> Table<T> {
    /// A table that never holds more than `limit` values.
    pub fn new(limit: usize) -> Table<T> {
        Table {
            values: Vec::new(),
            numbers: HashMap::new(),
            free: Vec::new(),
            sweep_at: FIRST_SWEEP.min(limit),
            limit,
        }
    }

    /// The value's number; `None` when the table is full.
    pub fn intern(&mut self, value: T) -> Option<u32> {
        if let Some(&number) = self.numbers.get(&value) {
            return Some(number);
        }
        if self.numbers.len() >= self.limit {
            return None;
        }
        let number = match self.free.pop() {
            Some(number) => number,
            None => {
                self.values.push(None);
                self.values.len() as u32
            }
        };
        self.values[number as usize - 1] = Some(value.clone());
        self.numbers.insert(value, number);
        Some(number)
    }

    pub fn get(&self, number: u32) -> Option<&T> {
        self.values.get((number as usize).checked_sub(1)?)?.as_ref()
    }

    pub fn each(&self, see: impl FnMut(&T)) {
        self.values.iter().flatten().for_each(see);
    }

    /// Whether a sweep is worth its cost before more values are added.
    pub fn is_due(&self) -> bool {
        self.numbers.len() >= self.sweep_at
    }

    /// An empty set of marks for this table.
    pub fn marks(&self) -> Marks {
        Marks(vec![false; self.values.len()])
    }

    /// Forgets every value that is not marked.
    pub fn sweep(&mut self, marks: &Marks) {
        for (index, slot) in self.values.iter_mut().enumerate() {
            let marked = marks.0.get(index).copied().unwrap_or(false);
            if !marked && let Some(value) = slot.take() {
                self.numbers.remove(&value);
                self.free.push(index as u32 + 1);
            }
        }
        self.sweep_at = (self.numbers.len() * 2).max(FIRST_SWEEP).min(self.limit);
        // A full table that sweeps on each new value would be quadratic: leave an eighth to spend.
        if self.numbers.len() + self.limit / 8 > self.limit {
            self.sweep_at = usize::MAX;
        }
    }
}

/// Which numbers of a table are in use.
#[derive(Debug)]
pub struct Marks(Vec<bool>);

impl Marks {
    pub fn set(&mut self, number: u32) {
        if let Some(mark) = (number as usize).checked_sub(1).and_then(|index| self.0.get_mut(index)) {
            *mark = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_stored_once_and_numbers_reused() {
        let mut table = Table::new(3);
        let one = table.intern("one").unwrap();
        assert_eq!(table.intern("one"), Some(one));
        let two = table.intern("two").unwrap();
        table.intern("three").unwrap();
        assert_eq!(table.intern("four"), None, "full");

        let mut marks = table.marks();
        marks.set(two);
        table.sweep(&marks);
        assert_eq!(table.get(one), None);
        assert_eq!(table.get(two), Some(&"two"));
        assert!(table.intern("four").is_some());
    }

    #[test]
    fn nothing_is_number_zero() {
        let table: Table<u8> = Table::new(8);
        assert_eq!(table.get(0), None);
        assert_eq!(table.get(9), None);
    }
}
