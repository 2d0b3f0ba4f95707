// The size a session should start with, before any terminal exists to be measured.

import type { Grid } from '../model/stream';
import { FONT_FAMILY, fontSize, LINE_HEIGHT } from './theme';

const SCROLLBAR = 14;
const FALLBACK: Grid = { cols: 120, rows: 32 };

/** cols × rows that fit into a box of `width` × `height` CSS pixels. */
export function estimateGrid(width: number, height: number): Grid {
  const context = document.createElement('canvas').getContext('2d');
  if (!context || width < 40 || height < 40) return FALLBACK;
  context.font = `${fontSize()}px ${FONT_FAMILY}`;
  const measured = context.measureText('W');
  // As the WebGL renderer does: cells are whole device pixels.
  const scale = window.devicePixelRatio || 1;
  const letter = measured.fontBoundingBoxAscent + measured.fontBoundingBoxDescent;
  const cellWidth = Math.max(1, Math.floor(measured.width * scale)) / scale;
  const cellHeight = Math.floor(Math.ceil(letter * scale) * LINE_HEIGHT) / scale;
  return {
    cols: clamp((width - SCROLLBAR) / cellWidth),
    rows: clamp(height / cellHeight),
  };
}

function clamp(cells: number): number {
  return Math.max(2, Math.min(1000, Math.floor(cells)));
}
