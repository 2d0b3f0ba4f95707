// The only keys that the page takes from the shell.

export type Wish = { do: 'new' | 'close' | 'list' | 'tabs' | 'copy' } | { do: 'select'; at: number };

type Keys = Pick<KeyboardEvent, 'code' | 'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey'>;

/**
 * Alt+Shift+N, Alt+Shift+W, Alt+1…9, Ctrl+Shift+C, and the two ways out of the terminal: Alt+S to
 * the session list, Alt+0 to the tabs. By the key's place, so that layouts do not matter.
 *
 * Ctrl+Shift+T and Ctrl+Shift+W are understood too, but not promised: in a browser's tab they
 * reopen one of the browser's tabs and close its window; they only come here in an installed app.
 */
export function shortcut(keys: Keys): Wish | null {
  if (keys.metaKey || keys.ctrlKey === keys.altKey) return null;
  if (keys.ctrlKey) return keys.shiftKey ? (WITH_CTRL_SHIFT[keys.code] ?? null) : null;
  if (keys.shiftKey) return WITH_ALT_SHIFT[keys.code] ?? null;
  const digit = /^Digit([1-9])$/.exec(keys.code)?.[1];
  if (digit !== undefined) return { do: 'select', at: Number(digit) - 1 };
  return WITH_ALT[keys.code] ?? null;
}

const WITH_CTRL_SHIFT: Record<string, Wish> = { KeyT: { do: 'new' }, KeyW: { do: 'close' }, KeyC: { do: 'copy' } };
const WITH_ALT_SHIFT: Record<string, Wish> = { KeyN: { do: 'new' }, KeyW: { do: 'close' } };
const WITH_ALT: Record<string, Wish> = { KeyS: { do: 'list' }, Digit0: { do: 'tabs' } };
