//! The decision, case by case.

use chrono::DateTime;

use super::*;
use crate::domain::owner::{Known, Owner};
use crate::domain::secret::Secret;

fn local() -> Access {
    Access {
        token: Some("secret".into()),
        bootstrap: None,
        people: People::default(),
        hosts: vec!["127.0.0.1".into(), "localhost".into(), "[::1]".into()],
        origins: vec!["https://notebook.example".into()],
    }
}

/// On the platform, with a list and an admin; `owner` once known.
fn platform(mode: Mode, owner: Option<&str>) -> Access {
    let known = Known::default();
    if let Some(email) = owner {
        known.set(Owner { email: email.into(), resolved_at: DateTime::default(), source: "test" });
    }
    let people =
        People::new(mode, known, &[" Lee@Example.com".into(), String::new()], &["ADA@example.com".into()]);
    Access { token: None, bootstrap: None, people, hosts: vec![], origins: vec![] }
}

const AT_HOME: Visitor<'static> = Visitor {
    host: Some("localhost:8000"),
    forwarded_host: None,
    origin: None,
    fetch_site: None,
    bearer: None,
    cookie: None,
    query_token: None,
    bootstrap: None,
    claim: Claim::Nobody,
    local_peer: false,
    changes_state: false,
    entrance: Entrance::Api,
};

fn person(name: &str) -> Option<Identity> {
    Some(Identity::Person(name.into()))
}

// ---- local mode --------------------------------------------------------------------------------

#[test]
fn local_mode_wants_the_token() {
    let access = local();
    for entrance in [Entrance::Api, Entrance::Admin] {
        let at = Visitor { entrance, ..AT_HOME };
        let reading = |visitor| access.decide(&visitor);
        assert_eq!(reading(at), Err(Denied::Unauthenticated));
        assert_eq!(reading(Visitor { bearer: Some("wrong"), ..at }), Err(Denied::Unauthenticated));
        assert_eq!(reading(Visitor { bearer: Some("secret"), ..at }), Ok(Some(Identity::Local)));
        assert_eq!(reading(Visitor { cookie: Some("secret"), ..at }), Ok(Some(Identity::Local)));
        assert_eq!(reading(Visitor { query_token: Some("secret"), ..at }), Ok(Some(Identity::Local)));
        let named = Visitor { claim: Claim::Person("ann@example.com"), ..at };
        assert_eq!(reading(named), Err(Denied::Unauthenticated), "identity headers mean nothing here");
        let confused = Visitor { claim: Claim::Unclear, bearer: Some("secret"), ..at };
        assert_eq!(reading(confused), Ok(Some(Identity::Local)), "nor do they harm");
    }
}

#[test]
fn a_foreign_host_is_refused_before_anything_else() {
    for host in
        [None, Some("evil.example"), Some("evil.example:8000"), Some("127.0.0.1.evil.example"), Some("")]
    {
        for entrance in [Entrance::Page, Entrance::Api, Entrance::Socket, Entrance::Admin] {
            let visitor = Visitor { host, bearer: Some("secret"), entrance, ..AT_HOME };
            assert_eq!(local().decide(&visitor), Err(Denied::BadHost), "{host:?}");
            let forwarded = Visitor { forwarded_host: Some("localhost"), ..visitor };
            assert_eq!(local().decide(&forwarded), Err(Denied::BadHost), "{host:?}");
        }
    }
    for host in ["127.0.0.1", "LOCALHOST:1", "[::1]:8000", "[::1]"] {
        let visitor = Visitor { host: Some(host), bearer: Some("secret"), ..AT_HOME };
        assert_eq!(local().decide(&visitor), Ok(Some(Identity::Local)), "{host}");
    }
}

#[test]
fn a_cookie_changes_state_only_from_our_own_page() {
    let posting = Visitor { cookie: Some("secret"), changes_state: true, ..AT_HOME };
    let cases = [
        (posting, false),
        (Visitor { fetch_site: Some("same-origin"), ..posting }, true),
        (Visitor { fetch_site: Some("cross-site"), ..posting }, false),
        (Visitor { fetch_site: Some("same-site"), ..posting }, false),
        (Visitor { origin: Some("http://localhost:8000"), ..posting }, true),
        (Visitor { origin: Some("http://localhost:9000"), ..posting }, false),
        (Visitor { origin: Some("https://evil.example"), ..posting }, false),
        (
            Visitor { origin: Some("https://evil.example"), forwarded_host: Some("evil.example"), ..posting },
            false,
        ),
        (Visitor { origin: Some("null"), ..posting }, false),
        (Visitor { origin: Some("https://notebook.example"), ..posting }, true),
        (Visitor { bearer: Some("secret"), ..posting }, true),
    ];
    for (visitor, allowed) in cases {
        assert_eq!(local().decide(&visitor).is_ok(), allowed, "{visitor:?}");
    }
}

