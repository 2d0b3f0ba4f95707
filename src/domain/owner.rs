//! Whose instance this is, and how that is found out.
//!
//! Sources are asked one after the other, the most telling first. One that says "nobody" passes the question on; one
//! that cannot answer now stops it, for a weaker source must not overrule a stronger one that has not spoken yet. So
//! the question is asked again: soon at first, then every few minutes for as long as it takes.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::{DateTime, Utc};

/// Who owns this instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Lower-cased, not empty.
    pub email: String,
    pub resolved_at: DateTime<Utc>,
    /// Which source said so.
    pub source: &'static str,
}

/// The owner, once known: for as long as the daemon lives. All clones see the same; reading takes no lock.
#[derive(Debug, Clone, Default)]
pub struct Known(Arc<OnceLock<Owner>>);

impl Known {
    pub fn get(&self) -> Option<&Owner> {
        self.0.get()
    }

    /// Whether this lower-cased name is the owner's.
    pub fn is(&self, person: &str) -> bool {
        self.get().is_some_and(|owner| owner.email == person)
    }

    /// False: somebody else was first.
    pub fn set(&self, owner: Owner) -> bool {
        self.0.set(owner).is_ok()
    }
}

/// What a source says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Found(String),
    /// It knows that it does not know: asking again is no use.
    Nobody,
    /// It could not answer now, because of this.
    Unavailable(String),
}

impl Answer {
    /// A name as it was found: without blanks around it, lower-cased; an empty one is nobody's.
    pub fn named(text: &str) -> Answer {
        let email = text.trim().to_lowercase();
        if email.is_empty() { Answer::Nobody } else { Answer::Found(email) }
    }
}

/// The answer to come.
pub type Asked = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Somebody who may know the owner.
pub trait Source: Send + Sync {
    /// How it is called in logs: "APP_OWNER_EMAIL".
    fn name(&self) -> &'static str;
    fn ask(&self) -> Asked;
}

/// The owner that the settings name.
pub struct Configured(pub Option<String>);

impl Source for Configured {
    fn name(&self) -> &'static str {
        "APP_OWNER_EMAIL"
    }

    fn ask(&self) -> Asked {
        let answer = self.0.as_deref().map_or(Answer::Nobody, Answer::named);
        Box::pin(std::future::ready(answer))
    }
}

/// Asks all sources once; with the name of the one that answered.
pub async fn ask_all(sources: &[Box<dyn Source>]) -> (Answer, &'static str) {
    for source in sources {
        match source.ask().await {
            Answer::Nobody => {}
            // A source need not have tidied up.
            Answer::Found(text) => match Answer::named(&text) {
                Answer::Nobody => {}
                answer => return (answer, source.name()),
            },
            answer => return (answer, source.name()),
        }
    }
    (Answer::Nobody, "")
}

/// How often a start asks before that is worth a line in the log.
pub const START: u32 = 3;
const FIRST: Duration = Duration::from_secs(2);
const SOON: Duration = Duration::from_secs(60);
const LATER: Duration = Duration::from_secs(5 * 60);
/// Attempts until the pauses grow long.
const EAGER: u32 = 11;

/// How long to wait after the given number of attempts that got no answer.
pub fn pause(attempts: u32) -> Duration {
    match attempts {
        0..EAGER => FIRST.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(SOON),
        _ => LATER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    struct Says(&'static str, Answer);

    impl Source for Says {
        fn name(&self) -> &'static str {
            self.0
        }

        fn ask(&self) -> Asked {
            Box::pin(std::future::ready(self.1.clone()))
        }
    }

    fn asked(sources: Vec<Says>) -> (Answer, &'static str) {
        let sources: Vec<Box<dyn Source>> =
            sources.into_iter().map(|source| Box::new(source) as Box<dyn Source>).collect();
        ask_all(&sources).now_or_never().unwrap()
    }

    #[test]
    fn the_first_source_that_knows_is_believed_and_one_that_cannot_say_is_waited_for() {
        let found = |name: &str| Answer::Found(name.into());
        let down = || Answer::Unavailable("503".into());
        assert_eq!(asked(vec![]), (Answer::Nobody, ""));
        assert_eq!(asked(vec![Says("a", Answer::Nobody)]), (Answer::Nobody, ""));
        assert_eq!(
            asked(vec![Says("a", found(" Ann@X.com")), Says("b", found("bob@x.com"))]),
            (found("ann@x.com"), "a")
        );
        assert_eq!(
            asked(vec![Says("a", Answer::Nobody), Says("b", found("bob@x.com"))]),
            (found("bob@x.com"), "b")
        );
        assert_eq!(
            asked(vec![Says("a", found("  ")), Says("b", found("bob@x.com"))]),
            (found("bob@x.com"), "b")
        );
        assert_eq!(asked(vec![Says("a", down()), Says("b", found("bob@x.com"))]), (down(), "a"));
    }

    #[test]
    fn the_setting_is_trimmed_and_a_blank_one_is_nobody() {
        for (text, answer) in [
            (Some(" Ann@Example.COM "), Answer::Found("ann@example.com".into())),
            (Some("  "), Answer::Nobody),
            (None, Answer::Nobody),
        ] {
            let source = Configured(text.map(str::to_owned));
            assert_eq!(source.ask().now_or_never(), Some(answer), "{text:?}");
        }
    }

    #[test]
    fn the_pauses_grow_and_never_end() {
        let seconds: Vec<u64> = (1..=13).map(|attempts| pause(attempts).as_secs()).collect();
        assert_eq!(seconds, [2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 300, 300, 300]);
        assert_eq!(pause(u32::MAX), LATER);
    }

    #[test]
    fn the_first_owner_stays() {
        let owner = |email: &str| Owner { email: email.into(), resolved_at: DateTime::default(), source: "" };
        let known = Known::default();
        assert!(!known.is("ann@x.com") && !known.is(""));
        let clone = known.clone();
        assert!(known.set(owner("ann@x.com")));
        assert!(clone.is("ann@x.com") && !clone.is("bob@x.com"));
        assert!(!clone.set(owner("bob@x.com")));
        assert!(known.is("ann@x.com"));
    }
}
