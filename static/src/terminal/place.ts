// Where the view of a terminal stands: at the newest output; above it; above it, and something new
// came.

import type { Terminal } from '@xterm/xterm';

export type Place = 'newest' | 'above' | 'missing';

export class Lookout {
  private place: Place = 'newest';
  private top = false;

  /** `moved`: told of each change; `top`: there is nothing above. */
  constructor(
    private readonly terminal: Terminal,
    private readonly moved: (place: Place, top: boolean) => void,
  ) {
    terminal.onRender(() => this.look());
    terminal.onScroll(() => this.look());
  }

  /** Something was printed. */
  news(): void {
    if (this.place === 'above') this.tell('missing', this.top);
  }

  private look(): void {
    const { viewportY, baseY, type } = this.terminal.buffer.active;
    const above = type === 'normal' && viewportY < baseY;
    const top = type === 'normal' && viewportY === 0 && baseY > 0;
    this.tell(above ? (this.place === 'missing' ? 'missing' : 'above') : 'newest', top);
  }

  private tell(place: Place, top: boolean): void {
    if (place === this.place && top === this.top) return;
    this.place = place;
    this.top = top;
    this.moved(place, top);
  }
}
