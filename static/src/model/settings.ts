// What a person likes: one field, one line below, with its default and the reading of whatever was
// stored. Unknown fields are kept out, a bad value becomes the default: a setting never breaks a page.

import { THEME_NAMES, type ThemeName } from './themes';

export const FONTS = ['JetBrains Mono', 'Fira Code', 'Cascadia Code', 'Source Code Pro', 'System'] as const;
export type FontName = (typeof FONTS)[number];

/** Chords by action id: in place of an action's own; none means that no key does it. */
export type KeyMap = Readonly<Record<string, readonly string[]>>;

interface Field<T> {
  initial: T;
  /** The value if it is one, else `undefined`. */
  read(stored: unknown): T | undefined;
}

const FIELDS = {
  /** `system` shows `dark` or `light`, whichever the system asks for. */
  theme: oneOf(['system', ...THEME_NAMES] as const, 'system'),
  dark: oneOf(THEME_NAMES, 'dark' as ThemeName),
  light: oneOf(THEME_NAMES, 'light' as ThemeName),
  font: oneOf(FONTS, 'JetBrains Mono'),
  /** CSS pixels; `null`: as the width of the page allows. */
  fontSize: orNull(between(8, 32, 13), null),
  /** Times the font's own height. */
  lineHeight: between(1, 2, 1.12),
  cursorStyle: oneOf(['block', 'bar', 'underline'] as const, 'block'),
  cursorBlink: flag(true),
  /** Lines kept in the page above the screen; the server keeps more. */
  scrollback: between(0, 100_000, 10_000),
  copyOnSelect: flag(false),
  rightClick: oneOf(['menu', 'paste', 'browser'] as const, 'menu'),
  bellVisual: flag(true),
  bellSound: flag(false),
  bellBadge: flag(true),
  /** The least ratio of text to background in terminals; `null`: 4.5 in light themes, else the program's own. */
  minimumContrast: orNull(between(1, 21, 4.5), null),
  /** `auto`: by WebGL where a graphics card does it. */
  drawing: oneOf(['auto', 'webgl', 'dom'] as const, 'auto'),
  screenReader: flag(false),
  /** Asks before more than one line is pasted into a program that would take each as typed. */
  confirmPaste: flag(true),
  /** A new shell is greeted. */
  splash: flag(true),
  /** The browser tells of sessions that end, ring or need somebody. */
  notify: flag(false),
  /** For dictation; `null`: as the browser. */
  voice: orNull({ initial: '', read: (stored: unknown) => (typeof stored === 'string' ? stored : undefined) }, null),
  keys: { initial: {} as KeyMap, read: readKeys },
};

export type Settings = { readonly [K in keyof typeof FIELDS]: (typeof FIELDS)[K]['initial'] };

export const DEFAULTS: Settings = readSettings(undefined);

/** Of anything: stored by this version, another one, or somebody's hand. */
export function readSettings(stored: unknown): Settings {
  const source = isRecord(stored) ? stored : {};
  const read = Object.entries(FIELDS).map(([name, field]) => [name, field.read(source[name]) ?? field.initial]);
  return Object.fromEntries(read) as Settings;
}

export function parseSettings(text: string | null): Settings {
  try {
    return readSettings(JSON.parse(text ?? '{}'));
  } catch {
    return DEFAULTS;
  }
}

/** Only what differs from the defaults, so that a better default reaches everybody else. */
export function formatSettings(settings: Settings): string {
  const changed = Object.entries(settings).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(DEFAULTS[name as keyof Settings]),
  );
  return JSON.stringify(Object.fromEntries(changed));
}

function oneOf<const T extends string>(choices: readonly T[], initial: NoInfer<T>): Field<T> {
  return { initial, read: (stored) => choices.find((choice) => choice === stored) };
}

function between(least: number, most: number, initial: number): Field<number> {
  const fits = (stored: unknown): stored is number =>
    typeof stored === 'number' && stored >= least && stored <= most;
  return { initial, read: (stored) => (fits(stored) ? stored : undefined) };
}

function orNull<T>(field: Field<T>, initial: T | null): Field<T | null> {
  return { initial, read: (stored) => (stored === null ? null : field.read(stored)) };
}

function flag(initial: boolean): Field<boolean> {
  return { initial, read: (stored) => (typeof stored === 'boolean' ? stored : undefined) };
}

function readKeys(stored: unknown): KeyMap | undefined {
  if (!isRecord(stored)) return undefined;
  const isChords = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((chord) => typeof chord === 'string');
  const kept = Object.entries(stored).filter((entry): entry is [string, string[]] => isChords(entry[1]));
  return Object.fromEntries(kept);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
