//! Breaking children by name.

use super::*;

#[test]
fn every_site_breaks_a_child_that_comes_back() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let child = start(ChildSpec::permanent("probe"), &reports, &script);
        recovered(&reports, "probe", 0).await;
        for (crashes, site, message) in [
            (1, CrashSite::Handler, "crash on order: handler"),
            (2, CrashSite::Future, "crash on order: future"),
            (3, CrashSite::Timer, "crash on order: timer"),
        ] {
            reports.crash("probe", site).expect("it lives");
            let row = recovered(&reports, "probe", crashes).await;
            assert_eq!(row.last_panic.expect("a panic").panic.message, message);
            assert_eq!(child.addr.send(Count).await, Ok(1));
        }
    });
}

#[test]
fn the_next_start_breaks_once() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let child = start(ChildSpec::permanent("probe"), &reports, &script);
        recovered(&reports, "probe", 0).await;
        reports.crash("probe", CrashSite::Started).expect("it lives");
        assert_eq!(child.addr.send(Count).await, Ok(1), "nothing happens before a start");
        child.handle.crash(CrashSite::Handler);
        let row = recovered(&reports, "probe", 2).await;
        assert_eq!(row.restarts, 2);
        assert_eq!(row.last_panic.expect("a panic").panic.message, "crash on order: started");
        child.handle.crash(CrashSite::Handler);
        assert_eq!(recovered(&reports, "probe", 3).await.restarts, 3);
    });
}

#[test]
fn a_name_that_is_not_there_is_an_error() {
    system(async {
        let (reports, script) = (Reports::new(), Script::default());
        let error = reports.crash("probe", CrashSite::Handler).unwrap_err();
        assert!(error.to_string().starts_with("no actor named \"probe\""), "{error}");
        let child = start(ChildSpec::permanent("probe"), &reports, &script);
        child.handle.stop();
        child.handle.gone().await;
        assert!(reports.crash("probe", CrashSite::Handler).is_err(), "it is gone");
    });
}