#[test]
fn the_page_itself_is_open_under_our_own_name_only() {
    let page = Visitor { entrance: Entrance::Page, ..AT_HOME };
    assert_eq!(local().decide(&page), Ok(None));
    assert_eq!(local().decide(&Visitor { host: Some("evil.example"), ..page }), Err(Denied::BadHost));
    assert_eq!(local().decide(&Visitor { query_token: Some("wrong"), ..page }), Err(Denied::Unauthenticated));
    assert_eq!(platform(Mode::Owner, None).decide(&page), Err(Denied::Unnamed));
}

#[test]
fn an_upgrade_needs_our_origin() {
    let opening =
        Visitor { entrance: Entrance::Socket, cookie: Some("secret"), bearer: Some("secret"), ..AT_HOME };
    for access in [local(), platform(Mode::Workspace, None)] {
        assert_eq!(access.decide(&opening), Err(Denied::BadOrigin));
        let ours = Visitor { origin: Some("http://localhost:8000"), ..opening };
        assert_eq!(access.decide(&ours), Ok(None), "the ticket will say who it is");
        let foreign = Visitor { origin: Some("http://evil.example"), ..opening };
        assert_eq!(access.decide(&foreign), Err(Denied::BadOrigin));
    }
}

#[test]
fn the_socket_file_admits_programs_of_our_user_and_no_browser() {
    for access in [local(), platform(Mode::Owner, None)] {
        for entrance in [Entrance::Page, Entrance::Api, Entrance::Socket, Entrance::Admin] {
            let near = Visitor { local_peer: true, host: None, entrance, ..AT_HOME };
            assert_eq!(access.decide(&near), Ok(Some(Identity::Local)));
            assert_eq!(access.decide(&Visitor { changes_state: true, ..near }), Ok(Some(Identity::Local)));
            for browser in [
                Visitor { origin: Some("https://evil.example"), ..near },
                Visitor { fetch_site: Some("cross-site"), changes_state: true, ..near },
            ] {
                assert!(access.decide(&browser).is_err(), "{browser:?}");
                let named = Visitor { host: Some("localhost"), changes_state: true, ..browser };
                assert!(access.decide(&named).is_err(), "{named:?}");
            }
        }
    }
}

// ---- the platform ------------------------------------------------------------------------------

/// B-30: the Python daemon's default let in whoever had an account in the workspace; here the default is the owner.
#[test]
fn the_default_mode_is_the_owners() {
    assert_eq!(Mode::default(), Mode::Owner);
    for (text, mode) in [
        ("owner", Some(Mode::Owner)),
        ("allowlist", Some(Mode::Allowlist)),
        ("workspace", Some(Mode::Workspace)),
        ("Owner", None),
        ("everybody", None),
        ("", None),
    ] {
        assert_eq!(Mode::parse(text), mode, "{text}");
    }
}

