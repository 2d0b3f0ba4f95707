//! The agents themselves, as their makers ship them, against the mock of the model side: what they ask, what they do with
//! an answer, and how they tell that something went wrong. `make agents` fetches and runs them; one that is not there is
//! skipped with a message. (`install` fails for it with CI=true.)

mod agent;
mod contract;
mod home;
