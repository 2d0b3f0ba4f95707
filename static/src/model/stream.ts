// The ledger of one session's bytes: what arrived, what was parsed, what comes next. It turns
// frames into operations for a terminal and rejects gaps.
//
// Invariants: `received` only grows within an epoch; an epoch ends when the terminal is reset;
// `parsed` is null while the terminal shows something that belongs to no offset (half a snapshot),
// and then a resume asks for everything; `taken` is ahead of `parsed` by the bytes of one character
// at most, which the terminal's side keeps until the rest has come.

/** Pieces handed to the terminal: it looks at the clock between two, and can be acknowledged as often. */
export const PIECE = 8 * 1024;
/** More than this behind is shown as "catching up". */
export const BEHIND = 256 * 1024;

export interface Grid {
  cols: number;
  rows: number;
}

export type StreamOp =
  | { do: 'reset' }
  | { do: 'resize'; grid: Grid }
  /** `upTo`: the offset reached once parsed, null inside a snapshot. `history` must not speak. */
  | { do: 'write'; bytes: Uint8Array; upTo: number | null; history: boolean; epoch: number };

interface PendingResize {
  offset: number;
  grid: Grid;
}

export class StreamLedger {
  private received: number | null = null;
  private parsed: number | null = null;
  private taken = 0;
  private head = 0;
  private epoch = 0;
  private stale = true;
  private midSnapshot = false;
  private resizes: PendingResize[] = [];

  /** The offset to resume from; `undefined` asks for everything. */
  resumeFrom(): number | undefined {
    return this.parsed ?? undefined;
  }

  /** The sink has everything before this offset. */
  takenUpTo(): number {
    return this.taken;
  }

  /** Forget the offsets: the next bytes start from nothing and reset the terminal. */
  restart(): void {
    this.received = null;
    this.parsed = null;
    this.taken = 0;
    this.stale = true;
    this.midSnapshot = false;
    this.resizes = [];
  }

  /** The socket is gone. Half a snapshot is worth nothing, and no resize will follow. */
  cut(): void {
    if (this.midSnapshot) this.restart();
    this.resizes = [];
  }

  /** `head`: the session's newest offset before the join, as far as known; below it is history. */
  joined(offset: number, head: number): StreamOp[] {
    this.head = Math.max(this.head, head, offset);
    if (this.received === null) this.received = offset;
    return [];
  }

  /** Operations, or 'gap' when bytes are missing before these. */
  output(offset: number, payload: Uint8Array): StreamOp[] | 'gap' {
    if (this.received === null || this.midSnapshot || offset > this.received) return 'gap';
    const fresh = payload.subarray(this.received - offset);
    if (fresh.length === 0) return [];
    const ops = this.stale ? this.reset() : [];
    const start = this.received;
    this.received = start + fresh.length;
    for (const [from, to] of this.pieces(start, this.received, ops)) {
      const bytes = fresh.subarray(from - start, to - start);
      ops.push({ do: 'write', bytes, upTo: to, history: from < this.head, epoch: this.epoch });
    }
    this.takeResizes(this.received, ops);
    return ops;
  }

  snapshot(offset: number, payload: Uint8Array, last: boolean): StreamOp[] {
    const ops = this.midSnapshot ? [] : this.reset();
    this.midSnapshot = !last;
    this.received = offset;
    this.head = Math.max(this.head, offset);
    for (let at = 0; at < payload.length || (last && at === 0); at += PIECE) {
      const bytes = payload.subarray(at, at + PIECE);
      const done = last && at + PIECE >= payload.length;
      ops.push({ do: 'write', bytes, upTo: done ? offset : null, history: true, epoch: this.epoch });
    }
    if (last) this.takeResizes(offset, ops);
    return ops;
  }

  /** What has changed since a snapshot or difference that was parsed, in place of the bytes since. */
  difference(offset: number, payload: Uint8Array): StreamOp[] | 'gap' {
    if (this.received === null || this.midSnapshot || this.stale || offset < this.received) return 'gap';
    this.received = offset;
    this.head = Math.max(this.head, offset);
    const ops: StreamOp[] = [{ do: 'write', bytes: payload, upTo: offset, history: true, epoch: this.epoch }];
    this.takeResizes(offset, ops);
    return ops;
  }

  /** A resize is a barrier: it happens after the byte before `offset`. */
  resized(offset: number, grid: Grid): StreamOp[] {
    this.resizes.push({ offset, grid });
    const ops: StreamOp[] = [];
    if (this.received !== null && !this.midSnapshot) this.takeResizes(this.received, ops);
    return ops;
  }

  /** False for an earlier epoch. The last `carried` bytes before `offset` are taken, not parsed. */
  parsedUpTo(offset: number, epoch: number, carried = 0): boolean {
    if (epoch !== this.epoch) return false;
    this.parsed = Math.max(this.parsed ?? 0, offset - carried);
    this.taken = Math.max(this.taken, offset);
    return true;
  }

  /** Bytes known to exist and not yet on the screen. */
  behind(): number {
    return Math.max(0, Math.max(this.head, this.received ?? 0) - (this.parsed ?? 0));
  }

  catchingUp(): boolean {
    return this.received !== null && (this.parsed === null ? this.head > 0 : this.behind() > BEHIND);
  }

  private reset(): StreamOp[] {
    this.epoch += 1;
    this.parsed = null;
    this.taken = 0;
    this.stale = false;
    return [{ do: 'reset' }];
  }

  /** Cuts at 32 KiB, at the end of history and at each resize, which it puts in between. */
  private *pieces(start: number, end: number, ops: StreamOp[]): Generator<[number, number]> {
    let at = start;
    while (at < end) {
      this.takeResizes(at, ops);
      const cuts = [at + PIECE, end, this.resizes[0]?.offset ?? end];
      if (at < this.head) cuts.push(this.head);
      const to = Math.min(...cuts);
      yield [at, to];
      at = to;
    }
  }

  private takeResizes(upTo: number, ops: StreamOp[]): void {
    for (let first = this.resizes[0]; first && first.offset <= upTo; first = this.resizes[0]) {
      this.resizes.shift();
      ops.push({ do: 'resize', grid: first.grid });
    }
  }
}
