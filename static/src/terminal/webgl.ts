// Draws a terminal with WebGL while it is shown, where there is a context to be had; else xterm.js
// draws with the DOM.

import { WebglAddon } from '@xterm/addon-webgl';
import type { Terminal } from '@xterm/xterm';
import { giveContextBack, takeContext } from './contexts';

export class Drawing {
  private addon: WebglAddon | null = null;

  constructor(private readonly terminal: Terminal) {}

  get byWebgl(): boolean {
    return this.addon !== null;
  }

  begin(): void {
    if (this.addon || !takeContext()) return;
    const addon = new WebglAddon();
    try {
      addon.onContextLoss(() => this.end());
      this.terminal.loadAddon(addon);
      this.addon = addon;
    } catch {
      // No WebGL here: the DOM renderer stays.
      addon.dispose();
      giveContextBack();
    }
  }

  end(): void {
    if (this.addon) giveContextBack();
    this.addon?.dispose();
    this.addon = null;
  }
}
