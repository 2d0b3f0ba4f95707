import { describe, expect, it } from 'vitest';
import { BEHIND, PIECE, StreamLedger, type StreamOp } from '../src/model/stream';
import { bytes } from './support';

function text(ops: StreamOp[] | 'gap'): string {
  if (ops === 'gap') return 'gap';
  return ops.map((op) => (op.do === 'write' ? new TextDecoder().decode(op.bytes) : `<${op.do}>`)).join('');
}

function writes(ops: StreamOp[] | 'gap'): (StreamOp & { do: 'write' })[] {
  return ops === 'gap' ? [] : ops.filter((op) => op.do === 'write');
}

function parse(ledger: StreamLedger, ops: StreamOp[] | 'gap'): void {
  for (const op of writes(ops)) if (op.upTo !== null) ledger.parsedUpTo(op.upTo, op.epoch);
}

function at(offset: number, head = 0): StreamLedger {
  const ledger = new StreamLedger();
  ledger.joined(offset, head);
  return ledger;
}

describe('contiguity', () => {
  it('resets before the first bytes and not after', () => {
    const ledger = at(10);
    expect(text(ledger.output(10, bytes('ab')))).toBe('<reset>ab');
    expect(text(ledger.output(12, bytes('cd')))).toBe('cd');
  });

  it('drops exactly what it has', () => {
    const ledger = at(0);
    ledger.output(0, bytes('abcd'));
    expect(text(ledger.output(2, bytes('cdef')))).toBe('ef');
    expect(text(ledger.output(0, bytes('ab')))).toBe('');
    expect(text(ledger.output(6, bytes('g')))).toBe('g');
  });

  it('calls missing bytes a gap, also before joining and inside a snapshot', () => {
    expect(new StreamLedger().output(0, bytes('x'))).toBe('gap');
    const ledger = at(0);
    expect(ledger.output(1, bytes('x'))).toBe('gap');
    ledger.snapshot(5, bytes('half'), false);
    expect(ledger.output(5, bytes('x'))).toBe('gap');
  });

  it('every split of a stream with repeats gives the same text', () => {
    const whole = 'the quick brown fox';
    for (let cut = 0; cut < whole.length; cut += 1) {
      for (let back = 0; back <= cut; back += 1) {
        const ledger = at(0);
        const first = text(ledger.output(0, bytes(whole.slice(0, cut))));
        const second = text(ledger.output(back, bytes(whole.slice(back))));
        expect((first + second).replace('<reset>', '')).toBe(whole);
      }
    }
  });
});

describe('resume', () => {
  it('asks for everything until something was parsed', () => {
    const ledger = at(10);
    const ops = ledger.output(10, bytes('abc'));
    expect(ledger.resumeFrom()).toBeUndefined();
    parse(ledger, ops);
    expect(ledger.resumeFrom()).toBe(13);
  });

  it('resumes from the parsed offset and drops what was received beyond it', () => {
    const ledger = at(0);
    parse(ledger, ledger.output(0, bytes('abc')));
    ledger.output(3, bytes('def'));
    ledger.cut();
    expect(ledger.resumeFrom()).toBe(3);
    ledger.joined(3, 9);
    expect(text(ledger.output(3, bytes('defghi')))).toBe('ghi');
  });

  it('resumes at the start of a character that is not whole, which is taken all the same', () => {
    const ledger = at(0);
    const [, first] = ledger.output(0, Uint8Array.of(0x61, 0xe2, 0x80)) as StreamOp[];
    expect(first).toMatchObject({ upTo: 3 });
    ledger.parsedUpTo(3, 1, 2);
    expect([ledger.resumeFrom(), ledger.takenUpTo()]).toEqual([1, 3]);
    expect(ledger.output(1, Uint8Array.of(0xe2, 0x80))).toEqual([]);
    ledger.output(3, Uint8Array.of(0x94));
    ledger.parsedUpTo(4, 1);
    expect([ledger.resumeFrom(), ledger.takenUpTo()]).toEqual([4, 4]);
    ledger.snapshot(9, bytes('x'), true);
    expect([ledger.resumeFrom(), ledger.takenUpTo()]).toEqual([undefined, 0]);
  });

  it('a snapshot counts once its last part is parsed', () => {
    const ledger = at(0);
    parse(ledger, ledger.output(0, bytes('abc')));
    const first = ledger.snapshot(100, bytes('one'), false);
    expect(text(first)).toBe('<reset>one');
    parse(ledger, first);
    expect(ledger.resumeFrom()).toBeUndefined();
    const last = ledger.snapshot(100, bytes('two'), true);
    expect(text(last)).toBe('two');
    parse(ledger, last);
    expect(ledger.resumeFrom()).toBe(100);
    expect(text(ledger.output(100, bytes('!')))).toBe('!');
  });

  it('half a snapshot is worth nothing after a cut', () => {
    const ledger = at(0);
    ledger.snapshot(100, bytes('half'), false);
    ledger.cut();
    expect(ledger.resumeFrom()).toBeUndefined();
    ledger.joined(200, 200);
    expect(text(ledger.snapshot(200, bytes('all'), true))).toBe('<reset>all');
  });

  it('an empty snapshot still counts', () => {
    const ledger = at(7);
    parse(ledger, ledger.snapshot(7, bytes(''), true));
    expect(ledger.resumeFrom()).toBe(7);
  });

  it('ignores what an earlier epoch parsed', () => {
    const ledger = at(0);
    const old = ledger.output(0, bytes('abc'));
    ledger.snapshot(50, bytes('ne'), false);
    parse(ledger, old);
    expect(ledger.resumeFrom()).toBeUndefined();
    parse(ledger, ledger.snapshot(50, bytes('w'), true));
    expect(ledger.resumeFrom()).toBe(50);
    ledger.restart();
    expect(ledger.resumeFrom()).toBeUndefined();
  });
});

