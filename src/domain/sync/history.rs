//! Two shell histories made one. Bash and zsh only ever add to theirs, or cut off its beginning.

/// Both histories in one: theirs is older. Nothing is doubled when one continues the other.
pub fn join(theirs: &[u8], ours: &[u8]) -> Vec<u8> {
    if ours.starts_with(theirs) {
        return ours.to_vec();
    }
    if theirs.ends_with(ours) {
        return theirs.to_vec();
    }
    let mut joined = theirs.to_vec();
    if !joined.is_empty() && !joined.ends_with(b"\n") {
        joined.push(b'\n');
    }
    joined.extend_from_slice(ours);
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_and_nothing_doubled() {
        for (theirs, ours, joined) in [
            ("", "", ""),
            ("a\nb\n", "", "a\nb\n"),
            ("", "c\n", "c\n"),
            ("a\n", "a\nb\n", "a\nb\n"),
            ("a\nb\n", "b\n", "a\nb\n"),
            ("a\nb", "c\n", "a\nb\nc\n"),
        ] {
            assert_eq!(join(theirs.as_bytes(), ours.as_bytes()), joined.as_bytes(), "{theirs:?} {ours:?}");
        }
    }
}
