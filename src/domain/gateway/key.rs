//! Keys of sessions: worth something only here, and only while the session runs.
//!
//! A key is the session's id and a code over it (HMAC-SHA256, RFC 2104) with a secret that the keeper holds. So every
//! daemon knows every key without a list, and whoever has one cannot make another.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::domain::secret::Secret;

/// How a key begins.
const MARK: &str = "coda-gw-";
/// Between id and code.
const DOT: char = '.';
/// What the code is over, besides the id: the same secret may serve another end one day.
const PURPOSE: &[u8] = b"coda gateway key 1\0";
/// Longest id in a key, in bytes.
const LONGEST: usize = 100;
/// Block of SHA-256, in bytes.
const BLOCK: usize = 64;

#[derive(Debug, Clone)]
pub struct Keys(Secret);

impl Keys {
    pub fn new(secret: Secret) -> Keys {
        Keys(secret)
    }

    /// The key of a session.
    pub fn of(&self, session: &str) -> Secret {
        Secret::new(format!("{MARK}{session}{DOT}{}", URL_SAFE_NO_PAD.encode(self.code(session))))
    }

    /// Whose key it is; `None`: it is none of ours. Takes as long for the wrong as for the right.
    pub fn session_of<'a>(&self, key: &'a str) -> Option<&'a str> {
        let (session, code) = key.strip_prefix(MARK)?.split_once(DOT)?;
        if session.is_empty() || session.len() > LONGEST {
            return None;
        }
        let right = URL_SAFE_NO_PAD.encode(self.code(session));
        bool::from(right.as_bytes().ct_eq(code.as_bytes())).then_some(session)
    }

    fn code(&self, session: &str) -> [u8; 32] {
        hmac(self.0.expose().as_bytes(), &[PURPOSE, session.as_bytes()].concat())
    }
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |pad: u8| block.map(|byte| byte ^ pad);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "6b1f0c0e-93a4-4a5e-8f53-0d5b6f3f5b7e";

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The vectors of RFC 4231, 1, 2 and 6.
    #[test]
    fn the_code_is_hmac_sha256() {
        let vectors: [(&[u8], &[u8], &str); 3] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, message, code) in vectors {
            assert_eq!(hex(&hmac(key, message)), code);
        }
    }

    #[test]
    fn a_key_is_its_sessions_whichever_daemon_is_asked() {
        let key = Keys::new(Secret::new("s")).of(ID);
        assert_eq!(Keys::new(Secret::new("s")).session_of(key.expose()), Some(ID));
        assert_eq!(Keys::new(Secret::new("t")).session_of(key.expose()), None);
    }

    #[test]
    fn nobody_makes_a_key_of_another() {
        let keys = Keys::new(Secret::new("s"));
        let key = keys.of(ID).expose().to_owned();
        let other = key.replace("6b1f", "6b1e");
        for wrong in [
            &other,
            &key[..key.len() - 1],
            &format!("{key}A"),
            &key.to_uppercase(),
            &key.replace(DOT, ""),
            "coda-gw-.",
            "coda-gw-",
            "",
            "dapi0123",
        ] {
            assert_eq!(keys.session_of(wrong), None, "{wrong}");
        }
    }
}
