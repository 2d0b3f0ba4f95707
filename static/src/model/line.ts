// One session as it is polled: how far its output was taken, what was typed and not sent yet.
//
// Answers may repeat and overlap; only what follows `at` is taken. Text whose bytes were no UTF-8
// is longer or shorter than its offsets say: it is taken whole or not at all.

import type { JoinMode, Output, SessionRow } from '../wire';
import type { Grid } from './stream';

/** Further ahead of what was parsed nothing is asked for. */
const AHEAD = 512 * 1024;

export interface Piece {
  /** Of its first byte; where it is not exact, of what follows it. */
  offset: number;
  bytes: Uint8Array;
  exact: boolean;
}

export class Line {
  /** The offset up to which output was taken, and up to which it was parsed. */
  at = 0;
  acked = 0;
  /** False once the last of its output was taken. */
  open = true;
  typing = false;
  grid: Grid | null = null;
  private pending: Uint8Array[] = [];
  private readonly decoder = new TextDecoder();
  private readonly encoder = new TextEncoder();

  constructor(
    readonly channel: number,
    readonly id: string,
    readonly mode: JoinMode,
    public wanted: Grid,
  ) {}

  /** True when there is room for more again. */
  parsed(offset: number): boolean {
    const { behind } = this;
    this.acked = Math.max(this.acked, offset);
    return behind && !this.behind;
  }

  get behind(): boolean {
    return this.at - this.acked > AHEAD;
  }

  /** Nobody tells who owns the size: whoever's wish is fulfilled. */
  owns(row: SessionRow): boolean {
    return this.mode === 'write' && row.cols === this.wanted.cols && row.rows === this.wanted.rows;
  }

  /** What is new in an answer, `null` when nothing is. */
  next(output: Output): Piece | 'gap' | null {
    if (output.offset <= this.at) return null;
    if (output.from > this.at) return 'gap';
    const bytes = this.encoder.encode(output.output);
    const exact = bytes.length === output.offset - output.from;
    if (!exact && output.from < this.at) return null;
    const piece = exact ? { offset: this.at, bytes: bytes.subarray(this.at - output.from), exact } : { offset: output.offset, bytes, exact };
    this.at = output.offset;
    return piece;
  }

  type(bytes: Uint8Array): void {
    this.pending.push(bytes.slice());
  }

  /** What was typed since, as text; a character cut in half waits for its rest. */
  take(): string {
    const bytes = this.pending.shift();
    if (!bytes) return '';
    let text = this.decoder.decode(bytes, { stream: true });
    // Small pieces travel together.
    while (this.pending[0] && text.length + this.pending[0].length <= 64 * 1024) {
      text += this.decoder.decode(this.pending.shift(), { stream: true });
    }
    return text === '' ? this.take() : text;
  }
}
