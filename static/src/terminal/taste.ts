// What a person may do with a terminal beside typing, and how a terminal asks back: copies, keys
// that the browser should have, and where the view stands.

import type { Terminal } from '@xterm/xterm';
import { clipboardText } from '../model/osc52';
import { settings } from '../settings.svelte';

export interface Hands {
  /** A program put this on the clipboard; nobody has agreed yet. */
  clipboard(text: string): void;
  /** A person marked this, and wants marked text copied. */
  marked(text: string): void;
}

export function lendHands(terminal: Terminal, silent: () => boolean, hands: Hands): void {
  terminal.parser.registerOscHandler(52, (data) => {
    const text = clipboardText(data);
    if (text !== null && !silent()) hands.clipboard(text);
    return true;
  });
  terminal.attachCustomKeyEventHandler((event) => !isPaste(event));
  let timer: ReturnType<typeof setTimeout> | undefined;
  terminal.onSelectionChange(() => {
    clearTimeout(timer);
    if (!settings.current.copyOnSelect || !terminal.hasSelection()) return;
    timer = setTimeout(() => terminal.hasSelection() && hands.marked(terminal.getSelection()), SETTLED_MS);
  });
}

/** A selection that has not changed for so long is done. */
const SETTLED_MS = 150;

/** Ctrl+V, Ctrl+Shift+V and Shift+Insert are the browser's: it then brings what is to be pasted. */
function isPaste(event: KeyboardEvent): boolean {
  if (event.metaKey || event.altKey) return false;
  if (event.code === 'Insert') return event.shiftKey && !event.ctrlKey;
  return event.code === 'KeyV' && event.ctrlKey;
}
