use proptest::prelude::*;

use super::world::{Luck, World};
use crate::domain::sync::Way;

#[derive(Debug, Clone)]
enum Event {
    /// Somebody writes, or deletes.
    Write {
        here: bool,
        path: &'static str,
        delete: bool,
    },
    Pass {
        way: Way,
        lucks: Vec<Luck>,
    },
    /// The machine is a new one: nothing is here and nothing remembered.
    Redeployed,
}

fn luck() -> impl Strategy<Value = Luck> {
    prop_oneof![6 => Just(Luck::Done), 1 => Just(Luck::Refused), 1 => Just(Luck::Lost), 1 => Just(Luck::Killed)]
}

fn event() -> impl Strategy<Value = Event> {
    let path = prop::sample::select(vec!["a", "b/c", "b/d", ".bash_history"]);
    let write = (any::<bool>(), path, prop::bool::weighted(0.2));
    let write = write.prop_map(|(here, path, delete)| Event::Write { here, path, delete });
    let way = prop_oneof![3 => Just(Way::Push), 1 => Just(Way::Fetch), 1 => Just(Way::Restore)];
    let pass = (way, prop::collection::vec(luck(), 0..6));
    let pass = pass.prop_map(|(way, lucks)| Event::Pass { way, lucks });
    prop_oneof![5 => write, 3 => pass, 1 => Just(Event::Redeployed)]
}

fn play(events: &[Event]) -> World {
    let mut world = World::default();
    for (number, event) in events.iter().enumerate() {
        match event {
            Event::Write { here, path, delete } => {
                // Every content is another one, so that it can be looked for.
                let content = (!delete).then(|| format!("content {number}\n"));
                world.write(*here, path, content);
            }
            Event::Pass { way, lucks } => world.pass(*way, lucks.iter().copied()),
            Event::Redeployed => {
                let gone: Vec<String> =
                    std::mem::take(&mut world.here).into_values().map(|file| file.0).collect();
                world.given_up.extend(gone);
                world.manifest = None;
            }
        }
    }
    world
}

/// What was written and is nowhere, although nobody who saw it gave it up.
fn lost(events: &[Event], world: &World) -> Vec<String> {
    let written = events.iter().enumerate().filter_map(|(number, event)| match event {
        Event::Write { delete: false, .. } => Some(format!("content {number}\n")),
        _ => None,
    });
    let somewhere = world.contents();
    let is_lost = |content: &String| {
        let given_up = world.given_up.iter().any(|other| other.contains(content.as_str()));
        !given_up && !somewhere.iter().any(|other| other.contains(content.as_str()))
    };
    written.filter(is_lost).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn nothing_is_ever_lost(events in prop::collection::vec(event(), 1..40)) {
        let world = play(&events);
        prop_assert_eq!(lost(&events, &world), Vec::<String>::new(), "{:?}", world);
    }

    #[test]
    fn two_passes_without_mishap_bring_everything_over_and_then_there_is_peace(
        events in prop::collection::vec(event(), 1..40),
    ) {
        let mut world = play(&events);
        world.pass(Way::Push, std::iter::empty());
        world.pass(Way::Push, std::iter::empty());
        for (path, (content, _)) in &world.here {
            let there = world.there.get(path).map(|file| &file.0);
            // What changed over there alone stays.
            let theirs = there.is_some() && there != Some(content);
            prop_assert!(theirs || there == Some(content), "{path} {world:?}");
        }
        let (here, there) = (world.here.clone(), world.there.clone());
        world.pass(Way::Push, std::iter::empty());
        prop_assert_eq!((here, there), (world.here, world.there));
    }

    #[test]
    fn a_new_machine_has_again_what_the_last_one_had(events in prop::collection::vec(event(), 1..40)) {
        let mut world = play(&events);
        world.pass(Way::Push, std::iter::empty());
        world.pass(Way::Push, std::iter::empty());
        let there = world.there.clone();
        let mut fresh = World { there: there.clone(), ..World::default() };
        fresh.pass(Way::Restore, std::iter::empty());
        let contents = |files: &super::world::Files| -> Vec<String> {
            files.values().map(|file| file.0.clone()).collect()
        };
        prop_assert_eq!(contents(&fresh.here), contents(&there));
        prop_assert_eq!(fresh.there, there);
    }
}
