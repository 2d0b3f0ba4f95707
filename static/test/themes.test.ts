// Every theme can be read: WCAG contrast of the tokens as they stand in styles/themes.css.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { THEME_NAMES, themeNamed } from '../src/model/themes';

const css = readFileSync(new URL('../src/styles/themes.css', import.meta.url), 'utf8');
const READABLE = 4.5;
/** Surfaces that page text stands on. */
const GROUNDS = ['chrome', 'surface', 'raised', 'overlay'];
const WORDS = ['text', 'text-2', 'text-3', 'accent', 'ok', 'warn', 'bad'];

describe.each(THEME_NAMES)('theme %s', (name) => {
  const tokens = read(name);
  it.each(GROUNDS.flatMap((ground) => WORDS.map((word) => [word, ground] as const)))('%s on %s', (word, ground) => {
    expect(contrast(tokens, word, ground)).toBeGreaterThanOrEqual(READABLE);
  });
  it.each([
    ['accent-text', 'accent'],
    ['chrome', 'bad'],
    ['term-fg', 'term-bg'],
  ])('%s on %s', (word, ground) => expect(contrast(tokens, word, ground)).toBeGreaterThanOrEqual(READABLE));
  it('shows what is marked', () => {
    expect(contrast(tokens, 'term-fg', 'term-selection')).toBeGreaterThanOrEqual(3);
  });
  it('is light or dark as it says', () => {
    expect(luminance(tokens.get('surface') ?? '') > 0.5).toBe(themeNamed(name).light);
  });
  it('has every token of the first', () => {
    expect([...tokens.keys()].sort()).toEqual([...read('dark').keys()].sort());
  });
});

function read(name: string): Map<string, string> {
  const block = css.split(`[data-theme='${name}'] {`)[1]?.split('}')[0] ?? '';
  return new Map([...block.matchAll(/--([\w-]+): ([^;]+);/g)].map(([, token = '', value = '']) => [token, value]));
}

function contrast(tokens: Map<string, string>, one: string, other: string): number {
  const [high = 0, low = 0] = [one, other].map((name) => luminance(tokens.get(name) ?? '')).sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

function luminance(hex: string): number {
  const channels = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = channels.map((value) =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
