//! A day and a night, and many shorter spans under random faults.

use proptest::prelude::*;

use super::super::*;
use super::world::{Faults, World};

const HOUR: u64 = 3600;

fn rules() -> Rules {
    let of = Moment::from_secs;
    Rules { interval: of(600), lifetime: of(900), grace: of(120), by_machine: false }
}

fn run(world: &mut World, seconds: u64) {
    for _ in 0..seconds {
        world.step();
    }
}

fn ours(world: &World) -> usize {
    world.left_over().iter().filter(|comment| comment.starts_with("coda-auto")).count()
}

/// Whoever had no token could not have had one: from the time that a new one was due until the old one was over,
/// the workspace was out but for a minute or two.
fn only_outages_end_a_token(world: &World, outages: &[(u64, u64)]) {
    for &(made, over) in &world.expired {
        let (wanted, until) = (made + 600, over);
        let out = |second: &u64| outages.iter().any(|&(from, to)| (from..to).contains(second));
        let answered = (wanted..until).filter(|second| !out(second)).count();
        assert!(
            answered < 150,
            "the token of {made} s was over at {over} s, and {answered} s of answers were not used"
        );
    }
}

#[test]
fn a_day_with_a_flaky_workspace_and_a_restart_an_hour() {
    let outages = vec![(5 * HOUR, 5 * HOUR + 1200), (17 * HOUR + 300, 17 * HOUR + 1500)];
    let faults = Faults {
        broken_percent: 5,
        bursts_permille: 2,
        missed_percent: 5,
        outages: outages.clone(),
        restart_every: HOUR,
    };
    let mut world = World::new(20_261_121, rules(), faults);
    run(&mut world, 24 * HOUR);
    only_outages_end_a_token(&world, &outages);
    assert!(world.uses > 23 * HOUR, "{} seconds with a token", world.uses);
    assert!(world.pastes <= 1 + outages.len() as u64, "pasted {} times", world.pastes);
    assert!(world.revoked >= 120, "{} tokens were revoked", world.revoked);

    // When it is calm again, nothing of ours is left but the current token. A pasted one that could not be proved is its
    // owner's to revoke; here there are others beside it.
    world.calm_down();
    assert_eq!(ours(&world), 0);
    assert_eq!(world.left_over().iter().filter(|comment| comment.starts_with("own")).count(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn under_any_faults_no_dead_token_is_given_out_and_none_of_ours_is_left(
        seed in any::<u64>(),
        broken_percent in 0u64..40,
        bursts_permille in 0u64..8,
        missed_percent in 0u64..60,
        restart_every in prop_oneof![Just(0u64), 61u64..4000],
        outage in (0u64..9000, 0u64..2500),
    ) {
        let outages = vec![(outage.0, outage.0 + outage.1)];
        let faults = Faults { broken_percent, bursts_permille, missed_percent, outages, restart_every };
        let mut world = World::new(seed, rules(), faults);
        run(&mut world, 3 * HOUR);
        world.calm_down();
        prop_assert_eq!(ours(&world), 0);
    }
}
