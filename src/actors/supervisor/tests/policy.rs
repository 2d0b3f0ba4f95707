//! Which ends are followed by a start, after how long, and when that is over.

use std::time::Instant;

use super::*;

#[test]
fn transient_ends_when_its_work_is_done() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let child = start(ChildSpec::transient("probe"), &reports, &script);
        assert!(child.addr.send(Deed::Panic).await.is_err());
        assert_eq!(child.addr.send(Count).await, Ok(1), "a panic is not an end");
        assert_eq!(child.addr.send(Deed::Stop).await, Ok(()));
        child.handle.gone().await;
        let last = events(&reports, "probe").pop();
        assert_eq!(last, Some(LifeEvent::Stopped(StopCause::Done)));
        assert_eq!(child.addr.send(Count).await, Err(MailboxError::Closed));
    });
}

#[test]
fn transient_ends_when_nobody_holds_its_address() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let child = start(ChildSpec::transient("probe"), &reports, &script);
        assert_eq!(child.addr.send(Count).await, Ok(1));
        drop(child.addr);
        child.handle.gone().await;
        assert_eq!(reports.row("probe").expect("a row").state, ChildState::Stopped);
    });
}

#[test]
fn transient_that_lives_by_its_futures_alone_is_restarted() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let child = start(ChildSpec::transient("probe"), &reports, &script);
        child.addr.do_send(Deed::PanicInTimer);
        drop(child.addr);
        child.handle.gone().await;
        assert_eq!(reports.row("probe").expect("a row").restarts, 1);
        assert_eq!(script.called()[..3], [Hook::Started, Hook::Restarting, Hook::Started]);
    });
}

#[test]
fn permanent_comes_back_from_a_normal_end() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let child = start(ChildSpec::permanent("probe"), &reports, &script);
        assert_eq!(child.addr.send(Count).await, Ok(1));
        let stops = child.addr.send(Deed::Stop);
        let behind = child.addr.send(Count);
        assert_eq!(stops.await, Ok(()));
        assert_eq!(behind.await, Ok(1), "queued behind the end, answered after the restart");
        let row = reports.row("probe").expect("a row");
        assert_eq!((row.restarts, row.crashes), (1, 0));
    });
}

#[test]
fn permanent_needs_nobody_to_hold_its_address() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let child = start(ChildSpec::permanent("probe"), &reports, &script);
        drop(child.addr);
        recovered(&reports, "probe", 0).await;
        reports.crash("probe", CrashSite::Handler).expect("it lives");
        recovered(&reports, "probe", 1).await;
        assert!(!child.handle.is_gone());
    });
}

#[test]
fn temporary_is_never_started_again() {
    system(async {
        let parent = Parent::default().start();
        for (deed, state, told) in
            [(Deed::Stop, ChildState::Stopped, 0), (Deed::Panic, ChildState::GaveUp, 1)]
        {
            let (reports, script) = (Reports::new(), Script::default());
            let spec = ChildSpec::temporary("probe").parent(&parent.clone().recipient());
            let child = start(spec, &reports, &script);
            child.addr.do_send(deed);
            child.handle.gone().await;
            let row = reports.row("probe").expect("a row");
            assert_eq!((row.state, row.restarts), (state, 0), "{deed:?}");
            assert_eq!(parent.send(Told).await.expect("a parent").len(), told);
        }
    });
}

#[test]
fn a_storm_is_cut_off_and_the_parent_told() {
    system(async {
        let (reports, script) = (Reports::new(), Script::that_panics_in(&[Hook::Started; 100]));
        let parent = Parent::default().start();
        let spec = ChildSpec::permanent("probe")
            .intensity(5, Duration::from_secs(600))
            .backoff(Duration::ZERO, Duration::ZERO)
            .parent(&parent.clone().recipient());
        let child = start(spec, &reports, &script);
        let waiting = child.addr.send(Count);
        assert_eq!(waiting.await, Err(MailboxError::Closed), "an error, not silence");
        child.handle.gone().await;
        assert_eq!(child.addr.send(Count).await, Err(MailboxError::Closed));
        assert!(child.addr.try_send(Count).is_err());
        assert!(!child.addr.connected());

        let row = reports.row("probe").expect("a row");
        assert_eq!(row.state, ChildState::GaveUp);
        assert_eq!((row.restarts, row.crashes), (5, 6));
        let told = parent.send(Told).await.expect("a parent");
        assert_eq!(told.len(), 1);
        assert_eq!((&*told[0].name, told[0].restarts), ("probe", 5));
        assert_eq!(told[0].panic.as_ref().expect("a panic").message, "probe: Started");
    });
}

#[test]
fn a_permanent_child_that_keeps_ending_is_given_up() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let spec = ChildSpec::permanent("probe").intensity(2, Duration::from_secs(600));
        let child = start(spec, &reports, &script);
        for _ in 0..3 {
            assert_eq!(child.addr.send(Deed::Stop).await, Ok(()));
        }
        child.handle.gone().await;
        let last = events(&reports, "probe").pop();
        assert_eq!(last, Some(LifeEvent::GaveUp { restarts: 2 }));
    });
}

#[test]
fn the_backoff_is_waited_out() {
    system(async {
        let (reports, script) = (Reports::new(), Script::that_panics_in(&[Hook::Started; 3]));
        let ms = Duration::from_millis;
        let spec = ChildSpec::permanent("probe").backoff(ms(20), ms(50));
        let began = Instant::now();
        let child = start(spec, &reports, &script);
        assert_eq!(child.addr.send(Count).await, Ok(1));
        assert!(began.elapsed() >= ms(20 + 40 + 50), "{:?}", began.elapsed());
        let waits: Vec<LifeEvent> = events(&reports, "probe")
            .into_iter()
            .filter(|event| matches!(event, LifeEvent::Restarting { .. }))
            .collect();
        let expected = [20, 40, 50].map(|wait| LifeEvent::Restarting { after: ms(wait) });
        assert_eq!(waits, expected);
    });
}