describe('a difference', () => {
  it('stands for the bytes since the screen that was drawn, without a reset', () => {
    const ledger = at(0);
    parse(ledger, ledger.snapshot(100, bytes('screen'), true));
    const ops = ledger.difference(5000, bytes('changed'));
    expect(text(ops)).toBe('changed');
    expect(writes(ops)).toMatchObject([{ upTo: 5000, history: true }]);
    expect(ledger.resumeFrom()).toBe(100);
    parse(ledger, ops);
    expect(ledger.resumeFrom()).toBe(5000);
    expect(text(ledger.output(5000, bytes('more')))).toBe('more');
  });

  it('is a gap where no screen was drawn', () => {
    expect(at(0).difference(5, bytes('x'))).toBe('gap');
    const half = at(0);
    half.snapshot(10, bytes('half'), false);
    expect(half.difference(20, bytes('x'))).toBe('gap');
  });
});

describe('history', () => {
  it('is what lies before the head known at the join, cut there', () => {
    const ledger = at(0, 4);
    const ops = writes(ledger.output(0, bytes('abcdef')));
    expect(ops.map((op) => [op.upTo, op.history])).toEqual([
      [4, true],
      [6, false],
    ]);
  });

  it('is every snapshot', () => {
    expect(writes(at(0).snapshot(9, bytes('x'), true))[0]?.history).toBe(true);
  });
});

describe('pieces and resizes', () => {
  it('writes at most 32 KiB at once', () => {
    const ops = writes(at(0).output(0, new Uint8Array(PIECE * 2 + 1)));
    expect(ops.map((op) => op.upTo)).toEqual([PIECE, PIECE * 2, PIECE * 2 + 1]);
    const parts = writes(at(0).snapshot(5, new Uint8Array(PIECE + 1), true));
    expect(parts.map((op) => op.upTo)).toEqual([null, 5]);
  });

  it('puts a resize after the byte before its offset', () => {
    const ledger = at(0);
    expect(ledger.resized(3, { cols: 90, rows: 30 })).toEqual([]);
    expect(text(ledger.output(0, bytes('abcdef')))).toBe('<reset>abc<resize>def');
    expect(text(ledger.resized(6, { cols: 80, rows: 24 }))).toBe('<resize>');
    ledger.resized(7, { cols: 70, rows: 20 });
    expect(text(ledger.output(6, bytes('g')))).toBe('g<resize>');
  });

  it('keeps a resize for the end of a snapshot', () => {
    const ledger = at(0);
    ledger.snapshot(5, bytes('a'), false);
    expect(ledger.resized(5, { cols: 90, rows: 30 })).toEqual([]);
    expect(text(ledger.snapshot(5, bytes('b'), true))).toBe('b<resize>');
  });
});

describe('catching up', () => {
  it('is a snapshot under way or more than 256 KiB behind', () => {
    expect(at(0).catchingUp()).toBe(false);
    const ledger = at(10, 10);
    expect(ledger.catchingUp()).toBe(true);
    parse(ledger, ledger.snapshot(10, bytes('x'), true));
    expect(ledger.catchingUp()).toBe(false);
    const ops = ledger.output(10, new Uint8Array(BEHIND + 1));
    expect(ledger.behind()).toBe(BEHIND + 1);
    expect(ledger.catchingUp()).toBe(true);
    parse(ledger, ops);
    expect(ledger.catchingUp()).toBe(false);
  });
});
