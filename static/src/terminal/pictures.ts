// Inline pictures. What decodes them is loaded when the first one begins; what is to be written
// waits for it.

import type { Terminal } from '@xterm/xterm';
import { PictureWatch } from '../model/pictures';

/** Bytes of one picture, and MB of all pictures of one terminal. */
const PICTURE_BYTES = 20_000_000;
const KEPT_MB = 48;

export class Pictures {
  private state: 'none' | 'loading' | 'ready' = 'none';
  private readonly watch = new PictureWatch();

  constructor(
    private readonly terminal: Terminal,
    private readonly ready: () => void,
  ) {}

  get loading(): boolean {
    return this.state === 'loading';
  }

  /** True when these bytes have to wait. */
  holds(bytes: Uint8Array): boolean {
    if (this.state === 'ready') return false;
    if (this.state === 'none' && this.watch.sees(bytes)) void this.load();
    return this.loading;
  }

  private async load(): Promise<void> {
    this.state = 'loading';
    try {
      const { ImageAddon } = await import('@xterm/addon-image');
      const limits = { sixelSizeLimit: PICTURE_BYTES, iipSizeLimit: PICTURE_BYTES, storageLimit: KEPT_MB };
      const addon = new ImageAddon({ enableSizeReports: false, ...limits });
      this.terminal.loadAddon(addon);
      await decodes(addon);
    } catch {
      // Not to be had: pictures are left out, text goes on.
    }
    this.state = 'ready';
    this.ready();
  }
}

/** Milliseconds to wait for the decoder, and between two looks. */
const PATIENCE = 3000;
const PAUSE = 10;

/**
 * Resolves when sixels can be decoded. The addon compiles its decoder after it was loaded, does not
 * say when that is done, and drops the pictures that come before.
 */
async function decodes(addon: object): Promise<void> {
  const sixel = (addon as { _handlers?: Map<string, { _dec?: unknown }> })._handlers?.get('sixel');
  const until = performance.now() + PATIENCE;
  while (sixel && sixel._dec === undefined && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
