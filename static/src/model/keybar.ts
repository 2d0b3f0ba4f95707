// The keys that a phone's keyboard lacks, as the bytes a terminal sends. Ctrl and Alt are pressed
// first and hold for the next key.

export type Held = 'off' | 'once' | 'locked';

export interface Modifiers {
  ctrl: Held;
  alt: Held;
}

export const NONE: Modifiers = { ctrl: 'off', alt: 'off' };

export type BarKey = 'Esc' | 'Tab' | 'Left' | 'Right' | 'Up' | 'Down' | 'Home' | 'End' | 'PageUp' | 'PageDown';

const ARROWS: Partial<Record<BarKey, string>> = { Up: 'A', Down: 'B', Right: 'C', Left: 'D', End: 'F', Home: 'H' };

/** Once, then locked, then off again. */
export function press(held: Held): Held {
  return held === 'off' ? 'once' : held === 'once' ? 'locked' : 'off';
}

/** After a key: what was pressed once is let go. */
export function release({ ctrl, alt }: Modifiers): Modifiers {
  return { ctrl: ctrl === 'once' ? 'off' : ctrl, alt: alt === 'once' ? 'off' : alt };
}

/** The bytes of a key of the bar. `application`: the program asked for application cursor keys. */
export function keyBytes(key: BarKey, held: Modifiers, application: boolean): string {
  const more = 1 + (held.alt === 'off' ? 0 : 2) + (held.ctrl === 'off' ? 0 : 4);
  const letter = ARROWS[key];
  if (letter !== undefined) {
    if (more > 1) return `\x1b[1;${more}${letter}`;
    return application ? `\x1bO${letter}` : `\x1b[${letter}`;
  }
  if (key === 'PageUp' || key === 'PageDown') return `\x1b[${key === 'PageUp' ? 5 : 6}${more > 1 ? `;${more}` : ''}~`;
  return (held.alt === 'off' ? '' : '\x1b') + (key === 'Esc' ? '\x1b' : '\t');
}

/** What was typed on the soft keyboard, with what is held. */
export function modified(text: string, held: Modifiers): string {
  const first = text.codePointAt(0);
  if (first === undefined || (held.ctrl === 'off' && held.alt === 'off')) return text;
  const char = String.fromCodePoint(first);
  const upper = char.toUpperCase().charCodeAt(0);
  const control = char === ' ' ? '\x00' : char === '?' ? '\x7f' : upper >= 0x40 && upper <= 0x5f ? String.fromCharCode(upper & 0x1f) : char;
  return (held.alt === 'off' ? '' : '\x1b') + (held.ctrl === 'off' ? char : control) + text.slice(char.length);
}
