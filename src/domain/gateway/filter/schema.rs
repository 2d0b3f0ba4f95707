//! The schemas of tools' parameters, without the words that some models refuse.
//!
//! Words count where a schema stands and nowhere else: a parameter that is *named* `$schema`, or a value in an `enum`,
//! is data. What a `$ref` leads to takes its place, so that nothing of its meaning is lost; one that leads into itself
//! keeps the type of what it stands for.

use serde_json::{Map, Value};

/// Words that go.
const NOT_KNOWN: [&str; 10] = [
    "$schema",
    "$defs",
    "definitions",
    "$id",
    "$comment",
    "additionalProperties",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "uniqueItems",
];
/// A schema stands behind each name in these.
const NAMED: [&str; 3] = ["properties", "patternProperties", "dependentSchemas"];
/// A schema, or a list of them, stands in these.
const NESTED: [&str; 13] = [
    "items",
    "additionalItems",
    "prefixItems",
    "contains",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "propertyNames",
    "unevaluatedItems",
];
/// What stands where a `$ref` was may have so many bytes in all; more is left out like what leads into itself.
const MOST: usize = 256 * 1024;
/// Deepest nesting that is looked into.
const DEEPEST: usize = 64;

/// Mends a schema in place. Whether there was anything to mend.
pub(super) fn mend(schema: &mut Value, is_llama: bool) -> bool {
    let root = schema.clone();
    let mut mender = Mender { root: &root, is_llama, inside: Vec::new(), left: MOST, changed: false };
    mender.schema(schema, 0);
    mender.changed
}

struct Mender<'a> {
    root: &'a Value,
    is_llama: bool,
    /// The references whose targets we are in.
    inside: Vec<String>,
    left: usize,
    changed: bool,
}

impl Mender<'_> {
    fn schema(&mut self, schema: &mut Value, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let Some(words) = schema.as_object_mut() else { return };
        let outside = self.inside.len();
        self.resolve(words);
        let before = words.len();
        let whole = self.is_llama && words.get("type").and_then(Value::as_str) == Some("integer");
        words.retain(|word, _| {
            !(NOT_KNOWN.contains(&word.as_str()) || whole && matches!(word.as_str(), "minimum" | "maximum"))
        });
        self.changed |= words.len() != before;
        for (word, value) in words.iter_mut() {
            match value {
                Value::Object(named) if NAMED.contains(&word.as_str()) => {
                    named.values_mut().for_each(|schema| self.schema(schema, depth + 1));
                }
                Value::Array(list) if NESTED.contains(&word.as_str()) => {
                    list.iter_mut().for_each(|schema| self.schema(schema, depth + 1));
                }
                value if NESTED.contains(&word.as_str()) => self.schema(value, depth + 1),
                _ => {}
            }
        }
        self.inside.truncate(outside);
    }

    /// Puts what a reference leads to in its place; that may be a reference itself.
    fn resolve(&mut self, words: &mut Map<String, Value>) {
        while let Some(reference) = words.shift_remove("$ref") {
            self.changed = true;
            let pointer = reference.as_str().and_then(|reference| reference.strip_prefix('#'));
            let target = pointer.and_then(|pointer| self.root.pointer(pointer)).and_then(Value::as_object);
            let (Some(target), Some(pointer)) = (target, pointer) else { return };
            let bytes = Value::Object(target.clone()).to_string().len();
            let whole = bytes <= self.left && !self.inside.iter().any(|inside| inside == pointer);
            // What stands beside the reference says it more exactly.
            for (word, value) in target {
                if whole || matches!(word.as_str(), "type" | "description") {
                    words.entry(word.clone()).or_insert_with(|| value.clone());
                }
            }
            if !whole {
                return;
            }
            self.left -= bytes;
            self.inside.push(pointer.to_owned());
        }
    }
}
