// Touch screens and narrow ones: whether the key bar is shown, what it holds, and how much of the page the soft
// keyboard leaves.

import { modified, NONE, release, type Modifiers } from './model/keybar';
import type { Workbench } from './workbench.svelte';

export class Touch {
  /** A finger is what points here. */
  coarse = $state(false);
  /** There is room for one pane beside none. The server's layout stays as it is: a wider page shows it. */
  narrow = $state(false);
  held = $state.raw<Modifiers>(NONE);
  private readonly encoder = new TextEncoder();

  constructor(private readonly bench: Workbench) {}

  /** Follows the device; returns how to stop. */
  listen(): () => void {
    const stop = new AbortController();
    const pointer = matchMedia('(pointer: coarse)');
    const room = matchMedia('(max-width: 599px)');
    const look = (): void => void ([this.coarse, this.narrow] = [pointer.matches, room.matches]);
    look();
    for (const fact of [pointer, room]) fact.addEventListener('change', look, { signal: stop.signal });
    window.visualViewport?.addEventListener('resize', fitPage, { signal: stop.signal });
    return () => stop.abort();
  }

  send(text: string): void {
    this.bench.active?.type(this.encoder.encode(text));
  }

  /** What the soft keyboard typed, with what the bar holds. */
  through(text: string): string {
    const typed = modified(text, this.held);
    if (this.held !== NONE) this.held = release(this.held);
    return typed;
  }
}

/**
 * Where the page does not shrink for the keyboard by itself (iOS), it is made as high as what is
 * seen. The pane waits for the end of the movement before it asks for a size.
 */
function fitPage(): void {
  const seen = window.visualViewport;
  if (!seen || seen.scale > 1.01) return;
  const covered = window.innerHeight - seen.height > 40;
  document.documentElement.style.setProperty('--page', covered ? `${Math.round(seen.height)}px` : '100dvh');
  if (covered) window.scrollTo(0, 0);
}
