import { describe, expect, it } from 'vitest';
import { fileLinks } from '../src/model/filelinks';
import { markTitle, neighbour, shellMark } from '../src/model/marks';
import { clipboardText, consentOf, withConsent } from '../src/model/osc52';
import { PastText } from '../src/model/past';
import { PictureWatch } from '../src/model/pictures';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('OSC 52', () => {
  it('writes text of any alphabet', () => expect(clipboardText(`c;${base64('grüße — 漢字')}`)).toBe('grüße — 漢字'));
  it.each(['c;?', 'c;', 'c', '', 'c;%%%', `c;${base64('\xff').slice(0, 3)}!`, 'c;/////w=='])('takes nothing from %j', (data) =>
    expect(clipboardText(data)).toBeNull());
  it('does not take a flood', () => expect(clipboardText(`c;${'A'.repeat(2_000_000)}`)).toBeNull());
  it('remembers what each session may', () => {
    const stored = withConsent(withConsent('', 'a', true), 'b', false);
    expect([consentOf(stored, 'a'), consentOf(stored, 'b'), consentOf(stored, 'c')]).toEqual(['yes', 'no', 'unknown']);
    expect(consentOf(withConsent(stored, 'a', false), 'a')).toBe('no');
  });
});

describe('shell marks', () => {
  it.each([
    ['A', { kind: 'prompt' }],
    ['A;cl=m;aid=3', { kind: 'prompt' }],
    ['B', { kind: 'command' }],
    ['C', { kind: 'output' }],
    ['D', { kind: 'done', exit: null }],
    ['D;0', { kind: 'done', exit: 0 }],
    ['D;130;aid=3', { kind: 'done', exit: 130 }],
    ['D;err=x', { kind: 'done', exit: null }],
    ['Z', null],
    ['', null],
  ])('%j', (data, mark) => expect(shellMark(data)).toEqual(mark));
  it('have neighbours above and below', () => {
    expect(neighbour([3, 9, 20], 9, 'up')).toBe(3);
    expect(neighbour([3, 9, 20], 9, 'down')).toBe(20);
    expect(neighbour([3, 9, 20], 3, 'up')).toBeNull();
    expect(neighbour([], 3, 'down')).toBeNull();
  });
  it('say how a command ended', () => {
    expect([undefined, null, 0, 2].map(markTitle)).toEqual([
      'Command',
      'Command ended, exit status unknown',
      'Command succeeded',
      'Command failed with exit status 2',
    ]);
  });
});

describe('places in files', () => {
  it.each([
    ['  --> src/main.rs:12:5', 'src/main.rs', 12],
    ['/etc/hosts:3', '/etc/hosts', 3],
    ['at ./a-b/c.test.ts:7', './a-b/c.test.ts', 7],
    ['(~/notes.md:1)', '~/notes.md', 1],
    ['main.c:40: error', 'main.c', 40],
  ])('%j', (text, path, line) => {
    const [link] = fileLinks(text);
    expect(link).toMatchObject({ path, line });
    expect(text.slice(link?.start, link?.end)).toContain(`${path}:${line}`);
  });
  it.each(['http://host.example:80/x', 'localhost:8080', '12:30:15', 'key: 3', 'https://a.b/c.js:3'])('none in %j', (text) =>
    expect(fileLinks(text)).toEqual([]));
});

describe('pictures', () => {
  const watch = (...pieces: string[]): boolean[] => {
    const pictures = new PictureWatch();
    return pieces.map((piece) => pictures.sees(new TextEncoder().encode(piece)));
  };
  it('are seen when they begin', () => {
    expect(watch('\x1bPq#0')).toEqual([true]);
    expect(watch('text\x1bP0;1;0q"1;1')).toEqual([true]);
    expect(watch('\x1b]1337;File=inline=1:AAAA')).toEqual([true]);
  });
  it('are seen when their beginning is cut', () => {
    expect(watch('abc\x1b', 'P7;1q')).toEqual([false, true]);
    expect(watch('\x1b]13', '37;Fi', 'le=')).toEqual([false, false, true]);
  });
  it('are not other sequences', () => {
    expect(watch('\x1bP$qm\x1b\\', '\x1b]1337;SetUserVar=a', '\x1b[31mred', 'plain')).toEqual([false, false, false, false]);
  });
});

describe('the past', () => {
  it('is lines, wherever it was cut', () => {
    const past = new PastText();
    for (const piece of ['on', 'e\r\ntwo', '\n', 'three']) past.push(piece);
    past.end();
    expect(past.lines).toEqual(['one', 'two', 'three']);
  });
  it('finds the newest of equal lines, else one that has it', () => {
    const past = new PastText();
    past.push('x\nsame\nlonger same line\n same \nend\n');
    expect([past.find('same'), past.find('longer'), past.find('none'), past.find(' ')]).toEqual([3, 2, -1, -1]);
  });
  it('lets the oldest go', () => {
    const past = new PastText();
    const line = `${'x'.repeat(1024 * 1024)}\n`;
    for (let count = 0; count < 40; count += 1) past.push(line);
    expect(past.lines.length).toBeLessThan(40);
    expect(past.lines.length + past.dropped).toBe(40);
  });
});
