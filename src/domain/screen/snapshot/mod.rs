//! From the terminal back to bytes: what makes a viewer, fresh or dirty, show the same thing and
//! go on in the same way.
//!
//! Everything is said with sequences that xterm.js obeys and that ask for no answer. Where a state
//! can only be reached in a roundabout way (a continuation line at the top of the screen, a pending
//! wrap behind an erased cell) the roundabout way is taken; the comments say which.

// The whole, in order.
mod compose;
// What has changed since an earlier one.
mod difference;
// Lines.
mod odd;
mod paint;
// Attributes.
mod sgr;
mod torn;
// The cursor and what is before it.
mod last;
// What is not text: modes, cursors, regions.
mod state;

// What cannot be said.
mod unsaid;

pub use compose::snapshot;
pub use difference::{Shown, difference};
pub use paint::Clusters;
pub use state::CALM;
pub use unsaid::{Unsaid, unsaid};
