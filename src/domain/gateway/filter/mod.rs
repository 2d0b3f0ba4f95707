//! Mends what agents send and what models answer, where the two do not understand each other.
//!
//! Chat completions carry every model of the workspace, and what one takes another refuses: empty texts, results of
//! calls that were never made, words in schemas. Models in turn wrap calls in a call of their own. The other interfaces
//! are their vendors' and pass as they are, but for one field of Gemini's. A message that needs no mending keeps its
//! bytes.

mod answer;
mod messages;
mod request;
mod schema;
mod stream;

pub use answer::answer;
pub use request::{Mended, request};
pub use stream::ChatStream;

#[cfg(test)]
mod tests;
