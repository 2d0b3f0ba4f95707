//! The rules, one by one.

use super::super::act::{Act, Notice};
use super::super::*;
use crate::domain::secret::Secret;

const INTERVAL: u64 = 600;
const LIFETIME: u64 = 900;
const GRACE: u64 = 120;

fn at(seconds: u64) -> Moment {
    Moment::from_secs(seconds)
}

fn settings() -> Rules {
    Rules { interval: at(INTERVAL), lifetime: at(LIFETIME), grace: at(GRACE), by_machine: false }
}

fn lease() -> Lease {
    Lease::new(settings(), "inst", "unique")
}

fn minted(name: &str) -> Fact {
    let made = Minted { secret: Secret::new(name), id: Some(format!("id-{name}")), lasts: at(LIFETIME) };
    Fact::Minted { made: Ok(made), perhaps: false }
}

fn failed(fault: Fault) -> Fact {
    Fact::Minted { made: Err(fault), perhaps: false }
}

fn later() -> Fault {
    Fault::Later("503".into(), None)
}

/// What is due, without what is kept.
fn due(lease: &mut Lease, now: u64) -> Vec<Act> {
    lease.due(at(now)).into_iter().filter(|act| !matches!(act, Act::Keep(_))).collect()
}

fn secret(name: &str) -> Secret {
    Secret::new(name)
}

/// Pasted at 0, ours at 1, nothing else done.
fn begun() -> Lease {
    let mut lease = lease();
    lease.configure(secret("dapi-pasted"), Origin::Pasted).unwrap();
    due(&mut lease, 0);
    lease.hear(at(0), Fact::Checked(Ok("ann@x.com".into())));
    due(&mut lease, 0);
    lease.hear(at(1), minted("t1"));
    lease
}

/// The same, delivered, and with the pasted token proved and revoked.
fn settled() -> Lease {
    let mut lease = begun();
    due(&mut lease, 1);
    lease.hear(at(1), Fact::Delivered { number: 2, everywhere: true });
    lease.hear(at(1), Fact::Seen(Ok(vec![listed("p", "mine")])));
    due(&mut lease, 1 + GRACE);
    lease.hear(at(1 + GRACE), Fact::Revoked { id: "p".into(), gone: Ok(()) });
    assert_eq!(lease.status(at(200)).retired, 0);
    due(&mut lease, 1 + GRACE);
    lease
}

fn listed(id: &str, comment: &str) -> Listed {
    Listed { id: id.into(), comment: comment.into() }
}

#[test]
fn a_pasted_token_is_checked_then_counts_then_is_replaced() {
    let mut lease = lease();
    assert!(lease.is_idle() && lease.due(at(0)).is_empty());
    lease.configure(secret("dapi-pasted"), Origin::Pasted).unwrap();
    assert_eq!(due(&mut lease, 0), [Act::Check { bearer: secret("dapi-pasted") }]);
    assert!(due(&mut lease, 1).is_empty(), "asked once");
    assert_eq!(lease.configure(secret("other"), Origin::Pasted), Err(Refusal::Busy));

    lease.hear(at(2), Fact::Checked(Ok("ann@x.com".into())));
    let comment = "coda-auto-rotated:inst:unique".to_owned();
    assert_eq!(
        due(&mut lease, 2),
        [
            Act::Publish { token: Some(secret("dapi-pasted")), number: 1 },
            Act::Mint { bearer: Some(secret("dapi-pasted")), comment, lifetime: at(LIFETIME) },
            Act::Deliver { number: 1 },
            Act::Tell(Notice::Accepted),
        ]
    );
    assert_eq!(lease.configure(secret("other"), Origin::Pasted), Err(Refusal::Held));

    lease.hear(at(3), minted("t1"));
    assert_eq!(
        due(&mut lease, 3),
        [
            Act::Publish { token: Some(secret("t1")), number: 2 },
            Act::Deliver { number: 2 },
            Act::See { bearer: secret("dapi-pasted") },
            Act::Tell(Notice::Rotated { id: Some("id-t1".into()) }),
        ]
    );
}

