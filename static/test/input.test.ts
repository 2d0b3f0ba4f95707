import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { INPUT_BYTES, InputLedger, newInputId } from '../src/model/input';
import type { Joined } from '../src/wire';
import { again, joined, live, settle, watch } from './stage';
import { bytes, dice, FakeSink } from './support';

const text = (piece: Uint8Array): string => new TextDecoder().decode(piece);

function ledger(...typed: string[]): InputLedger {
  const made = new InputLedger();
  for (const piece of typed) made.push(bytes(piece));
  return made;
}

describe('the input ledger', () => {
  it('hands out each byte once', () => {
    const typed = ledger('one ', 'two');
    expect(text(typed.take())).toBe('one two');
    typed.push(bytes(' three'));
    expect(text(typed.take())).toBe(' three');
    expect(text(typed.take())).toBe('');
    expect(typed.size).toBe(13);
  });

  it('drops what is acknowledged, within a piece too', () => {
    const typed = ledger('abc', 'def');
    typed.take();
    typed.acked(4);
    expect(typed.size).toBe(2);
    typed.resume(4);
    expect(text(typed.take())).toBe('ef');
  });

  it('acknowledgements out of order, repeated or too high change nothing', () => {
    const typed = ledger('abcdef');
    typed.take();
    for (const offset of [4, 2, 4, 0]) typed.acked(offset);
    expect(typed.size).toBe(2);
    typed.push(bytes('gh'));
    typed.acked(100);
    expect(text(typed.take())).toBe('gh');
  });

  it.each([
    ['nothing arrived', 0, 'abcdef'],
    ['half arrived', 3, 'def'],
    ['all arrived', 6, ''],
  ])('after a rejoin goes on where the server stands: %s', (_what, reached, rest) => {
    const typed = ledger('abcdef');
    typed.take();
    typed.resume(reached);
    expect(text(typed.take())).toBe(rest);
  });

  it.each([
    ['lower', 1],
    ['higher', 1_000],
  ])('follows a server that counts %s, and its acknowledgements fit', (_what, reached) => {
    const typed = ledger('abcdef');
    typed.take();
    typed.acked(4);
    typed.push(bytes('gh'));
    typed.resume(reached);
    const rest = text(typed.take());
    expect(rest).toBe(reached === 1 ? 'efgh' : 'gh');
    typed.acked(reached + rest.length - 1);
    expect(typed.size).toBe(1);
  });

  it('keeps nothing that was sent to a server that does not count', () => {
    const typed = ledger('abc');
    typed.resume(undefined);
    expect(text(typed.take())).toBe('abc');
    expect(typed.size).toBe(0);
    typed.push(bytes('def'));
    typed.resume(undefined);
    expect(text(typed.take())).toBe('def');
  });

  it('does not repeat itself when the server counts no more', () => {
    const typed = ledger('abc');
    typed.resume(0);
    typed.take();
    typed.push(bytes('def'));
    typed.resume(undefined);
    expect(text(typed.take())).toBe('def');
  });

  it('is bounded in bytes, and what does not fit is refused whole', () => {
    const typed = new InputLedger();
    expect(typed.push(new Uint8Array(INPUT_BYTES - 1))).toBe(true);
    expect(typed.push(new Uint8Array(2))).toBe(false);
    expect(typed.push(new Uint8Array(1))).toBe(true);
    typed.take();
    expect(typed.push(new Uint8Array(1))).toBe(false);
    typed.acked(10);
    expect(typed.push(new Uint8Array(10))).toBe(true);
    typed.clear();
    expect(typed.size).toBe(0);
  });

  it('the id is a positive integer below 2^53, and another each time', () => {
    const ids = Array.from({ length: 200 }, newInputId);
    expect(ids.every((id) => Number.isSafeInteger(id) && id > 0)).toBe(true);
    expect(new Set(ids).size).toBe(200);
  });
});

describe('nothing lost and nothing doubled', () => {
  /** Types numbered words over a wire that dies anywhere, to a server that counts what it took. */
  function storm(seed: number): { wanted: string; got: string } {
    const roll = dice(seed);
    const typed = new InputLedger();
    const acks: number[] = [];
    let wanted = '';
    let got = '';
    let wire: Uint8Array[] = [];
    for (let step = 0; step < 400; step += 1) {
      const word = `${step} `;
      const act = roll(10);
      if (act < 5 && typed.push(bytes(word))) wanted += word;
      if (act < 7) wire.push(typed.take());
      if (act === 7 || act === 8) got += wire.splice(0, 1 + roll(3)).map(text).join('');
      if (act === 8) acks.push(got.length);
      if (roll(4) === 0 && acks.length > 0) typed.acked(acks.splice(roll(acks.length), 1)[0] ?? 0);
      if (act === 9) {
        wire = [];
        acks.length = 0;
        typed.resume(got.length);
      }
    }
    typed.resume(got.length);
    return { wanted, got: got + text(typed.take()) };
  }

  it.each(Array.from({ length: 50 }, (_value, seed) => seed))('storm %i', (seed) => {
    const { wanted, got } = storm(seed);
    expect(got).toBe(wanted);
  });
});

