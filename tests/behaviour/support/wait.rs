//! Waiting for facts.

use std::time::{Duration, Instant};

/// How long anything may take before a test gives up. Far more than it ever needs: only failures reach it.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Asks again until the answer is there; panics with `what` after [`DEADLINE`].
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, ask: impl FnMut() -> F) -> T {
    until_within(DEADLINE, || what.to_owned(), ask).await
}

/// The same with another deadline. `what` is asked when it has passed.
pub async fn until_within<T, F: Future<Output = Option<T>>>(
    deadline: Duration,
    what: impl Fn() -> String,
    mut ask: impl FnMut() -> F,
) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < deadline, "waited {deadline:?} for {}", what());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
