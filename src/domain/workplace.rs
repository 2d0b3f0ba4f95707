//! A person's workplace: what is open in the page and how it is arranged, kept so that another browser finds the same.
//!
//! What a layout says is the page's business: here it is an object of bounded size. A change names the revision that it
//! was made from, and one that was made from an older revision is refused with the present one, so that no browser
//! overwrites what it has not seen.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Of the answer's form. What is in a layout has a version of its own.
pub const VERSION: u32 = 1;
/// Layout and settings together, in bytes of JSON.
pub const MOST_BYTES: usize = 256 * 1024;

/// What is kept of one person. Nothing kept is revision 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Workplace {
    pub revision: u64,
    pub layout: Option<Value>,
    pub settings: Option<Value>,
}

/// What a page wants to have kept; what it leaves out stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// The revision that the page has seen.
    pub base: u64,
    pub layout: Option<Value>,
    pub settings: Option<Value>,
}

/// Why a change was not kept.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotKept {
    #[error("`{0}` must be a JSON object")]
    NoObject(&'static str),
    #[error("name `layout` or `settings`: there is nothing to keep")]
    Nothing,
    #[error("a workplace may have {MOST_BYTES} bytes, layout and settings together; this one has {0}")]
    TooLarge(usize),
    #[error("the workplace has changed meanwhile; merge with the present one and try again")]
    Outdated(Box<Workplace>),
}

impl Workplace {
    /// The workplace after a change. One that changes nothing keeps the revision.
    pub fn changed(self, change: Change) -> Result<Workplace, NotKept> {
        let Change { base, layout, settings } = change;
        for (name, value) in [("layout", &layout), ("settings", &settings)] {
            if value.as_ref().is_some_and(|value| !value.is_object()) {
                return Err(NotKept::NoObject(name));
            }
        }
        if layout.is_none() && settings.is_none() {
            return Err(NotKept::Nothing);
        }
        if base != self.revision {
            return Err(NotKept::Outdated(Box::new(self)));
        }
        let next = Workplace {
            revision: self.revision,
            layout: layout.or_else(|| self.layout.clone()),
            settings: settings.or_else(|| self.settings.clone()),
        };
        match next.bytes() {
            size if size > MOST_BYTES => Err(NotKept::TooLarge(size)),
            _ if next == self => Ok(self),
            _ => Ok(Workplace { revision: self.revision + 1, ..next }),
        }
    }

    fn bytes(&self) -> usize {
        [&self.layout, &self.settings].into_iter().flatten().map(|value| value.to_string().len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(base: u64, layout: Value) -> Change {
        Change { base, layout: Some(layout), settings: None }
    }

    #[test]
    fn a_change_of_the_present_revision_is_kept_and_counted() {
        let first = Workplace::default().changed(change(0, json!({"tabs": []}))).unwrap();
        assert_eq!((first.revision, &first.layout), (1, &Some(json!({"tabs": []}))));
        let settings = Change { base: 1, settings: Some(json!({"theme": "nord"})), ..Change::default() };
        let second = first.changed(settings).unwrap();
        assert_eq!(second.revision, 2);
        assert_eq!(second.layout, Some(json!({"tabs": []})), "what is left out stays");
    }

    #[test]
    fn what_changes_nothing_is_no_revision() {
        let first = Workplace::default().changed(change(0, json!({"a": 1}))).unwrap();
        assert_eq!(first.clone().changed(change(1, json!({"a": 1}))).unwrap(), first);
    }

    #[test]
    fn who_has_not_seen_the_present_one_is_told_it() {
        let present = Workplace::default().changed(change(0, json!({"a": 1}))).unwrap();
        for base in [0, 2, u64::MAX] {
            let refused = present.clone().changed(change(base, json!({"a": 2}))).unwrap_err();
            assert_eq!(refused, NotKept::Outdated(Box::new(present.clone())));
        }
    }

    #[test]
    fn only_objects_of_a_bounded_size_are_kept() {
        for wrong in [json!([]), json!("text"), json!(1), json!(null), json!(true)] {
            let refused = Workplace::default().changed(change(0, wrong)).unwrap_err();
            assert_eq!(refused, NotKept::NoObject("layout"));
        }
        let refused = Workplace::default().changed(Change::default()).unwrap_err();
        assert_eq!(refused, NotKept::Nothing);
        let room = MOST_BYTES - json!({"text": ""}).to_string().len();
        let fits = Workplace::default().changed(change(0, json!({"text": "x".repeat(room)})));
        assert!(fits.is_ok());
        let refused = Workplace::default().changed(change(0, json!({"text": "x".repeat(room + 1)})));
        assert_eq!(refused.unwrap_err(), NotKept::TooLarge(MOST_BYTES + 1));
        let both = Change { base: 1, settings: Some(json!({"text": "x"})), ..Change::default() };
        assert!(matches!(fits.unwrap().changed(both), Err(NotKept::TooLarge(_))));
    }
}
