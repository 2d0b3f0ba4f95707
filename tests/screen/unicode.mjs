// The two providers of widths that the interface can use.

import { createRequire } from 'node:module';
import { Buffer } from 'node:buffer';

// The addon takes the buffer below a small Buffer for its own; without a pool it is.
Buffer.poolSize = 0;
const require = createRequire(import.meta.url);
const { UnicodeGraphemesAddon } = require('@xterm/addon-unicode-graphemes');
const { Unicode11Addon } = require('@xterm/addon-unicode11');

const ADDONS = { unicode11: [Unicode11Addon, '11'], graphemes: [UnicodeGraphemesAddon, '15-graphemes'] };

/** Makes a terminal count columns as `widths` says. */
export function use(terminal, widths) {
  const [Addon, version] = ADDONS[widths];
  terminal.loadAddon(new Addon());
  terminal.unicode.activeVersion = version;
}

/** The provider of grapheme clusters by itself. */
export const grapheme = provider();

function provider() {
  const found = {};
  const unicode = { activeVersion: '', register: (one) => (found[one.version] = one) };
  new UnicodeGraphemesAddon().activate({ unicode });
  return found[ADDONS.graphemes[1]];
}
