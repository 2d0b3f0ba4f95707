//! Catching a panic together with what it said and where.
//!
//! `catch_unwind` gives the message but not the place; only the hook sees the place. The hook
//! leaves both in a thread local, where [`contain`] takes them.
//!
//! Of a panic, the message (cut to [`MESSAGE_MAX`]) and the place are kept, nothing else: no
//! backtrace, no values. Panics of supervised actors go to the log alone; any other also goes
//! to the hook that was there before, so that `main` and tests fail as they always did.

use std::{
    any::Any,
    cell::RefCell,
    fmt,
    panic::{AssertUnwindSafe, Location, PanicHookInfo, catch_unwind},
    sync::{Arc, Once},
};

/// Bytes of a message that are kept.
const MESSAGE_MAX: usize = 1024;

/// What a panic said, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panic {
    pub message: String,
    /// `file:line:column`; `None` when [`install_hook`] was not called.
    pub place: Option<String>,
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{} at {place}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

thread_local! {
    /// The child whose turn this thread is in.
    static ACTOR: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
    /// The last panic inside that turn.
    static LAST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// Makes the process's panics known to the supervisor and the log. Further calls do nothing.
pub fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !note(info) {
                before(info);
            }
        }));
    });
}

/// Logs a panic; true when it happened in a child's turn and will be caught there.
fn note(info: &PanicHookInfo<'_>) -> bool {
    let actor = ACTOR.try_with(|actor| actor.borrow().clone()).ok().flatten();
    let panic = Panic { message: message(info.payload()), place: info.location().map(Location::to_string) };
    let place = panic.place.as_deref().unwrap_or("unknown");
    tracing::error!(actor = actor.as_deref(), place, panic = %panic.message, "panicked");
    if actor.is_none() {
        return false;
    }
    LAST.try_with(|last| last.replace(Some(panic))).is_ok()
}

/// Runs a part of the child's turn; a panic in it becomes an error.
///
/// Whatever `work` borrowed is left as the panic left it: the caller restarts or drops it.
pub(super) fn contain<T>(actor: &Arc<str>, work: impl FnOnce() -> T) -> Result<T, Panic> {
    let outer = ACTOR.replace(Some(Arc::clone(actor)));
    // Left behind by a panic that the actor caught itself.
    LAST.take();
    let result = catch_unwind(AssertUnwindSafe(work));
    ACTOR.replace(outer);
    result.map_err(|payload| {
        let noted = LAST.take();
        noted.unwrap_or_else(|| Panic { message: message(&*payload), place: None })
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = match payload.downcast_ref::<&str>() {
        Some(text) => text,
        None => payload.downcast_ref::<String>().map_or("(not a text)", String::as_str),
    };
    text[..text.floor_char_boundary(MESSAGE_MAX)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_and_place_are_kept_and_the_message_is_cut() {
        install_hook();
        let name: Arc<str> = "panics-test".into();
        assert_eq!(contain(&name, || 7), Ok(7));
        let panic = contain(&name, || panic!("number {}", 7)).unwrap_err();
        assert_eq!(panic.message, "number 7");
        assert!(panic.place.is_some_and(|place| place.contains("panics.rs:")));
        let panic = contain(&name, || panic!("{}", "ä".repeat(MESSAGE_MAX))).unwrap_err();
        assert_eq!(panic.message.len(), MESSAGE_MAX);
        let panic = contain(&name, || std::panic::panic_any(7)).unwrap_err();
        assert_eq!(panic.message, "(not a text)");
    }

    #[test]
    fn a_contained_panic_inside_a_turn_leaves_the_turn_its_own() {
        install_hook();
        let (outer, inner): (Arc<str>, Arc<str>) = ("outer".into(), "inner".into());
        let panic = contain(&outer, || {
            let inner = contain(&inner, || panic!("inner")).unwrap_err();
            assert_eq!(inner.message, "inner");
            panic!("outer");
        });
        assert_eq!(panic.map_err(|panic: Panic| panic.message), Err::<(), _>("outer".into()));
    }
}
