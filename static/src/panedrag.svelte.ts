// A pane on its way to another place, held by a pointer. What it would become where it is now is
// found from the page itself: `data-pane`, `data-tab`, `data-new-tab`.

import type { Target } from './model/layout';
import { edgeAt, type Edge, type Rect } from './model/splits';

/** Nearer than this it is a click, CSS pixels. */
const BEGIN = 6;

export class PaneDrag {
  /** What is dragged, once it moves. */
  pane = $state<string | null>(null);
  x = $state(0);
  y = $state(0);
  over = $state.raw<Target | null>(null);
  private grabbed: { pane: string; x: number; y: number } | null = null;

  constructor(private readonly drop: (pane: string, target: Target) => void) {}

  grab(pane: string, event: PointerEvent): void {
    this.grabbed = { pane, x: event.clientX, y: event.clientY };
  }

  move(event: PointerEvent): void {
    const { grabbed } = this;
    if (!grabbed) return;
    const far = Math.hypot(event.clientX - grabbed.x, event.clientY - grabbed.y) >= BEGIN;
    if (this.pane === null && !far) return;
    this.pane = grabbed.pane;
    [this.x, this.y] = [event.clientX, event.clientY];
    this.over = targetAt(grabbed.pane, event.clientX, event.clientY);
    event.preventDefault();
  }

  release(): void {
    const { pane, over } = this;
    this.cancel();
    if (pane !== null && over !== null) this.drop(pane, over);
  }

  cancel(): void {
    this.grabbed = this.pane = this.over = null;
  }
}

function targetAt(pane: string, x: number, y: number): Target | null {
  const found = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-pane], [data-tab], [data-new-tab]');
  if (!found) return null;
  const { tab, newTab, pane: other } = found.dataset;
  if (newTab !== undefined) return 'new tab';
  if (tab !== undefined) return { tab };
  if (other === undefined || other === pane) return null;
  const box = found.getBoundingClientRect();
  return { pane: other, edge: edgeAt((x - box.left) / box.width, (y - box.top) / box.height) };
}

/** The part of a pane that a dropped one would take. */
export function markOf(rect: Rect, edge: Edge | 'middle'): Rect {
  const { x, y, width, height } = rect;
  switch (edge) {
    case 'left':
      return { x, y, width: width / 2, height };
    case 'right':
      return { x: x + width / 2, y, width: width / 2, height };
    case 'up':
      return { x, y, width, height: height / 2 };
    case 'down':
      return { x, y: y + height / 2, width, height: height / 2 };
    case 'middle':
      return rect;
  }
}
