//! Rare attributes of cells: underline style and colour, hyperlinks (OSC 8), clusters.
//!
//! Three bounded tables. When one has grown, the owner marks what the screens and the scrollback
//! still show and the rest is forgotten.

use std::sync::Arc;

use super::buffer::Buffer;
use super::cell::{COLOR, Style};
use super::intern::{Marks, Table, Weigh};
use super::pen::{Extra, Pen};
use super::row::Row;

/// Most links, combinations of rare attributes, and clusters alive at once.
const MAX_LINKS: usize = 8192;
const MAX_EXTRAS: usize = 16_384;
const MAX_CLUSTERS: usize = 65_536;
/// Most bytes of addresses and names of links, and of clusters.
const LINK_BYTES: usize = 1024 * 1024;
const CLUSTER_BYTES: usize = 1024 * 1024;
/// Longest address of a link, in bytes; longer ones are shown as plain text.
const MAX_URI: usize = 4096;
/// Longest text of one cell, in bytes; further marks are dropped.
pub const MAX_CLUSTER: usize = 64;

/// A hyperlink. Cells with the same link belong together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Link {
    pub name: Name,
    pub uri: Arc<str>,
}

impl Weigh for Link {
    fn weight(&self) -> usize {
        let name = if let Name::Given(id) = &self.name { id.len() } else { 0 };
        name + self.uri.len()
    }
}

impl Weigh for Extra {
    fn weight(&self) -> usize {
        0
    }
}

/// How a link is told from others with the same address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Name {
    /// The program's `id=`.
    Given(Arc<str>),
    /// One for each time a link without `id=` was opened.
    Counted(u64),
}

/// The tables.
#[derive(Debug)]
pub struct Tables {
    pub links: Table<Link>,
    pub extras: Table<Extra>,
    pub clusters: Table<Arc<str>>,
    opened: u64,
    /// How often numbers were given up, perhaps to mean something else later.
    pub sweeps: u64,
}

impl Tables {
    pub fn new() -> Tables {
        Tables {
            links: Table::new(MAX_LINKS).with_budget(LINK_BYTES),
            extras: Table::new(MAX_EXTRAS),
            clusters: Table::new(MAX_CLUSTERS).with_budget(CLUSTER_BYTES),
            opened: 0,
            sweeps: 0,
        }
    }

    /// Whether there is no room for another link.
    pub fn is_full_of_links(&self) -> bool {
        self.links.is_full_for(2 * MAX_URI)
    }

    /// Takes the oldest links from the cells that have them: for those that come.
    pub fn forget_links(&mut self) {
        self.links.forget_oldest();
    }

    /// The number of a link; 0 when it is too long or there are too many.
    pub fn open(&mut self, id: Option<&str>, uri: &str) -> u32 {
        if uri.len() > MAX_URI || id.is_some_and(|id| id.len() > MAX_URI) {
            return 0;
        }
        let name = match id {
            Some(id) => Name::Given(id.into()),
            None => {
                self.opened += 1;
                Name::Counted(self.opened)
            }
        };
        self.links.intern(Link { name, uri: uri.into() }).unwrap_or(0)
    }

    /// The style that cells drawn with `pen` get.
    pub fn style(&mut self, pen: Pen) -> Style {
        let extra = pen.extra().map(seen).and_then(|extra| self.extras.intern(extra)).unwrap_or(0);
        Style { fg: pen.fg, bg: pen.bg, extra }
    }

    pub fn extra(&self, style: Style) -> Extra {
        self.extras.get(style.extra).copied().unwrap_or_default()
    }

    /// The number of `text` with `mark` added; `None` when the text or the table is full.
    pub fn cluster(&mut self, text: &str, mark: char) -> Option<u32> {
        if text.len() + mark.len_utf8() > MAX_CLUSTER {
            return None;
        }
        self.clusters.intern(format!("{text}{mark}").into())
    }

    pub fn is_due(&self) -> bool {
        self.links.is_due() || self.extras.is_due() || self.clusters.is_due()
    }

    /// Forgets what neither the pens nor the buffers use.
    pub fn sweep(&mut self, pen: Pen, style: Style, buffers: &[&Buffer]) {
        self.sweeps += 1;
        let mut extras = self.extras.marks();
        let mut clusters = self.clusters.marks();
        extras.set(style.extra);
        for buffer in buffers {
            for row in &buffer.rows {
                mark(row, &mut extras, Some(&mut clusters));
            }
            let mut row = Row::default();
            let mut unpacked = Table::new(MAX_CLUSTERS);
            for packed in buffer.history.iter() {
                packed.unpack(&mut row, &mut unpacked);
                mark(&row, &mut extras, None);
            }
        }
        self.extras.sweep(&extras);
        self.clusters.sweep(&clusters);

        let mut links = self.links.marks();
        links.set(pen.link);
        self.extras.iter().for_each(|(_, extra)| links.set(extra.link));
        self.links.sweep(&links);
    }
}

/// What can be seen of rare attributes: the underline of a link has a style of its own.
fn seen(extra: Extra) -> Extra {
    if extra.link == 0 { extra } else { Extra { under: extra.under & COLOR, ..extra } }
}

fn mark(row: &Row, extras: &mut Marks, mut clusters: Option<&mut Marks>) {
    for cell in row.cells() {
        extras.set(cell.style.extra);
        if let (Some(marks), Some(index)) = (clusters.as_deref_mut(), cell.cluster_index()) {
            marks.set(index);
        }
    }
}
