//! Wherever a panic comes from, the child comes back under its address.

use super::*;

#[test]
fn in_a_handler_costs_that_message_and_no_other() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let child = start(ChildSpec::permanent("probe"), &reports, &script);
        assert_eq!(child.addr.send(Count).await, Ok(1));
        let panics = child.addr.send(Deed::Panic);
        let behind = child.addr.send(Count);
        assert_eq!(panics.await, Err(MailboxError::Closed));
        assert_eq!(behind.await, Ok(1), "queued behind the panic, answered after the restart");
        assert_eq!(script.called(), [Hook::Started, Hook::Restarting, Hook::Started]);

        let row = recovered(&reports, "probe", 1).await;
        assert_eq!((row.restarts, row.crashes), (1, 1));
        let panic = row.last_panic.expect("a panic").panic;
        assert_eq!(panic.message, "probe: handler");
        assert!(panic.place.is_some_and(|place| place.contains("supervisor/tests.rs:")));
    });
}

#[test]
fn in_an_async_handler_keeps_queued_messages() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let child = start(ChildSpec::permanent("probe"), &reports, &script);
        let taken = child.addr.send(Later::Never);
        let panics = child.addr.send(Later::Panic);
        assert_eq!(panics.await, Err(MailboxError::Closed));
        assert_eq!(taken.await, Err(MailboxError::Closed), "it was under way");
        assert_eq!(child.addr.send(Count).await, Ok(1));
        assert_eq!(recovered(&reports, "probe", 1).await.restarts, 1);
    });
}

#[test]
fn in_spawned_futures_and_timers() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let child = start(ChildSpec::permanent("probe"), &reports, &script);
        for (crashes, deed, message) in
            [(1, Deed::PanicInSpawned, "probe: spawned"), (2, Deed::PanicInTimer, "probe: timer")]
        {
            assert_eq!(child.addr.send(deed).await, Ok(()));
            let row = recovered(&reports, "probe", crashes).await;
            assert_eq!(row.last_panic.expect("a panic").panic.message, message);
            assert_eq!(child.addr.send(Count).await, Ok(1));
        }
    });
}

#[test]
fn in_started_and_restarting_is_tried_again() {
    system(async {
        let script = Script::that_panics_in(&[Hook::Started, Hook::Restarting, Hook::Started]);
        let reports = Reports::new();
        let child = start(ChildSpec::transient("probe"), &reports, &script);
        assert_eq!(child.addr.send(Count).await, Ok(1), "sent long before it was up");
        let row = reports.row("probe").expect("a row");
        assert_eq!((row.restarts, row.crashes), (3, 3));
        let expected = [
            Hook::Started,
            Hook::Restarting,
            Hook::Restarting,
            Hook::Started,
            Hook::Restarting,
            Hook::Started,
        ];
        assert_eq!(script.called(), expected);
    });
}

#[test]
fn in_stopping_and_stopped_is_contained() {
    system(async {
        let script = Script::that_panics_in(&[Hook::Stopping, Hook::Stopped]);
        let reports = Reports::new();
        let child = start(ChildSpec::permanent("probe"), &reports, &script);
        for crashes in [1, 2] {
            child.addr.do_send(Deed::Stop);
            let row = recovered(&reports, "probe", crashes).await;
            assert_eq!(row.restarts, crashes);
            assert_eq!(child.addr.send(Count).await, Ok(1));
        }
    });
}

#[test]
fn while_it_is_ordered_to_stop_does_not_bring_it_back() {
    system(async {
        for hook in [Hook::Stopping, Hook::Stopped, Hook::Dropped] {
            let (reports, script) = (Reports::new(), Script::that_panics_in(&[hook]));
            let child = start(ChildSpec::permanent("probe"), &reports, &script);
            assert_eq!(child.addr.send(Count).await, Ok(1));
            child.handle.stop();
            child.handle.gone().await;
            let row = reports.row("probe").expect("a row");
            assert_eq!((row.state, row.crashes), (ChildState::Stopped, 1), "{hook:?}");
            assert_eq!(child.addr.send(Count).await, Err(MailboxError::Closed));
        }
    });
}

#[test]
fn in_making_the_actor_gives_the_child_up() {
    system(async {
        let reports = Reports::new();
        let parent = Parent::default().start();
        let spec = ChildSpec::permanent("probe").parent(&parent.clone().recipient());
        let make = |_: &mut Context<Probe>| -> Probe { panic!("probe: make") };
        let child = supervise(spec, &Arbiter::current(), reports.clone(), make);
        assert_eq!(child.addr.send(Count).await, Err(MailboxError::Closed));
        child.handle.gone().await;
        assert_eq!(reports.row("probe").expect("a row").state, ChildState::GaveUp);
        let told = parent.send(Told).await.expect("a parent");
        assert_eq!(told[0].panic.as_ref().expect("a panic").message, "probe: make");
    });
}

#[test]
fn leaves_the_neighbours_on_the_arbiter_alone() {
    system(async {
        let (reports, script, beside) = (Reports::new(), Script::default(), Script::default());
        let spec = ChildSpec::permanent("probe").backoff(Duration::ZERO, Duration::ZERO);
        let child = start(spec, &reports, &script);
        let neighbour = start(ChildSpec::permanent("neighbour"), &reports, &beside);
        let plain = Parent::default().start();
        let mut under_way = Box::pin(neighbour.addr.send(Later::Never));
        for crashes in 1..=5 {
            assert!(child.addr.send(Deed::Panic).await.is_err());
            recovered(&reports, "probe", crashes).await;
            assert_eq!(neighbour.addr.send(Count).await, Ok(crashes as u32));
            assert!(plain.send(Told).await.is_ok());
        }
        assert!(futures_util::poll!(&mut under_way).is_pending(), "its futures go on");
        assert_eq!(beside.called(), [Hook::Started]);
    });
}

/// Starts two timers in each life; cancels the second and panics when told to.
struct Ticker {
    second: Option<SpawnHandle>,
    ticks: tokio::sync::mpsc::UnboundedSender<u32>,
}

impl Ticker {
    fn timer(ctx: &mut Context<Ticker>, number: u32) -> SpawnHandle {
        ctx.run_later(Duration::from_millis(1), move |ticker: &mut Ticker, _| {
            let _ = ticker.ticks.send(number);
        })
    }
}

impl Actor for Ticker {
    type Context = Context<Ticker>;

    fn started(&mut self, ctx: &mut Self::Context) {
        Ticker::timer(ctx, 1);
        self.second = Some(Ticker::timer(ctx, 2));
    }
}

impl Supervised for Ticker {}

impl Handler<Deed> for Ticker {
    type Result = ();

    fn handle(&mut self, _: Deed, ctx: &mut Self::Context) {
        ctx.cancel_future(self.second.take().expect("started"));
        panic!("ticker");
    }
}

/// actix remembers a cancellation over its restart and numbers futures from one again: the
/// new timer of `started` was cancelled in place of the old one, and the actor sat still.
#[test]
fn after_a_cancellation_in_the_same_turn_leaves_new_timers_alone() {
    system(async {
        let (ticks, mut ticked) = tokio::sync::mpsc::unbounded_channel();
        let make = |_: &mut Context<Ticker>| Ticker { second: None, ticks };
        let spec = ChildSpec::permanent("ticker");
        let child = supervise(spec, &Arbiter::current(), Reports::new(), make);
        for _ in 0..2 {
            let both = [ticked.recv().await, ticked.recv().await];
            assert_eq!(both, [Some(1), Some(2)]);
            let _ = child.addr.send(Deed::Panic).await;
        }
    });
}
