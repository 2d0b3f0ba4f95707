//! All state, behind one mutex.

use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::call::Call;
use crate::gates::Gates;
use crate::log::Log;
use crate::settings::Settings;
use crate::tokens::Tokens;
use crate::tools::{self, Said};
use crate::turn::{Turn, When};
use crate::wire::{Asked, Wire};

/// More turns than this wait for nobody.
const LONGEST_SCRIPT: usize = 20_000;
/// What one turn says, at most; bytes.
pub const LARGEST_TURN: usize = 64 * 1024 * 1024;

#[derive(Debug)]
pub struct World {
    pub settings: Settings,
    pub tokens: Tokens,
    pub script: VecDeque<Turn>,
    pub gates: Gates,
    pub log: Log,
    next_id: u64,
}

impl World {
    pub fn new(settings: Settings) -> World {
        World {
            settings,
            tokens: Tokens::default(),
            script: VecDeque::new(),
            gates: Gates::default(),
            log: Log::default(),
            next_id: 0,
        }
    }

    /// 22 hexadecimal digits, the same for the same seed and the same calls.
    pub fn id(&mut self) -> String {
        self.next_id += 1;
        let mixed = (self.settings.seed ^ self.next_id).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{:06x}{mixed:016x}", self.next_id & 0xff_ffff)
    }

    /// The end of the queue; the error says why there is no room.
    pub fn add(&mut self, turn: Turn) -> Result<(), String> {
        if self.script.len() >= LONGEST_SCRIPT {
            return Err(format!("a script has at most {LONGEST_SCRIPT} turns"));
        }
        if turn.say.len() + turn.thinking.len() + turn.filler > LARGEST_TURN {
            return Err(format!("a turn says at most {LARGEST_TURN} bytes"));
        }
        self.script.push_back(turn);
        Ok(())
    }

    /// The first turn that fits, with its calls as this agent spells them.
    pub fn take(&mut self, call: &Call, wire: Wire, asked: &Asked) -> Option<(Turn, Vec<Said>)> {
        let fitting = self.script.iter().enumerate().find_map(|(at, turn)| {
            let calls = turn.calls.iter().map(|action| tools::choose(action, &asked.offers));
            let calls: Option<Vec<Said>> = fits(&turn.when, call, wire, asked).then(|| calls.collect())?;
            Some((at, calls?))
        });
        let (at, calls) = fitting?;
        let turn = &mut self.script[at];
        let taken = turn.clone();
        match turn.times {
            0 => {}
            1 => drop(self.script.remove(at)),
            _ => turn.times -= 1,
        }
        Some((taken, calls))
    }
}

fn fits(when: &When, call: &Call, wire: Wire, asked: &Asked) -> bool {
    let part = |wanted: &Option<String>, whole: &str| {
        wanted.as_ref().is_none_or(|wanted| whole.contains(wanted.as_str()))
    };
    when.wire.is_none_or(|wanted| wanted == wire)
        && when.tools.is_none_or(|wanted| wanted != asked.offers.is_empty())
        && part(&when.path, &call.path)
        && part(&when.model, &asked.model)
        && when
            .containing
            .as_ref()
            .is_none_or(|text| part(&Some(text.clone()), &String::from_utf8_lossy(&call.body)))
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
