//! Stop orders: with the actor's hooks, within the deadline, for good.

use super::*;

#[test]
fn a_stop_order_runs_the_hooks_and_is_for_good() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let child = start(ChildSpec::permanent("probe"), &reports, &script);
        assert_eq!(child.addr.send(Count).await, Ok(1));
        child.handle.stop();
        let queued = child.addr.send(Count);
        child.handle.stop();
        child.handle.gone().await;
        assert_eq!(queued.await, Err(MailboxError::Closed));
        let expected = [Hook::Started, Hook::Stopping, Hook::Stopped, Hook::Dropped];
        assert_eq!(script.called(), expected);
        let expected = [LifeEvent::Started, LifeEvent::Stopping, LifeEvent::Stopped(StopCause::Ordered)];
        assert_eq!(events(&reports, "probe"), expected);
        child.handle.gone().await;
        assert!(child.handle.is_gone());
    });
}

#[test]
fn an_actor_may_finish_its_work_first() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        script.busy(true);
        let child = start(ChildSpec::permanent("probe"), &reports, &script);
        assert_eq!(child.addr.send(Count).await, Ok(1));
        child.handle.stop();
        until(&reports, |reports| events(reports, "probe").contains(&LifeEvent::Stopping)).await;
        assert_eq!(child.addr.send(Count).await, Ok(2), "it goes on while it is busy");
        script.busy(false);
        child.addr.do_send(Deed::Stop);
        child.handle.gone().await;
        let last = events(&reports, "probe").pop();
        assert_eq!(last, Some(LifeEvent::Stopped(StopCause::Ordered)));
    });
}

#[test]
fn past_its_deadline_it_is_dropped() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        script.busy(true);
        let spec = ChildSpec::permanent("probe").stop_deadline(Duration::from_millis(10));
        let child = start(spec, &reports, &script);
        let waiting = child.addr.send(Later::Never);
        assert_eq!(child.addr.send(Count).await, Ok(1));
        child.handle.stop();
        child.handle.gone().await;
        assert_eq!(waiting.await, Err(MailboxError::Closed));
        let last = events(&reports, "probe").pop();
        assert_eq!(last, Some(LifeEvent::Stopped(StopCause::Overran)));
        assert_eq!(script.called(), [Hook::Started, Hook::Stopping, Hook::Dropped]);
    });
}

#[test]
fn before_it_was_made_it_never_is() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let child = start(ChildSpec::permanent("probe"), &reports, &script);
        child.handle.stop();
        let early = child.addr.send(Count);
        child.handle.gone().await;
        assert_eq!(early.await, Err(MailboxError::Closed));
        assert_eq!(script.called(), []);
    });
}

#[test]
fn while_it_waits_for_a_restart_it_goes_without_hooks() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let spec = ChildSpec::permanent("probe").backoff(DEADLINE * 2, DEADLINE * 2);
        let child = start(spec, &reports, &script);
        assert!(child.addr.send(Deed::Panic).await.is_err());
        until(&reports, |reports| {
            reports.row("probe").is_some_and(|row| row.state == ChildState::BackingOff)
        })
        .await;
        let queued = child.addr.send(Count);
        child.handle.stop();
        child.handle.gone().await;
        assert_eq!(queued.await, Err(MailboxError::Closed));
        assert_eq!(script.called(), [Hook::Started, Hook::Dropped]);
    });
}

#[test]
fn on_an_arbiter_that_ends_it_is_reported_as_abandoned() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let arbiter = Arbiter::new();
        let there = script.clone();
        let child = supervise(ChildSpec::permanent("probe"), &arbiter.handle(), reports.clone(), |_| {
            Probe::new(there)
        });
        assert_eq!(child.addr.send(Count).await, Ok(1));
        arbiter.stop();
        child.handle.gone().await;
        let last = events(&reports, "probe").pop();
        assert_eq!(last, Some(LifeEvent::Stopped(StopCause::Abandoned)));

        let handle = arbiter.handle();
        arbiter.join().expect("the arbiter's thread ends");
        let late = supervise(ChildSpec::permanent("late"), &handle, reports.clone(), |_| {
            Probe::new(Script::default())
        });
        late.handle.gone().await;
        assert_eq!(late.addr.send(Count).await, Err(MailboxError::Closed));
    });
}