/// Mode × identity × entrance. The owner is Ann, Lee is on the list, Ada is an admin, Bob has an account.
#[test]
fn who_comes_in_where() {
    type Row = (Mode, Option<&'static str>, &'static str, [Result<(), Denied>; 4]);
    const YES: Result<(), Denied> = Ok(());
    const NO: Result<(), Denied> = Err(Denied::Forbidden);
    const NOT_YET: Result<(), Denied> = Err(Denied::OwnerUnknown);
    const UNNAMED: Result<(), Denied> = Err(Denied::Unnamed);
    const UNCLEAR: Result<(), Denied> = Err(Denied::Unclear);
    let known = Some("ann@example.com");
    // Columns: page, api, socket, admin.
    let table: [Row; 24] = [
        (Mode::Owner, known, "ann@example.com", [YES, YES, YES, YES]),
        (Mode::Owner, known, "ANN@Example.Com", [YES, YES, YES, YES]),
        (Mode::Owner, known, "lee@example.com", [YES, YES, YES, NO]),
        (Mode::Owner, known, "ada@example.com", [YES, NO, NO, YES]),
        (Mode::Owner, known, "bob@example.com", [NO, NO, NO, NO]),
        (Mode::Owner, known, "ann@example.com.evil.example", [NO, NO, NO, NO]),
        (Mode::Owner, None, "ann@example.com", [NOT_YET, NOT_YET, NOT_YET, NO]),
        (Mode::Owner, None, "lee@example.com", [NOT_YET, NOT_YET, NOT_YET, NO]),
        (Mode::Owner, None, "ada@example.com", [YES, NOT_YET, NOT_YET, YES]),
        (Mode::Allowlist, known, "ann@example.com", [YES, YES, YES, YES]),
        (Mode::Allowlist, known, "LEE@example.com", [YES, YES, YES, NO]),
        (Mode::Allowlist, known, "ada@example.com", [YES, NO, NO, YES]),
        (Mode::Allowlist, known, "bob@example.com", [NO, NO, NO, NO]),
        (Mode::Allowlist, None, "ann@example.com", [NO, NO, NO, NO]),
        (Mode::Allowlist, None, "lee@example.com", [YES, YES, YES, NO]),
        (Mode::Workspace, known, "ann@example.com", [YES, YES, YES, YES]),
        (Mode::Workspace, known, "bob@example.com", [YES, YES, YES, NO]),
        (Mode::Workspace, known, "ada@example.com", [YES, YES, YES, YES]),
        (Mode::Workspace, None, "bob@example.com", [YES, YES, YES, NO]),
        (Mode::Workspace, None, "", [UNNAMED, UNNAMED, YES, UNNAMED]),
        (Mode::Owner, known, "", [UNNAMED, UNNAMED, YES, UNNAMED]),
        (Mode::Allowlist, None, "", [UNNAMED, UNNAMED, YES, UNNAMED]),
        (Mode::Workspace, known, "ann@example.com,bob@example.com", [UNCLEAR; 4]),
        (Mode::Owner, known, "ann@example.com ann@example.com", [UNCLEAR; 4]),
    ];
    let entrances = [Entrance::Page, Entrance::Api, Entrance::Socket, Entrance::Admin];
    for (mode, owner, name, expected) in table {
        let access = platform(mode, owner);
        for (entrance, expected) in entrances.into_iter().zip(expected) {
            let claim = Claim::first_of([[name.as_bytes()]]);
            let visitor = Visitor { claim, entrance, origin: Some("https://localhost:8000"), ..AT_HOME };
            // Nobody in particular opens the socket: its ticket will say who.
            let who = if name.is_empty() { None } else { person(&name.to_lowercase()) };
            let expected = expected.map(|()| who);
            assert_eq!(access.decide(&visitor), expected, "{mode:?} {owner:?} {name} {entrance:?}");
            let knows = Visitor { bearer: Some("secret"), cookie: Some("secret"), ..visitor };
            assert_eq!(access.decide(&knows), expected, "a token means nothing on the platform");
        }
    }
}

/// B-31: any page could open the Python daemon's socket and post to it in the name of whoever looked at that page.
#[test]
fn a_page_of_another_site_changes_nothing_on_the_platform_either() {
    let access = platform(Mode::Owner, Some("ann@example.com"));
    let posting = Visitor {
        host: Some("10.0.0.7:8000"),
        forwarded_host: Some("app.example"),
        claim: Claim::Person("ann@example.com"),
        changes_state: true,
        ..AT_HOME
    };
    let cases = [
        (posting, false),
        (Visitor { origin: Some("https://app.example"), ..posting }, true),
        (Visitor { origin: Some("https://app.example"), fetch_site: Some("same-origin"), ..posting }, true),
        (Visitor { fetch_site: Some("same-origin"), ..posting }, true),
        (Visitor { origin: Some("https://evil.example"), ..posting }, false),
        (Visitor { origin: Some("https://evil.example"), fetch_site: Some("cross-site"), ..posting }, false),
        (Visitor { fetch_site: Some("cross-site"), ..posting }, false),
        (Visitor { fetch_site: Some("none"), ..posting }, false),
        (Visitor { bearer: Some("whatever the proxy took"), ..posting }, true),
        (Visitor { origin: Some("https://"), forwarded_host: Some(""), ..posting }, false),
    ];
    for (visitor, allowed) in cases {
        assert_eq!(access.decide(&visitor).is_ok(), allowed, "{visitor:?}");
        let opening = Visitor { entrance: Entrance::Socket, changes_state: false, ..visitor };
        let ours = visitor.origin == Some("https://app.example");
        assert_eq!(access.decide(&opening).is_ok(), ours, "{opening:?}");
    }
}

#[test]
fn a_ticket_is_worth_what_its_bearer_may_do_now() {
    let ann = Identity::Person("ann@example.com".into());
    let bob = Identity::Person("bob@example.com".into());
    let access = platform(Mode::Owner, Some("ann@example.com"));
    assert_eq!(access.admit_bearer(&ann, Claim::Nobody), Ok(()), "the proxy may add nothing to an upgrade");
    assert_eq!(access.admit_bearer(&ann, Claim::Person("Ann@Example.com")), Ok(()));
    assert_eq!(access.admit_bearer(&ann, Claim::Person("bob@example.com")), Err(Denied::Forbidden));
    assert_eq!(access.admit_bearer(&ann, Claim::Unclear), Err(Denied::Unclear));
    assert_eq!(access.admit_bearer(&bob, Claim::Nobody), Err(Denied::Forbidden));
    assert_eq!(platform(Mode::Owner, None).admit_bearer(&ann, Claim::Nobody), Err(Denied::OwnerUnknown));
    assert_eq!(platform(Mode::Owner, None).admit_bearer(&Identity::Local, Claim::Nobody), Ok(()));
    assert_eq!(local().admit_bearer(&Identity::Local, Claim::Unclear), Ok(()));
}

