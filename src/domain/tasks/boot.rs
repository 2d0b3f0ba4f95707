//! What becomes of a run that is found again: what the record says, and what still lives.

use super::{State, Task};

/// What is known of a run's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its program runs, or is just being started.
    Running,
    /// It is over; its output and its end can be read.
    Over,
    /// There is none.
    Absent,
}

/// How to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Launch,
    /// Watch what runs, or read what it left.
    Watch,
    /// Nothing can be known any more; its files may still hold a result.
    Lost,
}

/// How to go on with a live run. `keeper`: which one holds the sessions now.
///
/// A keeper knows each session it was ever asked for until its end is written down, so under the same keeper a run that
/// was to be launched and has no session was not launched. Under another keeper nobody knows.
pub fn way(task: &Task, keeper: &str, fate: Fate) -> Way {
    let same = task.run.keeper.as_deref() == Some(keeper);
    match fate {
        Fate::Running | Fate::Over => Way::Watch,
        Fate::Absent if same && task.state == State::Starting => Way::Launch,
        Fate::Absent => Way::Lost,
    }
}
