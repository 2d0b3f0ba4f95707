//! A small reproducible source of nonsense.

use serde_json::{Value, json};

pub struct Nonsense(pub u64);

impl Nonsense {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        let count = self.below(most + 1);
        (0..count).map(|_| self.below(256) as u8).collect()
    }

    pub fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// Any JSON, whose objects have these `names`.
    pub fn value(&mut self, depth: usize, names: &[&str]) -> Value {
        match self.below(if depth == 0 { 7 } else { 9 }) {
            0 => Value::Null,
            1 => json!(self.below(2) == 0),
            2 => json!(self.one(&[-1i64, 0, 1, 65_536, i64::MIN, i64::MAX])),
            3 => json!(self.one(&[u64::MAX, 1 << 32, 1 << 53])),
            4 => json!(self.one(&[1.5e308, -0.5, 4_294_967_295.0])),
            5 => json!(String::from_utf8_lossy(&self.bytes(40))),
            6 => json!(self.one(&["write", "read", "", "../..", "\u{0}", "💥"])),
            7 => (0..self.below(4)).map(|_| self.value(depth - 1, names)).collect(),
            _ => (0..self.below(4))
                .map(|_| (self.one(names).to_owned(), self.value(depth - 1, names)))
                .collect(),
        }
    }
}
