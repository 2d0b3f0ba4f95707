//! Ids and secrets: monotonic, and the same for the same seed and the same calls.

use sha2::{Digest, Sha256};

#[derive(Debug)]
pub struct Ids {
    seed: u64,
    next: u64,
}

impl Ids {
    pub fn new(seed: u64) -> Ids {
        Ids { seed, next: 0 }
    }

    /// Digits, as objects and people have them.
    pub fn number(&mut self) -> u64 {
        self.next += 1;
        4_000_000_000_000 + self.next
    }

    /// So many hexadecimal digits, at most 64, that nobody would guess.
    pub fn hex(&mut self, what: &str, digits: usize) -> String {
        self.next += 1;
        let mut hex = sha256(format!("{}:{}:{what}", self.seed, self.next).as_bytes());
        hex.truncate(digits);
        hex
    }

    pub fn uuid(&mut self, what: &str) -> String {
        let hex = self.hex(what, 32);
        format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }

    /// 32 digits that sort by time, as deployments have them.
    pub fn ordered(&mut self, now: i64) -> String {
        let tail = self.hex("deployment", 16);
        format!("01{:014x}{tail}", now.max(0))
    }

    pub fn request(&mut self) -> String {
        self.uuid("request")
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the log tells of a secret: enough to see whether two are the same.
pub fn fingerprint(secret: &str) -> String {
    sha256(secret.as_bytes())[..8].to_owned()
}
