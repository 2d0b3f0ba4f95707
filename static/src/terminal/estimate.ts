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
  const cellHeight =
    Math.ceil(measured.fontBoundingBoxAscent + measured.fontBoundingBoxDescent) * LINE_HEIGHT;
  return {
    cols: clamp((width - SCROLLBAR) / measured.width),
    rows: clamp(height / cellHeight),
  };
}

function clamp(cells: number): number {
  return Math.max(2, Math.min(1000, Math.floor(cells)));
}
