import { describe, expect, it } from 'vitest';
import { CastPart } from '../src/model/cast';
import { nextStep, SLICE, type Fed } from '../src/model/playback';
import { position, Timeline } from '../src/model/timeline';
import { dice } from './support';

const HEADER = '{"version":3,"term":{"cols":90,"rows":30,"type":"xterm-256color"},"timestamp":1700000000}\n';

function part(lines: readonly unknown[], at = 0): CastPart {
  const read = new CastPart(at);
  read.push(HEADER + lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  read.end();
  return read;
}

describe('a part of a cast', () => {
  const text = `${HEADER}[1.5, "o", "a—"]\n[0.5, "m", "a command"]\n[0.25, "r", "100x40"]\n[1, "o", "\\u001b[1mb"]\n[0, "x", "0"]\n`;

  it('is the same wherever its stream is cut', () => {
    for (let cut = 0; cut <= text.length; cut += 1) {
      const read = new CastPart(10);
      read.push(text.slice(0, cut));
      read.push(text.slice(cut));
      read.end();
      expect(read.grid).toEqual({ cols: 90, rows: 30 });
      expect(read.events).toEqual([
        { at: 11.5, upTo: 2, text: 'a—' },
        { at: 12.25, upTo: 2, grid: { cols: 100, rows: 40 } },
        { at: 13.25, upTo: 7, text: '\x1b[1mb' },
      ]);
      expect(read.damaged).toBe(0);
    }
  });

  it('goes on where lines say nothing, and counts them', () => {
    const read = new CastPart(0);
    read.push(`${HEADER}nonsense\n[1, "o"]\n{}\n[1, "r", "axb"]\n[1, "o", "x"]\n[2, "o", "cut o`);
    read.end();
    expect(read.events).toEqual([{ at: 2, upTo: 1, text: 'x' }]);
    expect(read.damaged).toBe(4);
  });

  it('knows what has happened at a time', () => {
    const read = part([[1, 'o', 'a'], [0, 'o', 'b'], [1, 'o', 'c']]);
    expect([0, 0.99, 1, 1.5, 2, 9].map((at) => read.countAt(at))).toEqual([0, 0, 2, 2, 3, 3]);
  });
});

describe('the two clocks', () => {
  const recording = {
    seconds: 120,
    parts: [{ offset: 0, at: 0 }, { offset: 10, at: 50 }, { offset: 20, at: 110 }],
    pauses: [{ at: 10, seconds: 30 }, { at: 45, seconds: 2 }, { at: 60, seconds: 60 }],
    commands: [
      { at: 5, command: 'one', exit_code: 0 },
      { at: 50, command: 'two', exit_code: 1 },
    ],
  };

  it('run alike but for pauses that are too long', () => {
    const timeline = new Timeline(recording, 2);
    expect(timeline.total).toBe(120 - 28 - 58);
    for (const [real, shown] of [[0, 0], [10, 10], [25, 11], [40, 12], [46, 18], [60, 32], [90, 33], [120, 34]] as const) {
      expect(timeline.shown(real)).toBeCloseTo(shown);
      expect(timeline.real(shown)).toBeCloseTo(real);
    }
  });

  it('are one when pauses stay', () => {
    const timeline = new Timeline(recording, null);
    expect(timeline.total).toBe(120);
    expect([0, 33.3, 120].map((at) => timeline.shown(at))).toEqual([0, 33.3, 120]);
  });

  it('never run backwards, and lead to each other', () => {
    const roll = dice(7);
    for (let round = 0; round < 200; round += 1) {
      const pauses = [];
      let at = 0;
      for (let index = roll(8); index > 0; index -= 1) {
        at += roll(20) / 2;
        const seconds = 1 + roll(300) / 3;
        pauses.push({ at, seconds });
        at += seconds;
      }
      const timeline = new Timeline({ ...recording, pauses, seconds: at + roll(10) }, [null, 1, 2, 5][roll(4)] ?? null);
      let last = -1;
      for (let tenth = 0; tenth <= 10; tenth += 1) {
        const shown = (timeline.total * tenth) / 10;
        const real = timeline.real(shown);
        expect(real).toBeGreaterThanOrEqual(last);
        expect(timeline.shown(real)).toBeCloseTo(shown, 6);
        last = real;
      }
      expect(last).toBeCloseTo(timeline.recording.seconds, 6);
    }
  });

  it('find parts and commands', () => {
    const timeline = new Timeline(recording, 2);
    expect([0, 49.9, 50, 119, 500].map((at) => timeline.partAt(at))).toEqual([0, 0, 1, 2, 2]);
    expect([0, 5, 49, 50].map((at) => timeline.command(at, 'next')?.command)).toEqual(['one', 'two', 'two', undefined]);
    expect([0, 5, 50, 52, 120].map((at) => timeline.command(at, 'previous')?.command)).toEqual([undefined, undefined, 'one', 'two', 'two']);
    expect([0, 5, 50].map((at) => timeline.commandAt(at))).toEqual([-1, 0, 1]);
  });

  it('of nothing stand still', () => {
    const timeline = new Timeline({ seconds: 0, parts: [{ offset: 0, at: 0 }], pauses: [], commands: [] }, 2);
    expect([timeline.total, timeline.shown(0), timeline.real(5)]).toEqual([0, 0, 0]);
  });

  it('are written as people read them', () => {
    expect([0, 7.9, 65, 760, 10_929].map(position)).toEqual(['0:00', '0:07', '1:05', '12:40', '3:02:09']);
  });
});

describe('playback', () => {
  const parts = new Map([
    [0, part([[0, 'o', 'a'], [1, 'o', 'b'], [1, 'o', 'c']])],
    [1, part([[0, 'r', '80x24'], [0, 'o', 'SNAPSHOT'], [1, 'o', 'd']], 2)],
    [3, part([[0, 'o', 'SNAPSHOT'], [1, 'o', 'z']], 9)],
  ]);
  const step = (fed: Fed | null, number: number, at: number) => nextStep(fed, parts, number, at);

  it('begins with the part, and feeds what has happened', () => {
    expect(step(null, 0, 1)).toEqual({ do: 'begin', part: 0 });
    expect(step({ part: 0, next: 0 }, 0, 1)).toEqual({ do: 'feed', part: 0, from: 0, to: 2 });
    expect(step({ part: 0, next: 2 }, 0, 1)).toEqual({ do: 'rest' });
    expect(step({ part: 0, next: 2 }, 0, 1.9)).toEqual({ do: 'rest' });
  });

  it('begins anew to go back', () => {
    expect(step({ part: 0, next: 2 }, 0, 0.5)).toEqual({ do: 'begin', part: 0 });
    expect(step({ part: 1, next: 3 }, 0, 2)).toEqual({ do: 'begin', part: 0 });
  });

  it('goes on into the next part without its snapshot', () => {
    expect(step({ part: 0, next: 1 }, 1, 3)).toEqual({ do: 'feed', part: 0, from: 1, to: 3 });
    expect(step({ part: 0, next: 3 }, 1, 3)).toEqual({ do: 'enter', part: 1, next: 2 });
    expect(step({ part: 1, next: 2 }, 1, 3)).toEqual({ do: 'feed', part: 1, from: 2, to: 3 });
  });

  it('leaps over parts, and loads what is not there', () => {
    expect(step({ part: 0, next: 1 }, 3, 9)).toEqual({ do: 'begin', part: 3 });
    expect(step({ part: 0, next: 1 }, 2, 5)).toEqual({ do: 'load', part: 2 });
  });

  it('does not feed a long rest to reach the next part', () => {
    const long = new Map([
      [0, part(Array.from({ length: 40 }, () => [0.1, 'o', 'x'.repeat(20_000)]))],
      [1, part([[0, 'o', 'SNAPSHOT']], 4)],
    ]);
    expect(nextStep({ part: 0, next: 1 }, long, 1, 4)).toEqual({ do: 'begin', part: 1 });
    expect(nextStep({ part: 0, next: 30 }, long, 1, 4)).toMatchObject({ do: 'feed', part: 0, from: 30 });
  });

  it('comes to rest from anywhere, in slices', () => {
    const roll = dice(11);
    const many = new Map([0, 1, 2].map((number) => [number, part(Array.from({ length: 300 }, () => [0.01, 'o', 'y'.repeat(roll(3_000))]), number * 3)]));
    let fed: Fed | null = null;
    for (let round = 0; round < 300; round += 1) {
      const at = roll(900) / 100;
      const number = Math.min(2, Math.floor(at / 3));
      for (let steps = 0; ; steps += 1) {
        const next = nextStep(fed, many, number, at);
        if (next.do === 'rest') break;
        expect(steps).toBeLessThan(40);
        if (next.do === 'begin') fed = { part: next.part, next: 0 };
        else if (next.do === 'enter') fed = { part: next.part, next: next.next };
        else if (next.do === 'feed') {
          const from = many.get(next.part)!;
          expect(from.charsBefore(next.to) - from.charsBefore(next.from)).toBeLessThanOrEqual(SLICE);
          fed = { part: next.part, next: next.to };
        }
      }
      expect(fed!.part).toBe(number);
      expect(fed!.next).toBeGreaterThanOrEqual(many.get(number)!.countAt(at));
    }
  });
});
