//! The smallest JSON that fits a JSON schema, as far as agents use it: for arguments that a tool needs and the
//! script does not give, and for answers that must have a form.

use serde_json::{Map, Value, json};

/// Deeper ones are null.
const DEEPEST: usize = 16;

pub fn sample(schema: &Value) -> Value {
    at(schema, schema, 0)
}

fn at(root: &Value, schema: &Value, depth: usize) -> Value {
    if depth > DEEPEST {
        return Value::Null;
    }
    if let Some(target) = schema["$ref"].as_str() {
        let target = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return target.map_or(Value::Null, |target| at(root, target, depth + 1));
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(value) = schema["enum"].get(0) {
        return value.clone();
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema[choice].get(0) {
            return at(root, first, depth + 1);
        }
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"].get(0)?.as_str()).unwrap_or_default();
    match kind.to_ascii_lowercase().as_str() {
        "string" => json!("ok"),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(0)),
        "boolean" => json!(false),
        "null" => Value::Null,
        "array" => {
            let least = schema["minItems"].as_u64().unwrap_or(0).min(8);
            (0..least).map(|_| at(root, &schema["items"], depth + 1)).collect()
        }
        _ => object(root, schema, depth),
    }
}

fn object(root: &Value, schema: &Value, depth: usize) -> Value {
    let needed = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let fields: Map<String, Value> =
        needed.map(|name| (name.to_owned(), at(root, &schema["properties"][name], depth + 1))).collect();
    fields.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_what_is_required_and_nothing_else() {
        let schema = json!({
            "type": "object",
            "properties": {
                "title": { "type": "string" }, "kind": { "enum": ["a", "b"] }, "more": { "type": "string" },
                "list": { "type": "ARRAY", "minItems": 1, "items": { "$ref": "#/$defs/item" } },
            },
            "required": ["title", "kind", "list"],
            "$defs": { "item": { "type": ["integer", "null"], "minimum": 3 } },
        });
        assert_eq!(sample(&schema), json!({ "title": "ok", "kind": "a", "list": [3] }));
    }

    #[test]
    fn a_schema_that_holds_itself_ends() {
        let schema = json!({ "type": "object", "properties": { "x": { "$ref": "#" } }, "required": ["x"] });
        assert!(sample(&schema).to_string().len() < 500);
    }
}
