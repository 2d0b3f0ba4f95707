// What goes out to the clipboard, and the moment in which the status line says so.

import type { Workbench } from './workbench.svelte';

const COPIED_MS = 1_500;

export class Clipboard {
  /** For a moment after something was copied. */
  copied = $state(false);
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly bench: Workbench) {}

  /** Copies what is marked in front; false when nothing is. */
  copy(): boolean {
    const text = this.bench.active?.pane.selection() ?? '';
    if (text !== '') void this.put(text);
    return text !== '';
  }

  async put(text: string): Promise<void> {
    try {
      // Only pages from https or this machine have a clipboard.
      await navigator.clipboard.writeText(text);
      this.say();
    } catch {
      this.bench.notices.say('The browser does not let this page copy: use its menu instead.', 'warn');
    }
  }

  /** Something was copied, by the browser itself perhaps. */
  say(): void {
    this.copied = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.copied = false), COPIED_MS);
  }
}
