//! Which of a person's tokens is the one that was pasted.

use sha2::{Digest, Sha256};

use super::fact::Listed;
use crate::domain::secret::Secret;

/// How personal access tokens begin.
const FORM: &str = "dapi";

/// The id of `pasted` among the tokens that it listed itself, if that is certain. `ours`: tells ids and comments of our
/// own tokens.
///
/// The bearer of a list is in the list, if it is a personal access token: so the only one that is not ours is it. And
/// where ids are digests of tokens, the digest names it.
pub fn id_of(pasted: &Secret, listed: &[Listed], ours: impl Fn(&Listed) -> bool) -> Option<String> {
    if !pasted.expose().starts_with(FORM) {
        return None;
    }
    let digest: String = Sha256::digest(pasted.expose()).iter().map(|byte| format!("{byte:02x}")).collect();
    if listed.iter().any(|token| token.id == digest) {
        return Some(digest);
    }
    let mut others = listed.iter().filter(|token| !ours(token));
    match (others.next(), others.next()) {
        (Some(only), None) => Some(only.id.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(ids: &[&str]) -> Vec<Listed> {
        ids.iter().map(|id| Listed { id: (*id).to_owned(), comment: String::new() }).collect()
    }

    /// B-38: the Python daemon revoked the newest token without its tag, whichever that was.
    #[test]
    fn only_a_proved_token_is_named() {
        let pasted = Secret::new("dapi123");
        let digest: String = Sha256::digest("dapi123").iter().map(|byte| format!("{byte:02x}")).collect();
        let ours = |token: &Listed| token.id == "ours";
        for (ids, proved) in [
            (vec!["ours", "a"], Some("a")),
            (vec!["ours", "a", "b"], None),
            (vec!["ours"], None),
            (vec![], None),
            (vec!["a", "b", digest.as_str()], Some(digest.as_str())),
        ] {
            assert_eq!(id_of(&pasted, &listed(&ids), ours).as_deref(), proved, "{ids:?}");
        }
        // What is no personal access token is in no list of them, so nothing follows from the list.
        assert_eq!(id_of(&Secret::new("eyJ.x.y"), &listed(&["a"]), ours), None);
    }
}