describe('input', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const ack = (scene: Awaited<ReturnType<typeof live>>, offset: number): void =>
    scene.last().say({ type: 'input_ack', channel: scene.channel.id, offset });

  it('is sent at once while joined', async () => {
    const scene = await live({ input: 0 });
    scene.channel.input(bytes('ls\r'));
    expect(scene.last().input).toBe('ls\r');
    expect(scene.channel.queued).toBe(0);
  });

  it('has one id over all joins, and each channel its own', async () => {
    const scene = await live({ input: 0 });
    const other = scene.link.open('t', 'write', new FakeSink(), watch());
    scene.link.open('u', 'read', new FakeSink(), watch());
    const [first, second, reader] = scene.last().of('join_session');
    expect(first!['input_id']).not.toBe(second!['input_id']);
    expect(reader).not.toHaveProperty('input_id');
    scene.channel.rejoin();
    expect(scene.last().of('join_session').at(-1)!['input_id']).toBe(first!['input_id']);
    scene.last().drop();
    await again(scene, 0, { input: 0 });
    const ids = scene.last().of('join_session').map((join) => join['input_id']);
    expect(ids).toEqual([first!['input_id'], second!['input_id'], undefined]);
    expect(other.queued).toBe(0);
  });

  it('that died with the socket is sent again', async () => {
    const scene = await live({ input: 0 });
    scene.channel.input(bytes('one '));
    ack(scene, 4);
    scene.channel.input(bytes('two '));
    scene.last().drop();
    scene.channel.input(bytes('three'));
    expect(scene.channel.queued).toBe(9);
    await again(scene, 0, { input: 4 });
    expect(scene.last().input).toBe('two three');
    expect(scene.channel.queued).toBe(0);
  });

  it('that arrived before the socket died is not sent again', async () => {
    const scene = await live({ input: 0 });
    scene.channel.input(bytes('one two '));
    scene.last().drop();
    scene.channel.input(bytes('three'));
    await again(scene, 0, { input: 8 });
    expect(scene.last().input).toBe('three');
  });

  it('acknowledged out of order is sent again from the highest', async () => {
    const scene = await live({ input: 0 });
    scene.channel.input(bytes('abcdef'));
    for (const offset of [4, 2]) ack(scene, offset);
    scene.last().drop();
    expect(scene.channel.queued).toBe(2);
    await again(scene, 0, { input: 4 });
    expect(scene.last().input).toBe('ef');
  });

  it('an acknowledgement of a channel that was left counts for nothing', async () => {
    const scene = await live({ input: 0 });
    const before = scene.channel.id;
    scene.channel.input(bytes('abc'));
    scene.channel.rejoin();
    scene.last().say({ type: 'input_ack', channel: before, offset: 3 });
    scene.last().say({ type: 'joined', channel: scene.channel.id, session_id: 's', offset: 0, ...joined, input: 0 });
    expect(scene.last().input).toBe('abcabc');
  });

  it('waits for the join, and a paste is cut for the wire', async () => {
    const scene = await live({ input: 0 });
    scene.last().drop();
    scene.channel.input(bytes('x'.repeat(200_000)));
    await settle();
    scene.last().accept();
    expect(scene.last().input).toBe('');
    scene.last().say({ type: 'joined', channel: scene.channel.id, session_id: 's', offset: 0, ...joined, input: 0 });
    expect(scene.last().input).toHaveLength(200_000);
    expect(scene.last().pieces.every((size) => size <= 65_536)).toBe(true);
  });

  it('is refused whole beyond the bound, until acknowledged', async () => {
    const scene = await live({ input: 0 });
    scene.channel.input(new Uint8Array(INPUT_BYTES - 1));
    scene.channel.input(bytes('ab'));
    expect(scene.events.refusedInput).toBe(1);
    ack(scene, 2);
    scene.channel.input(bytes('cd'));
    expect(scene.events.refusedInput).toBe(1);
    expect(scene.last().input.endsWith('cd')).toBe(true);
    expect(scene.last().input).toHaveLength(INPUT_BYTES + 1);
  });

  it('is kept while the socket is closing', async () => {
    const scene = await live({ input: 0 });
    scene.last().readyState = 2;
    scene.channel.input(bytes('x'));
    expect(scene.channel.queued).toBe(1);
  });

  it('for a program that has ended is dropped', async () => {
    const scene = await live({ input: 0 });
    scene.channel.input(bytes('x'));
    const exit = { code: 0, signal: null, at: '2026-01-05T14:02:00Z', reason: 'exited' } as const;
    scene.last().say({ type: 'session_exited', channel: scene.channel.id, session_id: 's', exit });
    scene.last().drop();
    expect(scene.channel.queued).toBe(0);
  });

  it.each<[string, Partial<Joined>]>([
    ['says nothing of input', {}],
    ['says null', { input: null }],
  ])('to a server that %s is sent at most once', async (_what, more) => {
    const scene = await live(more);
    scene.channel.input(bytes('sent '));
    scene.last().drop();
    scene.channel.input(bytes('kept'));
    expect(scene.channel.queued).toBe(4);
    await again(scene, 0, more);
    expect(scene.last().input).toBe('kept');
  });

  it('of a reader goes nowhere', async () => {
    const scene = await live();
    const reader = scene.link.open('r', 'read', new FakeSink(), watch());
    scene.last().say({ type: 'joined', channel: reader.id, session_id: 'r', offset: 0, ...joined });
    reader.input(bytes('x'));
    reader.resize({ cols: 10, rows: 10 });
    expect(scene.last().input).toBe('');
    expect(scene.last().of('terminal_resize')).toEqual([]);
  });
});
