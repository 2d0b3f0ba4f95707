//! Whose size a session has: the most recently active writer's.

use super::size::Size;

/// Names one viewer of one session.
pub type ViewerId = u64;

#[derive(Debug, Clone)]
struct Writer {
    viewer: ViewerId,
    size: Size,
    /// Grows with every activity; the largest owns the size.
    active: u64,
}

/// The writers of one session and which of them owns its size. Readers never appear here.
#[derive(Debug, Clone, Default)]
pub struct SizeOwner {
    writers: Vec<Writer>,
    clock: u64,
}

impl SizeOwner {
    /// A writer came. It owns the size only when nobody else is there.
    pub fn join(&mut self, viewer: ViewerId, size: Size) {
        self.leave(viewer);
        let active = if self.writers.is_empty() { self.tick() } else { 0 };
        self.writers.push(Writer { viewer, size, active });
    }

    pub fn leave(&mut self, viewer: ViewerId) {
        self.writers.retain(|writer| writer.viewer != viewer);
    }

    /// The writer typed. False when it is not a writer.
    pub fn typed(&mut self, viewer: ViewerId) -> bool {
        let now = self.tick();
        let found = self.writers.iter_mut().find(|writer| writer.viewer == viewer);
        found.map(|writer| writer.active = now).is_some()
    }

    /// The writer says how large it is, which is activity too. False when it is not a writer.
    pub fn resized(&mut self, viewer: ViewerId, size: Size) -> bool {
        let now = self.tick();
        let found = self.writers.iter_mut().find(|writer| writer.viewer == viewer);
        found.map(|writer| (writer.size, writer.active) = (size, now)).is_some()
    }

    pub fn is_writer(&self, viewer: ViewerId) -> bool {
        self.writers.iter().any(|writer| writer.viewer == viewer)
    }

    pub fn has_writers(&self) -> bool {
        !self.writers.is_empty()
    }

    pub fn owner(&self) -> Option<ViewerId> {
        self.newest().map(|writer| writer.viewer)
    }

    /// The size the session should have; `None`: keep the last.
    pub fn size(&self) -> Option<Size> {
        self.newest().map(|writer| writer.size)
    }

    fn newest(&self) -> Option<&Writer> {
        self.writers.iter().max_by_key(|writer| writer.active)
    }

    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(cols: u16) -> Size {
        Size { rows: 24, cols }
    }

    #[test]
    fn the_first_writer_owns_the_size_and_a_second_one_does_not_take_it_by_coming() {
        let mut owner = SizeOwner::default();
        assert_eq!(owner.size(), None);
        owner.join(1, size(100));
        owner.join(2, size(40));
        assert_eq!((owner.owner(), owner.size()), (Some(1), Some(size(100))));
    }

    #[test]
    fn activity_takes_the_size_and_leaving_gives_it_back() {
        let mut owner = SizeOwner::default();
        owner.join(1, size(100));
        owner.join(2, size(40));
        assert!(owner.typed(2));
        assert_eq!(owner.size(), Some(size(40)));
        assert!(owner.resized(1, size(120)));
        assert_eq!(owner.size(), Some(size(120)));
        owner.leave(1);
        assert_eq!(owner.size(), Some(size(40)));
        owner.leave(2);
        assert_eq!(owner.owner(), None);
    }

    #[test]
    fn a_reader_changes_nothing() {
        let mut owner = SizeOwner::default();
        owner.join(1, size(100));
        assert!(!owner.typed(9));
        assert!(!owner.resized(9, size(1)));
        assert_eq!(owner.size(), Some(size(100)));
    }
}