#[test]
fn a_token_that_does_not_count_leaves_nothing_behind() {
    for fault in [Fault::Dead, Fault::Denied("no".into()), later()] {
        let mut lease = lease();
        lease.configure(secret("x"), Origin::Pasted).unwrap();
        due(&mut lease, 0);
        lease.hear(at(1), Fact::Checked(Err(fault.clone())));
        let later = matches!(fault, Fault::Later(..));
        let told = Notice::Rejected { why: fault.to_string(), later };
        assert_eq!(due(&mut lease, 1), [Act::Tell(told)]);
        assert!(lease.is_idle() && lease.configure(secret("y"), Origin::Pasted).is_ok());
    }
    assert_eq!(lease().configure(secret(""), Origin::Pasted), Err(Refusal::Empty));
}

/// B-01: with a preset token the Python daemon waited for ever, or asked for a token that it would not take.
#[test]
fn a_preset_token_waits_for_the_workspace_and_is_never_revoked() {
    let mut lease = lease();
    lease.configure(secret("preset"), Origin::Preset).unwrap();
    due(&mut lease, 0);
    lease.hear(at(0), Fact::Checked(Err(later())));
    assert!(due(&mut lease, 4).is_empty());
    assert_eq!(due(&mut lease, 5), [Act::Check { bearer: secret("preset") }]);
    lease.hear(at(5), Fact::Checked(Ok("ann@x.com".into())));
    due(&mut lease, 5);
    lease.hear(at(6), minted("t1"));
    assert_eq!(lease.status(at(6)).retired, 0);

    let mut dead = self::lease();
    dead.configure(secret("preset"), Origin::Preset).unwrap();
    due(&mut dead, 0);
    dead.hear(at(0), Fact::Checked(Err(Fault::Dead)));
    assert!(dead.configure(secret("pasted"), Origin::Pasted).is_ok(), "a person can paste another");
}

/// B-34: the Python daemon did not rotate while nobody worked.
#[test]
fn a_token_is_renewed_each_interval_whoever_works() {
    let mut lease = settled();
    assert!(due(&mut lease, INTERVAL - 1).is_empty());
    assert!(matches!(due(&mut lease, INTERVAL)[..], [Act::Mint { .. }]));
    lease.hear(at(INTERVAL + 1), minted("t2"));
    assert_eq!(
        lease.status(at(INTERVAL + 1)).left,
        Some(at(LIFETIME - 1)),
        "counted from when it was asked for"
    );
}

/// B-35: the old token died when the new one was written, under programs that had read it before.
#[test]
fn an_old_token_is_revoked_after_all_have_the_new_one_and_the_grace_has_passed() {
    let mut lease = settled();
    due(&mut lease, INTERVAL);
    lease.hear(at(INTERVAL), minted("t2"));
    due(&mut lease, INTERVAL);
    lease.hear(at(INTERVAL + 1), Fact::Delivered { number: 3, everywhere: false });
    assert!(due(&mut lease, INTERVAL + 5).is_empty(), "one target has not got it");
    assert_eq!(due(&mut lease, INTERVAL + 6), [Act::Deliver { number: 3 }]);
    lease.hear(at(INTERVAL + 7), Fact::Delivered { number: 3, everywhere: true });
    assert!(due(&mut lease, INTERVAL + 6 + GRACE).is_empty());
    assert_eq!(
        due(&mut lease, INTERVAL + 7 + GRACE),
        [Act::Revoke { bearer: secret("t2"), id: "id-t1".into() }]
    );
    lease.hear(at(INTERVAL + 8 + GRACE), Fact::Revoked { id: "id-t1".into(), gone: Err(later()) });
    assert!(matches!(due(&mut lease, INTERVAL + 13 + GRACE)[..], [Act::Revoke { .. }]), "tried again");
    lease.hear(at(INTERVAL + 14 + GRACE), Fact::Revoked { id: "id-t1".into(), gone: Ok(()) });
    assert_eq!(due(&mut lease, INTERVAL + 14 + GRACE), [Act::Tell(Notice::Revoked { id: "id-t1".into() })]);
}

