//! Everything the workspace knows. One mutex around one `World` (see `server`): a handler runs to its end with
//! it and never waits.

use crate::clock::{Clock, Millis};
use crate::faults::Faults;
use crate::ids::Ids;
use crate::limits::Limits;
use crate::log::Log;
use crate::oauth::Oauth;
use crate::principals::{PrincipalId, Principals};
use crate::settings::Settings;
use crate::tokens::Tokens;

#[derive(Debug)]
pub struct World {
    pub settings: Settings,
    pub clock: Clock,
    /// The time of the request that is being answered: it does not move under a handler.
    pub time: Millis,
    pub ids: Ids,
    /// `http://127.0.0.1:<port>`
    pub base: String,
    pub principals: Principals,
    pub admin: PrincipalId,
    pub tokens: Tokens,
    pub oauth: Oauth,
    pub faults: Faults,
    pub limits: Limits,
    pub log: Log,
}

impl World {
    pub fn new(settings: Settings, base: String) -> World {
        let clock = Clock::new();
        let mut world = World {
            time: clock.now(),
            clock,
            ids: Ids::new(settings.seed),
            base,
            principals: Principals::default(),
            admin: PrincipalId(0),
            tokens: Tokens::default(),
            oauth: Oauth::default(),
            faults: Faults::new(settings.seed),
            limits: Limits::default(),
            log: Log::default(),
            settings,
        };
        world.furnish();
        world
    }

    /// What every workspace has from its first day.
    fn furnish(&mut self) {
        let admin = self.settings.admin.clone();
        self.admin = self.person(&admin);
        self.principals.get_mut(self.admin).groups.insert("admins".to_owned());
    }

    pub fn now(&self) -> Millis {
        self.time
    }

    /// Reads the clock and lets happen what was due until now.
    pub fn settle(&mut self) {
        self.time = self.clock.now();
    }
}
