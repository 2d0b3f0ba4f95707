//! The table: what to do with one file.

use super::Digest;

/// Which way contents go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// What is here goes there. What changed there alone stays.
    Push,
    /// What is there comes here, where nothing here is in its way.
    Fetch,
    /// What is there comes here; what is in its way is kept beside.
    Restore,
}

/// What to do with one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Nothing,
    /// Both have the same: to be remembered.
    Same,
    Upload,
    Download,
    /// It was deleted here and is unchanged there.
    Delete,
    /// Both changed: theirs is kept beside, ours takes its place.
    KeepTheirs,
    /// Both changed: ours is kept beside, theirs takes its place.
    KeepOurs,
    /// Theirs differs, and stays.
    LeaveTheirs,
    /// Both changed, and the two can be made one: to be done here, and pushed the next time.
    Join,
}

/// A file's content on the three sides; `None`: there is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contents {
    pub here: Option<Digest>,
    pub there: Option<Other>,
    /// What both had.
    pub base: Option<Digest>,
    /// Two of its contents can be made one.
    pub joins: bool,
}

/// What is there, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Other {
    /// `None`: nobody has looked; it is something that was not there when both agreed.
    pub digest: Option<Digest>,
    /// It was on both sides once, or came from here.
    pub seen: bool,
}

pub(super) fn decide(way: Way, contents: Contents) -> Decision {
    let Contents { here, there, base, joins } = contents;
    match (here, there) {
        (None, None) => Decision::Nothing,
        (Some(here), Some(there)) if there.digest == Some(here) => Decision::Same,
        (Some(_), None) => {
            if way == Way::Push {
                Decision::Upload
            } else {
                Decision::Nothing
            }
        }
        (None, Some(there)) => match way {
            Way::Push if there.seen => Decision::Delete,
            Way::Push => Decision::LeaveTheirs,
            // Deleted here, and the next push says so there.
            Way::Fetch if there.seen => Decision::Nothing,
            Way::Fetch | Way::Restore => Decision::Download,
        },
        (Some(here), Some(there)) => {
            let unchanged = base == Some(here);
            match way {
                Way::Push if there.seen => Decision::Upload,
                Way::Push if unchanged => Decision::LeaveTheirs,
                Way::Fetch | Way::Restore if unchanged => Decision::Download,
                Way::Push | Way::Fetch if joins && !there.seen => Decision::Join,
                Way::Push => Decision::KeepTheirs,
                Way::Fetch => Decision::Nothing,
                Way::Restore => Decision::KeepOurs,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        use Decision::*;
        let [a, b, c] = [b"a", b"b", b"c"].map(|content| Some(Digest::of(content)));
        // here, there, base; push, fetch, restore
        for (here, there, base, expected) in [
            (None, None, a, [Nothing, Nothing, Nothing]),
            (a, a, None, [Same, Same, Same]),
            (a, a, b, [Same, Same, Same]),
            (a, None, None, [Upload, Nothing, Nothing]),
            (a, None, a, [Upload, Nothing, Nothing]),
            (a, None, b, [Upload, Nothing, Nothing]),
            (None, a, None, [LeaveTheirs, Download, Download]),
            (None, a, a, [Delete, Nothing, Download]),
            (None, a, b, [LeaveTheirs, Download, Download]),
            (a, b, None, [KeepTheirs, Nothing, KeepOurs]),
            (a, b, a, [LeaveTheirs, Download, Download]),
            (a, b, b, [Upload, Nothing, KeepOurs]),
            (a, b, c, [KeepTheirs, Nothing, KeepOurs]),
        ] {
            let other = there.map(|digest| Other { digest: Some(digest), seen: there == base });
            for (way, expected) in [Way::Push, Way::Fetch, Way::Restore].into_iter().zip(expected) {
                let contents = Contents { here, there: other, base, joins: false };
                assert_eq!(decide(way, contents), expected, "{way:?} {contents:?}");
            }
        }
    }

    #[test]
    fn what_can_be_made_one_is_kept_nowhere_beside() {
        let [a, b] = [b"a", b"b"].map(|content| Some(Digest::of(content)));
        let of = |way, base| {
            let there = Some(Other { digest: b, seen: b == base });
            decide(way, Contents { here: a, there, base, joins: true })
        };
        assert_eq!([of(Way::Push, None), of(Way::Fetch, None)], [Decision::Join; 2]);
        assert_eq!([of(Way::Push, b), of(Way::Fetch, b)], [Decision::Upload, Decision::Nothing]);
        assert_eq!([of(Way::Push, a), of(Way::Fetch, a)], [Decision::LeaveTheirs, Decision::Download]);
    }

    #[test]
    fn what_nobody_has_looked_at_is_not_deleted() {
        let there = Some(Other { digest: None, seen: false });
        let base = Some(Digest::of(b"a"));
        assert_eq!(
            decide(Way::Push, Contents { here: None, there, base, joins: true }),
            Decision::LeaveTheirs
        );
    }
}
