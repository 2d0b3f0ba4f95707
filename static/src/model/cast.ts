// One part of a recording (asciicast v3) as it arrives, cut anywhere: a line with the size, then a
// line per event. What is neither output nor a change of size is for other players.

import type { Grid } from './stream';

/** `at`: seconds since the whole recording began. `upTo`: characters of output up to its end. */
export type CastEvent = { at: number; upTo: number } & ({ text: string; grid?: never } | { grid: Grid; text?: never });

export class CastPart {
  /** At the beginning; `null` until it is known. */
  grid: Grid | null = null;
  readonly events: CastEvent[] = [];
  /** Lines that say nothing: the end may be missing. */
  damaged = 0;
  private rest = '';
  private size = 0;

  /** `at`: when the part begins. */
  constructor(private at: number) {}

  get chars(): number {
    return this.size;
  }

  push(piece: string): void {
    const lines = (this.rest + piece).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.line(line);
  }

  end(): void {
    if (this.rest !== '') this.line(this.rest);
    this.rest = '';
  }

  /** How many events have happened at this time. */
  countAt(at: number): number {
    let [low, high] = [0, this.events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.events[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Characters of output before this event. */
  charsBefore(index: number): number {
    return this.events[index - 1]?.upTo ?? 0;
  }

  private line(line: string): void {
    const value = parse(line);
    if (Array.isArray(value)) this.event(value);
    else if (this.grid === null && isHeader(value)) this.grid = { cols: value.term.cols, rows: value.term.rows };
    else this.damaged += 1;
  }

  private event([passed, kind, data]: unknown[]): void {
    if (typeof passed !== 'number' || typeof kind !== 'string' || typeof data !== 'string') {
      this.damaged += 1;
      return;
    }
    this.at += passed;
    if (kind === 'o') {
      this.size += data.length;
      this.events.push({ at: this.at, upTo: this.size, text: data });
    } else if (kind === 'r') {
      const [cols = 0, rows = 0] = data.split('x').map(Number);
      if (cols > 0 && rows > 0) this.events.push({ at: this.at, upTo: this.size, grid: { cols, rows } });
    }
  }
}

function isHeader(value: unknown): value is { term: Grid } {
  const term = (value as { term?: Partial<Grid> } | null)?.term;
  return typeof term?.cols === 'number' && typeof term.rows === 'number';
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
