//! Everything the workspace knows. One mutex around one `World` (see `server`): a handler runs to its end with
//! it and never waits.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::apps::Apps;
use crate::clock::{Clock, Millis};
use crate::experiments::Experiments;
use crate::faults::Faults;
use crate::files::Files;
use crate::grants::Grants;
use crate::ids::Ids;
use crate::limits::Limits;
use crate::log::Log;
use crate::oauth::Oauth;
use crate::permissions::Permissions;
use crate::principals::{PrincipalId, Principals};
use crate::secrets::Secrets;
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
    pub apps: Apps,
    pub permissions: Permissions,
    pub grants: Grants,
    pub secrets: Secrets,
    pub files: Files,
    pub experiments: Experiments,
    /// By name, as the API shows them.
    pub endpoints: BTreeMap<String, Value>,
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
            apps: Apps::default(),
            permissions: Permissions::default(),
            grants: Grants::default(),
            secrets: Secrets::default(),
            files: Files::default(),
            experiments: Experiments::default(),
            endpoints: crate::serving::endpoints(),
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
        for folder in ["/Users", "/Shared", "/Repos"] {
            self.files.make_folders(folder, &mut self.ids, self.time);
        }
        let admin = self.settings.admin.clone();
        self.admin = self.person(&admin);
        self.principals.get_mut(self.admin).groups.insert("admins".to_owned());
        self.grants.furnish(&admin);
    }

    pub fn now(&self) -> Millis {
        self.time
    }

    /// Reads the clock and lets happen what was due until now.
    pub fn settle(&mut self) {
        self.time = self.clock.now();
        self.settle_apps();
    }
}