#[test]
fn the_pasted_token_is_revoked_only_if_it_is_proved() {
    let mut lease = begun();
    due(&mut lease, 1);
    lease.hear(at(1), Fact::Delivered { number: 2, everywhere: true });
    let tokens = [listed("a", ""), listed("b", ""), listed("id-t1", "coda-auto-rotated:inst:unique")];
    lease.hear(at(2), Fact::Seen(Ok(tokens.to_vec())));
    let acts = due(&mut lease, 2 + GRACE);
    assert!(matches!(acts[..], [Act::Tell(Notice::LeftAlone(_))]), "{acts:?}");
    assert_eq!(lease.status(at(300)).retired, 0);
}

#[test]
fn a_token_that_cannot_be_renewed_is_kept_and_said() {
    let mut lease = lease();
    lease.configure(secret("p"), Origin::Pasted).unwrap();
    due(&mut lease, 0);
    lease.hear(at(0), Fact::Checked(Ok("ann@x.com".into())));
    due(&mut lease, 0);
    lease.hear(at(0), failed(Fault::Denied("tokens are switched off".into())));
    let told = Act::Tell(Notice::CannotRenew("tokens are switched off".into()));
    assert!(due(&mut lease, 0).contains(&told));
    assert!(matches!(due(&mut lease, 300)[..], [Act::Mint { .. }]), "asked again, slowly");
    lease.hear(at(300), failed(Fault::Denied("tokens are switched off".into())));
    assert!(due(&mut lease, 300).is_empty(), "said once");
    let status = lease.status(at(300));
    assert!(status.is_held && matches!(status.trouble, Some(Trouble::Denied(_))));
    assert!(lease.configure(secret("better"), Origin::Pasted).is_ok(), "another may do better");
}

#[test]
fn a_token_that_is_over_is_withdrawn_and_another_can_be_pasted() {
    let mut lease = settled();
    for now in (INTERVAL..LIFETIME).step_by(10) {
        if due(&mut lease, now).iter().any(|act| matches!(act, Act::Mint { .. })) {
            lease.hear(at(now), failed(later()));
        }
    }
    let acts = due(&mut lease, LIFETIME);
    assert_eq!(acts, [Act::Publish { token: None, number: 3 }, Act::Tell(Notice::Expired)]);
    assert!(lease.status(at(LIFETIME)).is_over);
    assert!(lease.configure(secret("p2"), Origin::Pasted).is_ok());
}

#[test]
fn one_refusal_is_no_death() {
    let mut lease = settled();
    let mut refused = 0;
    for now in INTERVAL..LIFETIME {
        for act in due(&mut lease, now) {
            match act {
                Act::Mint { .. } => {
                    refused += 1;
                    lease.hear(at(now), failed(Fault::Dead));
                }
                Act::Tell(Notice::Expired) => {
                    assert_eq!(refused, 3);
                    return;
                }
                _ => {}
            }
        }
    }
    panic!("it is dead");
}

#[test]
fn a_token_that_somebody_doubts_is_renewed_at_once_but_not_over_and_over() {
    let mut lease = settled();
    lease.doubt(at(20), &secret("t1"));
    assert!(due(&mut lease, 20).is_empty(), "it is young");
    lease.doubt(at(130), &secret("t0"));
    assert!(due(&mut lease, 130).is_empty(), "that is not the current one");
    lease.doubt(at(130), &secret("t1"));
    assert!(matches!(due(&mut lease, 130)[..], [Act::Mint { .. }]));
    lease.hear(at(131), minted("t2"));
    lease.doubt(at(132), &secret("t2"));
    assert!(!due(&mut lease, 132).iter().any(|act| matches!(act, Act::Mint { .. })));
}

