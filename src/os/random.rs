//! Unguessable strings.

/// The system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("get random bytes from the system: {0}")]
pub struct NoRandomness(getrandom::Error);

/// 128 random bits as 32 hexadecimal digits.
pub fn token() -> Result<String, NoRandomness> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
