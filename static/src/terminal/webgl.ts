// Draws a terminal with WebGL while it is shown, where a graphics card does it and there is a context
// to be had; else xterm.js draws with the DOM. WebGL in software takes more of the processor than the
// DOM does, and the page waits for each picture.

import { WebglAddon } from '@xterm/addon-webgl';
import type { Terminal } from '@xterm/xterm';
import { settings } from '../settings.svelte';
import { giveContextBack, takeContext } from './contexts';

export class Drawing {
  private addon: WebglAddon | null = null;

  constructor(private readonly terminal: Terminal) {}

  get byWebgl(): boolean {
    return this.addon !== null;
  }

  begin(): void {
    if (this.addon || !isWanted() || !takeContext()) return;
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

  /** The taste may have changed; who found no context goes on without. */
  update(): void {
    if (this.addon && !isWanted()) this.end();
    else this.begin();
  }

  end(): void {
    if (this.addon) giveContextBack();
    this.addon?.dispose();
    this.addon = null;
  }
}

function isWanted(): boolean {
  const { drawing } = settings.current;
  return drawing === 'webgl' || (drawing === 'auto' && hasGraphicsCard());
}

let graphicsCard: boolean | null = null;

function hasGraphicsCard(): boolean {
  graphicsCard ??= isFast(document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true }));
  return graphicsCard;
}

/** Some browsers make a context in software all the same, and say so in its name. */
function isFast(context: WebGL2RenderingContext | null): boolean {
  if (context === null) return false;
  const names = context.getExtension('WEBGL_debug_renderer_info');
  const name: unknown = context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER);
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(String(name));
}
