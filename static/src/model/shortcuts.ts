// The only keys that the page takes from the shell.

export type Wish = { do: 'new' } | { do: 'close' } | { do: 'select'; at: number };

type Keys = Pick<KeyboardEvent, 'code' | 'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey'>;

/** Ctrl+Shift+T, Ctrl+Shift+W, Alt+1…9, by the key's place so that layouts do not matter. */
export function shortcut(keys: Keys): Wish | null {
  if (keys.metaKey) return null;
  if (keys.ctrlKey && keys.shiftKey && !keys.altKey) {
    if (keys.code === 'KeyT') return { do: 'new' };
    if (keys.code === 'KeyW') return { do: 'close' };
  }
  const digit = /^Digit([1-9])$/.exec(keys.code)?.[1];
  if (digit !== undefined && keys.altKey && !keys.ctrlKey && !keys.shiftKey) {
    return { do: 'select', at: Number(digit) - 1 };
  }
  return null;
}
