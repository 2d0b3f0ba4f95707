//! What is asked about the use of models, and what is answered.

use chrono::{Days, NaiveDate};

use super::gateway::Counts;

/// Most sums in one answer, and how many days it looks back when nothing else is asked.
pub const MOST: u32 = 5_000;
const DAYS: u64 = 30;
/// Furthest look back, in days.
const FURTHEST: u64 = 3_660;

/// What sums are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Day,
    Session,
    Agent,
    Model,
}

/// Which sums are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Both days are in it, UTC.
    pub since: NaiveDate,
    pub until: NaiveDate,
    /// Only this session.
    pub session: Option<String>,
    pub by: Vec<Group>,
    pub limit: u32,
}

/// One sum; `None` for what it is not told apart by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    pub day: Option<NaiveDate>,
    pub session: Option<String>,
    pub agent: Option<String>,
    pub model: Option<String>,
    pub counts: Counts,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    #[error("`group_by` has {0:?}; list some of day, session, agent, model, separated by commas")]
    Group(String),
    #[error("`days` is {0}; give a number from 1 to {FURTHEST}")]
    Days(u64),
}

impl Question {
    /// The last `days` days up to `today`, told apart by the words in `group_by`.
    pub fn new(
        today: NaiveDate,
        days: Option<u64>,
        session: Option<String>,
        group_by: Option<&str>,
    ) -> Result<Question, QuestionError> {
        let days = days.unwrap_or(DAYS);
        if !(1..=FURTHEST).contains(&days) {
            return Err(QuestionError::Days(days));
        }
        let words = group_by.unwrap_or("day,session,agent,model").split(',').map(str::trim);
        let by = words.filter(|word| !word.is_empty()).map(group).collect::<Result<_, _>>()?;
        let since = today.checked_sub_days(Days::new(days - 1)).unwrap_or(today);
        Ok(Question { since, until: today, session, by, limit: MOST })
    }
}

fn group(word: &str) -> Result<Group, QuestionError> {
    match word {
        "day" => Ok(Group::Day),
        "session" => Ok(Group::Session),
        "agent" => Ok(Group::Agent),
        "model" => Ok(Group::Model),
        other => Err(QuestionError::Group(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_or_its_mistake_said() {
        let today = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        let ask = |days, by| Question::new(today, days, None, by);
        let question = ask(Some(2), Some(" model, day ,")).unwrap();
        assert_eq!(
            (question.since.to_string(), question.by),
            ("2026-02-28".to_owned(), vec![Group::Model, Group::Day])
        );
        assert_eq!(ask(None, None).unwrap().by.len(), 4);
        assert_eq!(ask(Some(0), None), Err(QuestionError::Days(0)));
        assert_eq!(ask(None, Some("week")), Err(QuestionError::Group("week".to_owned())));
        assert_eq!(ask(None, Some("")).unwrap().by, vec![]);
    }
}