#[test]
fn the_first_header_with_a_name_in_it_counts() {
    let ann = Claim::Person("ann@x.com");
    let cases: [([&[&str]; 3], Claim<'_>); 12] = [
        ([&[], &[], &[]], Claim::Nobody),
        ([&["ann@x.com"], &[], &[]], ann),
        ([&[], &["ann@x.com"], &[]], ann),
        ([&[], &[], &["ann@x.com"]], ann),
        ([&["  "], &["ann@x.com"], &["bob@x.com"]], ann),
        ([&[" ann@x.com "], &["12345"], &["bob@x.com"]], ann),
        ([&["", "ann@x.com"], &[], &[]], ann),
        ([&["ann@x.com", "ANN@x.com"], &[], &[]], ann),
        ([&["ann@x.com", "bob@x.com"], &[], &[]], Claim::Unclear),
        ([&["bob@x.com", "ann@x.com", "bob@x.com"], &[], &[]], Claim::Unclear),
        ([&["ann@x.com, bob@x.com"], &["ann@x.com"], &[]], Claim::Unclear),
        ([&["ann@x.com\tbob"], &[], &[]], Claim::Unclear),
    ];
    for (headers, expected) in cases {
        let claim = Claim::first_of(headers.map(|values| values.iter().map(|value| value.as_bytes())));
        assert_eq!(claim, expected, "{headers:?}");
    }
    assert_eq!(Claim::first_of([[&b"ann\xff@x.com"[..]]]), Claim::Unclear);
}

#[test]
fn what_is_for_programs_of_our_user_is_for_nobody_else() {
    let at = Visitor { entrance: Entrance::Local, changes_state: true, ..AT_HOME };
    let everybody = [
        (local(), Visitor { bearer: Some("secret"), ..at }),
        (local(), Visitor { cookie: Some("secret"), origin: Some("http://localhost:8000"), ..at }),
        (local(), Visitor { local_peer: true, origin: Some("http://localhost:8000"), ..at }),
        (platform(Mode::Workspace, None), Visitor { claim: Claim::Person("ann@x.com"), ..at }),
        (platform(Mode::Owner, Some("ann@x.com")), Visitor { claim: Claim::Person("ann@x.com"), ..at }),
        (platform(Mode::Owner, None), Visitor { claim: Claim::Person("ada@example.com"), ..at }),
    ];
    for (access, visitor) in everybody {
        assert_eq!(access.decide(&visitor), Err(Denied::NotLocal), "{visitor:?}");
    }
    assert_eq!(local().decide(&Visitor { local_peer: true, ..at }), Ok(Some(Identity::Local)));
}

#[test]
fn every_address_has_its_entrance() {
    for (path, reads, entrance) in [
        ("/", true, Entrance::Page),
        ("/assets/app.js", true, Entrance::Page),
        ("/admin", true, Entrance::Page),
        ("/", false, Entrance::Api),
        ("/ws", true, Entrance::Socket),
        ("/wsx", true, Entrance::Page),
        ("/api/sessions", true, Entrance::Api),
        ("/api", true, Entrance::Api),
        ("/api/admin", true, Entrance::Admin),
        ("/api/admin/restart", false, Entrance::Admin),
        ("/api/administrator", true, Entrance::Api),
        ("/mcp", true, Entrance::Api),
        ("/api/local/git-credential", false, Entrance::Local),
        ("/api/locals", true, Entrance::Api),
    ] {
        assert_eq!(Entrance::of(path, reads), entrance, "{path}");
    }
}

#[test]
fn whoever_provisions_comes_in_with_a_secret_at_one_address() {
    let at = |given| Visitor { entrance: Entrance::Provision, bootstrap: given, ..AT_HOME };
    let closed = platform(Mode::Owner, None);
    assert_eq!(closed.decide(&at(Some("anything"))), Err(Denied::Closed));
    for access in [platform(Mode::Owner, None), local()] {
        let open = Access { bootstrap: Some(Secret::new("fleet")), ..access };
        assert_eq!(open.decide(&at(Some("fleet"))), Ok(Some(Identity::Provisioner)));
        let bearer = Visitor { bearer: Some("fleet"), ..at(None) };
        assert_eq!(open.decide(&bearer), Ok(Some(Identity::Provisioner)));
        assert_eq!(open.decide(&at(Some("fleets"))), Err(Denied::WrongSecret));
        assert_eq!(open.decide(&at(None)), Err(Denied::WrongSecret));
        let elsewhere = Visitor { bootstrap: Some("fleet"), ..AT_HOME };
        assert!(open.decide(&elsewhere).is_err(), "the secret opens nothing else");
    }
}
