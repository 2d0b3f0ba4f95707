//! Finds out where the models are: asks one place after the other, keeps what it learned, and looks again later.
//!
//! A host that somebody named counts unasked. Otherwise the first that is there of: the workspace's own gateway, the
//! gateway's host that belongs to the workspace; and when neither is, the serving endpoints, which every workspace has.
//! A place that gave no clear answer is passed over for now and asked again soon; a route that worked is not given up
//! because of silence.

use std::time::Duration;

use super::route::{Kind, Route};

/// How long clear answers count, and how soon unclear ones are asked for again.
const SETTLED: Duration = Duration::from_secs(6 * 60 * 60);
const UNCLEAR: Duration = Duration::from_secs(60);
/// After a doubt: not more often than this.
const DOUBTED: Duration = Duration::from_secs(30);

/// What is known of a workspace before anyone is asked. Origins, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    pub given: Option<String>,
    pub workspace: String,
    pub dedicated: Option<String>,
}

/// Ask there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Whether the workspace has a gateway below its own address; needs the token.
    Workspace,
    /// Whether anybody answers at the gateway's host that belongs to the workspace.
    Dedicated,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    There,
    Missing,
    /// No answer, or one that says nothing about it.
    Unclear,
}

#[derive(Debug)]
pub struct Resolver {
    places: Places,
    route: Option<Route>,
    workspace: Option<Found>,
    dedicated: Option<Found>,
    asked: Option<Probe>,
    /// When the round was over, and until when it counts.
    round: Option<(Duration, Duration)>,
}

impl Resolver {
    pub fn new(places: Places) -> Resolver {
        let route = places.given.as_ref().map(|host| Route::new(Kind::Given, host));
        Resolver { places, route, workspace: None, dedicated: None, asked: None, round: None }
    }

    /// What to ask now, if anything. Nobody is asked twice at once.
    pub fn due(&mut self, now: Duration, has_token: bool) -> Option<Probe> {
        if self.places.given.is_some() || self.asked.is_some() || !has_token {
            return None;
        }
        match self.round {
            Some((_, until)) if now < until => return None,
            Some(_) => (self.round, self.workspace, self.dedicated) = (None, None, None),
            None => {}
        }
        self.asked = Some(if self.workspace.is_none() { Probe::Workspace } else { Probe::Dedicated });
        self.asked
    }

    pub fn hear(&mut self, now: Duration, probe: Probe, found: Found) {
        self.asked = None;
        match probe {
            Probe::Workspace => self.workspace = Some(found),
            Probe::Dedicated => self.dedicated = Some(found),
        }
        let more = self.workspace != Some(Found::There)
            && self.places.dedicated.is_some()
            && self.dedicated.is_none();
        if more {
            return;
        }
        let clear = ![self.workspace, self.dedicated].contains(&Some(Found::Unclear));
        self.round = Some((now, now + if clear { SETTLED } else { UNCLEAR }));
        self.route = Some(self.choose());
    }

    /// A request found nobody there: look again, but not all the time.
    pub fn doubt(&mut self, now: Duration) {
        if let Some((over, until)) = &mut self.round
            && now >= *over + DOUBTED
        {
            *until = now;
        }
    }

    /// What was asked is forgotten: nobody will hear the answer.
    pub fn interrupted(&mut self) {
        self.asked = None;
    }

    /// `None`: it is not known yet.
    pub fn route(&self) -> Option<&Route> {
        self.route.as_ref()
    }

    fn choose(&self) -> Route {
        let worked = |kind| self.route.as_ref().is_some_and(|route| route.kind == kind);
        let counts = |found: Option<Found>, kind| match found {
            Some(Found::There) => true,
            Some(Found::Unclear) => worked(kind),
            _ => false,
        };
        if counts(self.workspace, Kind::Workspace) {
            return Route::new(Kind::Workspace, &self.places.workspace);
        }
        match &self.places.dedicated {
            Some(host) if counts(self.dedicated, Kind::Dedicated) => Route::new(Kind::Dedicated, host),
            _ => Route::new(Kind::Serving, &self.places.workspace),
        }
    }
}

