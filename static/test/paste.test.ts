import { describe, expect, it } from 'vitest';
import { look, needsLook, shellQuote, typedPaths } from '../src/model/paste';

describe('paths', () => {
  it.each([
    ['/home/a/x.png', '/home/a/x.png'], ['/a b', "'/a b'"], ["/it's", String.raw`'/it'\''s'`], ['/$(rm)', "'/$(rm)'"], ['', "''"], ['/ünï', "'/ünï'"],
  ])('%s is typed as %s', (path, typed) => expect(shellQuote(path)).toBe(typed));
  it('stand beside each other', () => expect(typedPaths(['/a', '/b c'])).toBe("/a '/b c' "));
});

describe('a paste', () => {
  it.each([['one', false, false], ['one\n', false, true], ['a\r\nb', false, true], ['a\nb', true, false]])(
    '%o, bracketed %s: looked at %s', (text, bracketed, due) => expect(needsLook(text, bracketed)).toBe(due));
  it('shows what cannot be seen', () => {
    expect(look('a\r\nb\x1b[A\n')).toEqual({ lines: 2, shown: 'a\nb␛[A', more: 0, odd: true });
    expect(look(`${'x\n'.repeat(500)}`)).toMatchObject({ lines: 500, more: 300, odd: false });
  });
});