#[test]
fn a_token_whose_coming_was_lost_is_found_by_its_tag() {
    let mut lease = settled();
    due(&mut lease, INTERVAL);
    lease.hear(at(INTERVAL + 1), Fact::Minted { made: Err(later()), perhaps: true });
    let sweep = Act::Sweep { bearer: secret("t1") };
    assert_eq!(due(&mut lease, INTERVAL + 1), [sweep]);
    let tag = "coda-auto-rotated:inst:unique";
    let tokens = [
        listed("lost", tag),
        listed("id-t1", tag),
        listed("x", "coda-auto-rotated:inst:another"),
        listed("y", ""),
    ];
    lease.hear(at(INTERVAL + 2), Fact::Swept(Ok(tokens.to_vec())));
    let revoke = Act::Revoke { bearer: secret("t1"), id: "lost".into() };
    assert_eq!(due(&mut lease, INTERVAL + 2), [revoke]);
}

#[test]
fn the_next_daemon_goes_on_where_this_one_was() {
    let mut lease = settled();
    let held = |acts: &[Act]| {
        acts.iter().find_map(|act| if let Act::Keep(text) = act { text.clone() } else { None })
    };
    // Killed while a token was being made.
    let text = held(&lease.due(at(INTERVAL))).expect("kept before a token is asked for");
    let mut next = Lease::kept(settings(), text.expose()).unwrap();
    let acts = due(&mut next, INTERVAL + 3);
    assert_eq!(acts[0], Act::Publish { token: Some(secret("t1")), number: 1 });
    assert!(acts.iter().any(|act| matches!(act, Act::Mint { .. })), "still wanted");
    next.hear(at(INTERVAL + 4), minted("t3"));
    assert!(
        due(&mut next, INTERVAL + 4).contains(&Act::Sweep { bearer: secret("t3") }),
        "perhaps one was made"
    );
    assert_eq!(next.status(at(INTERVAL + 4)).user.as_deref(), Some("ann@x.com"));

    for text in ["", "{}", "{\"version\":2}"] {
        assert!(Lease::kept(settings(), text).is_err());
    }
}

#[test]
fn an_actor_that_broke_asks_again() {
    let mut lease = settled();
    assert!(matches!(due(&mut lease, INTERVAL)[..], [Act::Mint { .. }]));
    lease.interrupted();
    let acts = due(&mut lease, INTERVAL + 1);
    assert!(matches!(acts[..], [Act::Publish { .. }, Act::Mint { .. }]), "{acts:?}");
}

#[test]
fn the_machine_s_own_bearer_needs_nobody_and_is_not_revoked() {
    let mut lease = Lease::new(Rules { by_machine: true, ..settings() }, "inst", "unique");
    assert!(!lease.is_idle());
    assert!(matches!(&due(&mut lease, 0)[..], [Act::Mint { bearer: None, .. }]));
    let made = |name: &str| Minted { secret: secret(name), id: None, lasts: at(3600) };
    lease.hear(at(0), Fact::Minted { made: Ok(made("m1")), perhaps: false });
    due(&mut lease, 0);
    lease.hear(at(0), Fact::Delivered { number: 1, everywhere: true });
    assert!(due(&mut lease, INTERVAL - 1).is_empty());
    due(&mut lease, INTERVAL);
    lease.hear(at(INTERVAL), Fact::Minted { made: Ok(made("m2")), perhaps: false });
    assert_eq!(lease.status(at(INTERVAL)).retired, 0);
    assert_eq!(lease.configure(secret("x"), Origin::Pasted), Err(Refusal::Machine));

    // One that lives a minute is renewed in time.
    let short = Minted { secret: secret("s"), id: None, lasts: at(60) };
    due(&mut lease, 2 * INTERVAL);
    lease.hear(at(2 * INTERVAL), Fact::Minted { made: Ok(short), perhaps: false });
    due(&mut lease, 2 * INTERVAL);
    assert!(due(&mut lease, 2 * INTERVAL + 30).iter().any(|act| matches!(act, Act::Mint { .. })));
}
