import { Terminal } from '@xterm/xterm';
import { describe, expect, it } from 'vitest';
import { cutOff, Utf8Carry } from '../src/model/utf8';
import { bytes, dice } from './support';

/** What a terminal shows after these writes. */
async function shown(pieces: Uint8Array[]): Promise<string> {
  const terminal = new Terminal({ allowProposedApi: true, cols: 400, rows: 2 });
  for (const piece of pieces) terminal.write(piece);
  await new Promise<void>((done) => terminal.write('', done));
  const text = terminal.buffer.active.getLine(0)?.translateToString(true) ?? '';
  terminal.dispose();
  return text;
}

function carried(pieces: Uint8Array[]): Uint8Array[] {
  const carry = new Utf8Carry();
  return pieces.map((piece) => carry.take(piece));
}

function flat(pieces: Uint8Array[]): number[] {
  return pieces.flatMap((piece) => [...piece]);
}

describe('a cut', () => {
  it.each([
    ['nothing', [], 0],
    ['plain text', [0x61], 0],
    ['a whole character', [0xe2, 0x80, 0x94], 0],
    ['one of two', [0x61, 0xc3], 1],
    ['one of three', [0xe2], 1],
    ['two of three', [0x61, 0xe2, 0x80], 2],
    ['one of four', [0xf0], 1],
    ['two of four', [0xf0, 0x9f], 2],
    ['three of four', [0xf0, 0x9f, 0x80], 3],
    ['a whole one of four', [0xf0, 0x9f, 0x80, 0x80], 0],
    ['continuations of nothing', [0x80, 0x80, 0x80], 0],
    ['a continuation too many', [0xc3, 0xa9, 0x80], 0],
    ['a start that is none', [0xff], 0],
    ['a start and something else', [0xe2, 0x61], 0],
  ])('after %s', (_what, sequence, expected) => {
    expect(cutOff(Uint8Array.from(sequence))).toBe(expected);
  });
});

describe('carrying', () => {
  /** Characters of two, three and four bytes, with 0x80 in each place it can have. */
  const TEXT = bytes('aÀé—‘’─€한🀀👀𐀀!');

  it('shows the same wherever the text is cut', async () => {
    const whole = await shown([TEXT]);
    for (let first = 0; first < TEXT.length; first += 1) {
      for (let second = first; second <= Math.min(first + 3, TEXT.length); second += 1) {
        const pieces = [TEXT.subarray(0, first), TEXT.subarray(first, second), TEXT.subarray(second)];
        expect(await shown(carried(pieces))).toBe(whole);
      }
    }
  });

  it('is still needed: xterm.js alone loses a dash', async () => {
    const dash = bytes('—');
    expect(await shown([dash.subarray(0, 2), dash.subarray(2)])).toBe('');
    expect(await shown(carried([dash.subarray(0, 2), dash.subarray(2)]))).toBe('—');
  });

  it('lets garbage pass as it is, and shows it as if it had never been cut', async () => {
    const roll = dice(11);
    const alphabet = [0x61, 0x62, 0x80, 0x80, 0x94, 0xbf, 0xc3, 0xe2, 0xe0, 0xed, 0xf0, 0xf4, 0xf7, 0xf8, 0xff];
    for (let round = 0; round < 200; round += 1) {
      const noise = Uint8Array.from({ length: 40 }, () => alphabet[roll(alphabet.length)] ?? 0);
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < noise.length; ) {
        const to = at + roll(5);
        pieces.push(noise.subarray(at, to));
        at = to;
      }
      const written = carried([...pieces, bytes('.')]);
      expect(flat(written)).toEqual([...noise, 0x2e]);
      expect(await shown(written)).toBe(await shown([Uint8Array.from([...noise, 0x2e])]));
    }
  });

  it('holds nothing of what begins no character', () => {
    const carry = new Utf8Carry();
    expect([...carry.take(Uint8Array.of(0x80, 0xbf))]).toEqual([0x80, 0xbf]);
    expect(carry.size).toBe(0);
  });

  it('says what it holds, and forgets it when the stream starts anew', () => {
    const carry = new Utf8Carry();
    expect([...carry.take(Uint8Array.of(0x61, 0xf0, 0x9f))]).toEqual([0x61]);
    expect(carry.size).toBe(2);
    expect([...carry.take(Uint8Array.of(0x80))]).toEqual([]);
    expect(carry.size).toBe(3);
    carry.clear();
    expect([...carry.take(Uint8Array.of(0x80))]).toEqual([0x80]);
  });
});