/// The gateway's host that belongs to a workspace, where its name can be known. `host`: the workspace's; `id`: its
/// number, if it was told. On Azure the host has it.
pub fn dedicated(host: &str, id: Option<&str>) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let id = id.map(str::trim).filter(is_number);
    if let Some(name) = host.strip_suffix(".azuredatabricks.net") {
        let (own, shard) = name.strip_prefix("adb-").and_then(|rest| rest.split_once('.')).unzip();
        let id = id.or(own.filter(is_number))?;
        let shard = shard.filter(is_number).unwrap_or("0");
        return Some(format!("https://{id}.{shard}.ai-gateway.azuredatabricks.net"));
    }
    let id = id.filter(|_| host.ends_with(".cloud.databricks.com"))?;
    Some(format!("https://{id}.ai-gateway.cloud.databricks.com"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: &str = "https://w.example";
    const GATEWAY: &str = "https://7.ai-gateway.example";

    fn places(given: Option<&str>, dedicated: Option<&str>) -> Places {
        Places {
            given: given.map(str::to_owned),
            workspace: WORKSPACE.to_owned(),
            dedicated: dedicated.map(str::to_owned),
        }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// P-12: precedence of what is known.
    #[test]
    fn the_first_place_that_is_there_is_the_route() {
        use Found::{Missing, There, Unclear};
        for (dedicated, answers, kind) in [
            (None, &[There][..], Kind::Workspace),
            (None, &[Missing], Kind::Serving),
            (None, &[Unclear], Kind::Serving),
            (Some(GATEWAY), &[There], Kind::Workspace),
            (Some(GATEWAY), &[Missing, There], Kind::Dedicated),
            (Some(GATEWAY), &[Unclear, There], Kind::Dedicated),
            (Some(GATEWAY), &[Missing, Missing], Kind::Serving),
            (Some(GATEWAY), &[Missing, Unclear], Kind::Serving),
        ] {
            let mut resolver = Resolver::new(places(None, dedicated));
            for found in answers {
                assert_eq!(resolver.route(), None);
                let probe = resolver.due(at(1), true).unwrap();
                assert_eq!(resolver.due(at(1), true), None, "nobody is asked twice at once");
                resolver.hear(at(1), probe, *found);
            }
            assert_eq!(resolver.route().map(|route| route.kind), Some(kind), "{answers:?}");
            assert_eq!(resolver.due(at(2), true), None, "what is known is not asked again");
        }
    }

    #[test]
    fn a_named_host_counts_unasked() {
        let mut resolver = Resolver::new(places(Some("https://gw.example/"), Some(GATEWAY)));
        assert_eq!(resolver.route(), Some(&Route::new(Kind::Given, "https://gw.example")));
        assert_eq!(resolver.due(at(0), true), None);
    }

    #[test]
    fn nothing_is_asked_without_a_token() {
        let mut resolver = Resolver::new(places(None, None));
        assert_eq!((resolver.due(at(0), false), resolver.due(at(0), true)), (None, Some(Probe::Workspace)));
    }

    #[test]
    fn unclear_answers_are_asked_for_again_and_silence_ends_no_route() {
        let mut resolver = Resolver::new(places(None, None));
        resolver.due(at(0), true);
        resolver.hear(at(0), Probe::Workspace, Found::Unclear);
        assert_eq!((resolver.due(at(59), true), resolver.due(at(60), true)), (None, Some(Probe::Workspace)));
        resolver.hear(at(60), Probe::Workspace, Found::There);
        // It counts for hours, and longer when nobody answers any more.
        assert_eq!(resolver.due(at(3_600), true), None);
        assert_eq!(resolver.due(at(7 * 3_600), true), Some(Probe::Workspace));
        assert_eq!(resolver.route().unwrap().kind, Kind::Workspace, "usable while it is asked");
        resolver.hear(at(7 * 3_600), Probe::Workspace, Found::Unclear);
        assert_eq!(resolver.route().unwrap().kind, Kind::Workspace);
        resolver.due(at(8 * 3_600), true);
        resolver.hear(at(8 * 3_600), Probe::Workspace, Found::Missing);
        assert_eq!(resolver.route().unwrap().kind, Kind::Serving);
    }

    #[test]
    fn a_doubt_asks_again_but_not_all_the_time() {
        let mut resolver = Resolver::new(places(None, None));
        resolver.due(at(0), true);
        resolver.hear(at(0), Probe::Workspace, Found::There);
        resolver.doubt(at(29));
        assert_eq!(resolver.due(at(29), true), None);
        resolver.doubt(at(30));
        assert_eq!(resolver.due(at(30), true), Some(Probe::Workspace));
        resolver.interrupted();
        assert_eq!(resolver.due(at(31), true), Some(Probe::Workspace));
    }

    #[test]
    fn the_gateways_host_is_known_from_the_workspaces() {
        for (host, id, expected) in [
            ("adb-42.7.azuredatabricks.net", None, Some("https://42.7.ai-gateway.azuredatabricks.net")),
            ("adb-42.7.azuredatabricks.net", Some("9"), Some("https://9.7.ai-gateway.azuredatabricks.net")),
            ("ws.azuredatabricks.net", Some("9"), Some("https://9.0.ai-gateway.azuredatabricks.net")),
            ("ws.azuredatabricks.net", None, None),
            ("DBC-1.cloud.databricks.com", Some(" 9 "), Some("https://9.ai-gateway.cloud.databricks.com")),
            ("dbc-1.cloud.databricks.com", None, None),
            ("dbc-1.cloud.databricks.com", Some("9.evil.example/"), None),
            ("127.0.0.1", Some("9"), None),
        ] {
            assert_eq!(dedicated(host, id).as_deref(), expected, "{host} {id:?}");
        }
    }
}
