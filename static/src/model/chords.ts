// Chords: keys pressed together, written "Ctrl+Shift+P". By the key's place on the board, so that
// layouts and macOS' Option do not matter; named as on a US keyboard.

type Keys = Pick<KeyboardEvent, 'code' | 'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey'>;

const NAMES: Record<string, string> = {
  BracketLeft: '[',
  BracketRight: ']',
  Slash: '/',
  Backslash: '\\',
  Equal: '=',
  Minus: '-',
  Comma: ',',
  Period: '.',
  Semicolon: ';',
  Quote: "'",
  Backquote: '`',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  NumpadEnter: 'Enter',
  Escape: 'Esc',
};
const BARE = /^(F\d{1,2}|Enter|Esc|Tab|Space|Home|End|PageUp|PageDown|Insert|Delete|Backspace|Left|Right|Up|Down)$/;
const HELD = ['Ctrl', 'Alt', 'Shift', 'Meta'];

/** What is pressed; `null` for a key held alone, and for Ctrl with Alt: that types letters (AltGr). */
export function chordOf(keys: Keys): string | null {
  const name = keyName(keys.code);
  if (name === null || (keys.ctrlKey && keys.altKey)) return null;
  const held = [keys.ctrlKey, keys.altKey, keys.shiftKey, keys.metaKey];
  return [...HELD.filter((_name, at) => held[at]), name].join('+');
}

function keyName(code: string): string | null {
  const plain = /^(?:Key|Digit)(.)$/.exec(code)?.[1];
  if (plain !== undefined) return plain;
  const name = NAMES[code] ?? code;
  return name.length === 1 || BARE.test(name) ? name : null;
}

/** The one spelling of a chord: modifiers in order, the key last; `null` when it is none. */
export function canonical(text: string): string | null {
  const parts = text.split('+');
  const key = parts.pop() ?? '';
  const held = HELD.filter((name) => parts.some((part) => part.toLowerCase() === name.toLowerCase()));
  if (held.length !== parts.length || key === '' || (held.includes('Ctrl') && held.includes('Alt'))) return null;
  return [...held, key.length === 1 ? key.toUpperCase() : key].join('+');
}

/** The modifiers and the key, to be shown as keycaps. */
export function keycaps(chord: string): string[] {
  return chord.split('+');
}

/** Why a person should not give this chord away, or null. Shells need what is typed and Ctrl+letter. */
export function objection(chord: string): string | null {
  const parts = chord.split('+');
  const key = parts.pop() ?? '';
  const function_ = /^F\d/.test(key);
  if (!parts.some((part) => part !== 'Shift') && !function_) return 'typed text needs this key';
  if (parts.join() === 'Ctrl' && /^[A-Z[\]\\]$/.test(key)) return 'programs in the terminal need it';
  return null;
}
