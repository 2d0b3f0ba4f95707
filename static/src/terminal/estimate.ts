// How large cells are and how many fit, told from the font alone: before any terminal exists to be
// measured, and for type sizes other than the present one.

import type { Grid } from '../model/stream';
import { fontFamily, fontSize, lineHeight } from './theme';

const SCROLLBAR = 14;
const FALLBACK: Grid = { cols: 120, rows: 32 };
/** CSS pixels; the smallest type that somebody else's size is shown in. */
const MIN_FONT = 7;

/** CSS pixels. */
export interface Box {
  width: number;
  height: number;
}

/** cols × rows that fit into a box. `whole`: the renderer draws cells of whole device pixels. */
export function estimateGrid(box: Box, whole = true): Grid {
  const cell = cellSize(fontSize(), whole);
  if (!cell || box.width < 40 || box.height < 40) return FALLBACK;
  return {
    cols: clamp((box.width - SCROLLBAR) / cell.width),
    rows: clamp(box.height / cell.height),
  };
}

/** The largest type, in CSS pixels, in which all of `grid` fits into a box; the usual one at most. */
export function fontThatShows(grid: Grid, box: Box, whole: boolean): number {
  for (let size = fontSize(); size > MIN_FONT; size -= 0.5) {
    const cell = cellSize(size, whole);
    if (!cell) return fontSize();
    const width = grid.cols * cell.width + SCROLLBAR;
    if (width <= box.width && grid.rows * cell.height <= box.height) return size;
  }
  return MIN_FONT;
}

/** As xterm.js computes it: rows are whole device pixels, columns only in WebGL. */
function cellSize(font: number, whole: boolean): Box | null {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return null;
  context.font = `${font}px ${fontFamily()}`;
  const measured = context.measureText('W');
  const scale = window.devicePixelRatio || 1;
  const letter = measured.fontBoundingBoxAscent + measured.fontBoundingBoxDescent;
  const width = measured.width * scale;
  return {
    width: (whole ? Math.max(1, Math.floor(width)) : width) / scale,
    height: Math.floor(Math.ceil(letter * scale) * lineHeight()) / scale,
  };
}

function clamp(cells: number): number {
  return Math.max(2, Math.min(1000, Math.floor(cells)));
}
