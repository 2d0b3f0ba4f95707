// Faults of xterm.js 6.0 that no terminal should have and no stream of bytes can bring about again
// in a fresh one. They are mended before anything is compared, so that everything else is compared
// without exception. README.md says what a person sees of each.

// The text of a cell with combining marks is copied wrongly when a line is wrapped anew: the texts
// of all cells further right come along and replace those of other cells.
function copyClusters(line) {
  const prototype = Object.getPrototypeOf(line);
  prototype.copyCellsFrom = function (source, from, to, count, reverse) {
    const cell = [];
    for (let i = 0; i < count; i++) cell.push(source.loadCell(from + i, blank(source)));
    for (let i = 0; i < count; i++) this.setCell(to + i, cell[i]);
    void reverse;
  };
}

let makeCell;
function blank() {
  return new makeCell();
}

// An alternate screen that is not shown does not hear that the terminal has fewer rows; once shown,
// it keeps the difference as scrollback. One that is shown keeps cells right of the new edge: they
// come into sight again when characters are deleted or the terminal grows.
function resizeAlternate(buffer) {
  const prototype = Object.getPrototypeOf(buffer);
  const resize = prototype.resize;
  prototype.resize = function (cols, rows) {
    const nothing = this.getNullCell(this._emptyAttributes);
    resize.call(this, cols, rows);
    if (this._hasScrollback) return;
    if (this.lines.length === 0) this.lines.maxLength = rows;
    for (let y = 0; y < this.lines.length; y++) {
      if (this.lines.get(y).length > cols) this.lines.get(y).resize(cols, nothing);
    }
  };
}

// Lines that are wrapped anew and do not fit are put before the first one; the list takes that for
// places further on, and lines that stay are replaced.
function refuseBefore(list) {
  const prototype = Object.getPrototypeOf(list);
  const set = prototype.set;
  prototype.set = function (index, value) {
    if (index >= 0) set.call(this, index, value);
  };
}

// The address of a link is forgotten when the line it began on is gone, though cells show it.
function rememberLinks(service) {
  Object.getPrototypeOf(service)._removeMarkerFromLink = () => {};
}

let done = false;

/** Mends xterm.js, given any terminal's core. */
export function repair(core) {
  if (done) return;
  done = true;
  makeCell = core.buffer.getNullCell().constructor;
  copyClusters(core.buffer.lines.get(0));
  resizeAlternate(core.buffer);
  refuseBefore(core.buffer.lines);
  rememberLinks(core._oscLinkService);
}
