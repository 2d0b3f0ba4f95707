//! Numbered tables for what does not fit in a cell.
//!
//! A value is stored once and named by a number from 1; 0 means "nothing". A table only grows
//! until [`Table::is_due`]; then its owner marks what is still in use and sweeps the rest. A table
//! that is full of values in use refuses new ones, or forgets the oldest where its owner says so: a
//! hostile stream costs looks, never memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// How many values, and bytes of them, a table takes before the first sweep.
const FIRST_SWEEP: usize = 512;
const FIRST_BYTES: usize = 64 * 1024;

/// What a value takes beside its place in the table, in bytes.
pub trait Weigh {
    fn weight(&self) -> usize;
}

impl Weigh for Arc<str> {
    fn weight(&self) -> usize {
        self.len()
    }
}

/// Values by number and numbers by value.
#[derive(Debug)]
pub struct Table<T> {
    slots: Vec<Slot<T>>,
    numbers: HashMap<T, u32>,
    free: Vec<u32>,
    /// How many values there ever were.
    born: u64,
    bytes: usize,
    /// Values refused since the last sweep.
    refused: usize,
    sweep_at: usize,
    sweep_bytes: usize,
    limit: usize,
    budget: usize,
}

#[derive(Debug)]
enum Slot<T> {
    Free,
    /// The value was forgotten; its number may still be in use.
    Forgotten,
    Held {
        value: T,
        born: u64,
    },
}

impl<T: Eq + Hash + Clone + Weigh> Table<T> {
    /// A table that never holds more than `limit` values.
    pub fn new(limit: usize) -> Table<T> {
        Table {
            slots: Vec::new(),
            numbers: HashMap::new(),
            free: Vec::new(),
            born: 0,
            bytes: 0,
            refused: 0,
            sweep_at: FIRST_SWEEP.min(limit),
            sweep_bytes: FIRST_BYTES,
            limit,
            budget: usize::MAX,
        }
    }

    /// The same, and its values never weigh more than `budget` bytes.
    pub fn with_budget(self, budget: usize) -> Table<T> {
        Table { budget, ..self }
    }

    /// The value's number; `None` when the table is full.
    pub fn intern(&mut self, value: T) -> Option<u32> {
        if let Some(&number) = self.numbers.get(&value) {
            return Some(number);
        }
        let weight = value.weight();
        if self.numbers.len() >= self.limit || self.bytes + weight > self.budget {
            self.refused += 1;
            return None;
        }
        let number = match self.free.pop() {
            Some(number) => number,
            None => {
                self.slots.push(Slot::Free);
                self.slots.len() as u32
            }
        };
        self.born += 1;
        self.bytes += weight;
        self.slots[number as usize - 1] = Slot::Held { value: value.clone(), born: self.born };
        self.numbers.insert(value, number);
        Some(number)
    }

    pub fn get(&self, number: u32) -> Option<&T> {
        match self.slots.get((number as usize).checked_sub(1)?)? {
            Slot::Held { value, .. } => Some(value),
            _ => None,
        }
    }

    /// The values with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (1..).zip(&self.slots).filter_map(|(number, slot)| match slot {
            Slot::Held { value, .. } => Some((number, value)),
            _ => None,
        })
    }

    /// Whether a value of this weight must be refused.
    pub fn is_full_for(&self, weight: usize) -> bool {
        self.numbers.len() >= self.limit || self.bytes + weight > self.budget
    }

    /// Whether a sweep is worth its cost before more values are added. A full table that swept on
    /// each new value would be quadratic: it waits until an eighth of it was refused.
    pub fn is_due(&self) -> bool {
        let (count, bytes) = (self.numbers.len(), self.bytes);
        count >= self.sweep_at || bytes >= self.sweep_bytes || self.refused > self.limit / 8
    }

    /// An empty set of marks for this table.
    pub fn marks(&self) -> Marks {
        Marks(vec![false; self.slots.len()])
    }

    /// Forgets every value that is not marked; numbers that are marked are not given again.
    pub fn sweep(&mut self, marks: &Marks) {
        self.refused = 0;
        for index in 0..self.slots.len() {
            let marked = marks.0.get(index).copied().unwrap_or(false);
            if !marked && !matches!(self.slots[index], Slot::Free) {
                self.forget(index);
                self.slots[index] = Slot::Free;
                self.free.push(index as u32 + 1);
            }
        }
        let eighth = |whole: usize| whole - whole / 8;
        let count = self.numbers.len();
        let crowded = count > eighth(self.limit) || self.bytes > eighth(self.budget);
        self.sweep_at = if crowded { usize::MAX } else { (count * 2).max(FIRST_SWEEP).min(self.limit) };
        self.sweep_bytes = if crowded { usize::MAX } else { (self.bytes * 2).max(FIRST_BYTES) };
    }

    /// Forgets the oldest values until an eighth of the table is free. What still has their numbers
    /// has nothing then.
    pub fn forget_oldest(&mut self) {
        let mut ages: Vec<(u64, usize)> = Vec::new();
        for (index, slot) in self.slots.iter().enumerate() {
            if let Slot::Held { born, .. } = slot {
                ages.push((*born, index));
            }
        }
        ages.sort_unstable();
        for (_, index) in ages {
            if self.numbers.len() <= self.limit - self.limit / 8
                && self.bytes <= self.budget - self.budget / 8
            {
                break;
            }
            self.forget(index);
        }
    }

    fn forget(&mut self, index: usize) {
        if let Slot::Held { value, .. } = std::mem::replace(&mut self.slots[index], Slot::Forgotten) {
            self.bytes -= value.weight();
            self.numbers.remove(&value);
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

    impl Weigh for &'static str {
        fn weight(&self) -> usize {
            self.len()
        }
    }

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
    fn a_full_table_forgets_the_oldest_and_keeps_their_numbers_apart() {
        let mut table = Table::new(100).with_budget(8);
        let old = table.intern("old!").unwrap();
        let new = table.intern("new!").unwrap();
        assert!(table.is_full_for(1));
        assert_eq!(table.intern("more"), None);
        table.forget_oldest();
        assert_eq!((table.get(old), table.get(new)), (None, Some(&"new!")));
        let mut marks = table.marks();
        [old, new].into_iter().for_each(|number| marks.set(number));
        table.sweep(&marks);
        let more = table.intern("more").unwrap();
        assert!(more != old, "a cell may still have the number");

        table.sweep(&table.marks());
        assert_eq!(table.iter().count(), 0);
        assert!(table.intern("next").is_some_and(|number| number <= more), "numbers are given again");
    }

    #[test]
    fn nothing_is_number_zero() {
        let table: Table<&str> = Table::new(8);
        assert_eq!(table.get(0), None);
        assert_eq!(table.get(9), None);
    }
}
