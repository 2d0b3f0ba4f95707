//! What can be read about children, and that it stays small.

use std::sync::mpsc;

use super::*;
use crate::{
    actors::supervisor::roster::{ENDED_KEPT, LIVES_KEPT},
    domain::restart::Restart,
};

#[test]
fn a_row_tells_the_life_of_its_child() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let child = start(ChildSpec::transient("probe"), &reports, &script);
        let row = reports.row("probe").expect("a row from the start");
        assert_eq!((row.state, row.restart), (ChildState::Starting, Restart::Transient));
        assert_eq!(row.started_at, None);
        assert_eq!(child.addr.send(Count).await, Ok(1));
        let row = reports.row("probe").expect("a row");
        assert_eq!(row.state, ChildState::Running);
        assert!(row.started_at.is_some());
        assert!(row.busy.turns >= 1 && row.busy.longest <= row.busy.total);
        assert_eq!(row.busy.in_turn, None);
        assert_eq!(reports.rows().len(), 1);
    });
}

#[test]
fn events_are_numbered_and_announced() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let child = start(ChildSpec::permanent("probe"), &reports, &script);
        let news = reports.news();
        assert!(child.addr.send(Deed::Panic).await.is_err());
        assert_eq!(child.addr.send(Count).await, Ok(1));
        let lives = reports.lives_after(0);
        let numbers: Vec<u64> = lives.iter().map(|life| life.seq).collect();
        assert_eq!(numbers, [1, 2, 3]);
        assert_eq!(*news.borrow(), 3);
        assert!(matches!(lives[0].what, LifeEvent::Crashed(_)), "its first turn");
        assert!(matches!(lives[1].what, LifeEvent::Restarting { .. }));
        assert_eq!(lives[2].what, LifeEvent::Started);
        assert_eq!(reports.lives_after(2).len(), 1);
        assert_eq!(reports.lives_after(3).len(), 0);
    });
}

#[test]
fn a_new_child_takes_over_the_name_and_the_totals() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let old = start(ChildSpec::permanent("probe"), &reports, &script);
        assert!(old.addr.send(Deed::Panic).await.is_err());
        recovered(&reports, "probe", 1).await;
        let new = start(ChildSpec::permanent("probe"), &reports, &script);
        old.handle.stop();
        old.handle.gone().await;
        let row = recovered(&reports, "probe", 1).await;
        assert_eq!((row.state, row.restarts), (ChildState::Running, 1), "not the old one's end");
        reports.crash("probe", CrashSite::Handler).expect("it lives");
        recovered(&reports, "probe", 2).await;
        assert_eq!(new.addr.send(Count).await, Ok(1));
    });
}

#[test]
fn ended_rows_and_events_are_bounded() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let kept = start(ChildSpec::permanent("kept"), &reports, &script);
        for nth in 0..ENDED_KEPT + 10 {
            let child = start(ChildSpec::transient(format!("{nth}")), &reports, &script);
            child.handle.stop();
            child.handle.gone().await;
        }
        assert_eq!(reports.rows().len(), ENDED_KEPT + 1);
        assert!(reports.row("9").is_none(), "the oldest went");
        assert!(reports.row("10").is_some());
        assert_eq!(reports.lives_after(0).len(), LIVES_KEPT);

        reports.forget("10");
        reports.forget("kept");
        assert!(reports.row("10").is_none());
        assert!(reports.row("kept").is_some(), "it is alive");
        assert_eq!(kept.addr.send(Count).await, Ok(1));
    });
}

/// Blocks its thread until the test lets go.
struct Stuck(mpsc::Receiver<()>);

impl Actor for Stuck {
    type Context = Context<Stuck>;
}

impl Supervised for Stuck {}

impl Handler<Count> for Stuck {
    type Result = u32;

    fn handle(&mut self, _: Count, _: &mut Self::Context) -> u32 {
        let _ = self.0.recv();
        1
    }
}

#[test]
fn a_child_that_is_stuck_shows() {
    system(async {
        let (reports, arbiter) = (Reports::new(), Arbiter::new());
        let (let_go, stuck) = mpsc::channel();
        let spec = ChildSpec::permanent("stuck");
        let child = supervise(spec, &arbiter.handle(), reports.clone(), |_| Stuck(stuck));
        recovered(&reports, "stuck", 0).await;
        let answer = child.addr.send(Count);
        let at_least = Duration::from_millis(20);
        let in_turn = || reports.row("stuck").expect("a row").busy.in_turn;
        while in_turn().is_none_or(|lasted| lasted < at_least) {
            tokio::task::yield_now().await;
        }
        let_go.send(()).expect("it waits");
        assert_eq!(answer.await, Ok(1));
        child.handle.stop();
        child.handle.gone().await;
        let busy = reports.row("stuck").expect("a row").busy;
        assert!(busy.longest >= at_least && busy.total >= busy.longest);
        assert_eq!(busy.in_turn, None);
        arbiter.stop();
    });
}
