//! Waiting for facts.

use std::time::{Duration, Instant};

/// How long anything may take before a test gives up. Far more than it ever needs: only failures reach it.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Asks again until the answer is there; panics with `what` after [`DEADLINE`].
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < DEADLINE, "waited {DEADLINE:?} for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
