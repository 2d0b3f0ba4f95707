import { describe, expect, it } from 'vitest';
import { DEFAULTS, formatSettings, parseSettings, readSettings } from '../src/model/settings';
import { shownTheme } from '../src/model/themes';

describe('settings', () => {
  it.each([null, '', 'not json', '[]', '7', '"text"', 'null', '{"theme":"pink","fontSize":"large","keys":[]}'])(
    'of %j are the defaults',
    (text) => expect(parseSettings(text)).toEqual(DEFAULTS),
  );

  it('come back as they were kept', () => {
    const changed = { ...DEFAULTS, theme: 'nord', fontSize: 17, keys: { 'pane.search': ['Alt+F'], 'tab.new': [] } } as const;
    expect(parseSettings(formatSettings(changed))).toEqual(changed);
  });

  it('keep only what differs', () => {
    expect(formatSettings(DEFAULTS)).toBe('{}');
    expect(formatSettings({ ...DEFAULTS, bellSound: true })).toBe('{"bellSound":true}');
  });

  it('refuse one bad value and keep the rest', () => {
    const read = readSettings({ fontSize: 99, lineHeight: Infinity, font: 'Fira Code', keys: { a: 'b', c: ['d'] }, other: 1 });
    expect(read).toEqual({ ...DEFAULTS, font: 'Fira Code', keys: { c: ['d'] } });
  });

  it('tell the default size from a chosen one', () => {
    expect(readSettings({ fontSize: null }).fontSize).toBeNull();
    expect(readSettings({ fontSize: 8 }).fontSize).toBe(8);
  });
});

describe('the theme shown', () => {
  const liked = { dark: 'nord', light: 'solarized-light' } as const;
  it('follows the system among the liked ones', () => {
    expect(shownTheme({ theme: 'system', ...liked }, false).name).toBe('nord');
    expect(shownTheme({ theme: 'system', ...liked }, true).name).toBe('solarized-light');
  });
  it('is the chosen one, whatever the system says', () => {
    expect(shownTheme({ theme: 'monokai', ...liked }, true).name).toBe('monokai');
  });
});
