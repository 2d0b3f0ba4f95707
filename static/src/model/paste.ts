// What is pasted: paths as a shell takes them, and whether somebody should look first.

const SAFE = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** One word for a POSIX shell, whatever is in it. */
export function shellQuote(path: string): string {
  return SAFE.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

/** The paths in one line, with a space behind, so that one can go on typing. */
export function typedPaths(paths: readonly string[]): string {
  return paths.map((path) => `${shellQuote(path)} `).join('');
}

/** Without the mark that ends a paste: nobody else's text says where ours ends. */
export function harmless(text: string): string {
  return text.replaceAll('\x1b[201~', '');
}

/**
 * A program that is told where a paste begins and ends takes it as one; any other takes each line
 * as if Enter had been pressed. One line with a line end behind it counts: it would run at once.
 */
export function needsLook(text: string, bracketed: boolean): boolean {
  return !bracketed && /[\r\n]/.test(text);
}

export interface Look {
  lines: number;
  /** The beginning, with what cannot be seen made visible. */
  shown: string;
  /** Lines that are not shown. */
  more: number;
  /** Holds control characters other than tabs and line ends. */
  odd: boolean;
}

const SHOWN_LINES = 200;
const SHOWN_LENGTH = 20_000;
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;

export function look(text: string): Look {
  const lines = text.replaceAll(/\r\n?/g, '\n').replace(/\n$/, '').split('\n');
  const shown = lines.slice(0, SHOWN_LINES).join('\n').slice(0, SHOWN_LENGTH);
  const visible = shown.replaceAll(CONTROLS, (char) => String.fromCharCode(char.charCodeAt(0) === 0x7f ? 0x2421 : 0x2400 + char.charCodeAt(0)));
  return { lines: lines.length, shown: visible, more: Math.max(0, lines.length - SHOWN_LINES), odd: visible !== shown };
}
