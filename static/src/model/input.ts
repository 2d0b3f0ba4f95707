// The ledger of one channel's input: the bytes typed, numbered from 0, until the server says that
// they reached the program. What does not fit is refused whole: half a paste is worse than none.
//
// Invariants: `base ≤ sent ≤ end`; `held` is exactly the bytes from `base` to `end`; what lies
// before `sent` was handed to some socket, and may or may not have arrived.

/** Unacknowledged bytes kept for one channel. */
export const INPUT_BYTES = 1024 * 1024;

export class InputLedger {
  private held: Uint8Array[] = [];
  private base = 0;
  private sent = 0;
  private end = 0;
  /** False for a server that does not count: what is sent is out of our hands. */
  private counted = true;

  /** Bytes kept. */
  get size(): number {
    return this.end - this.base;
  }

  /** False when full: nothing of it was taken. */
  push(bytes: Uint8Array): boolean {
    if (this.size + bytes.length > INPUT_BYTES) return false;
    this.held.push(bytes);
    this.end += bytes.length;
    return true;
  }

  /** What was not handed to a socket yet; from now on it was. */
  take(): Uint8Array {
    const bytes = this.from(this.sent);
    this.sent = this.end;
    if (!this.counted) this.drop(this.sent);
    return bytes;
  }

  /** Input before `offset` reached the program. Late and repeated words change nothing. */
  acked(offset: number): void {
    this.drop(Math.min(offset, this.sent));
  }

  /**
   * Joined. The server has counted `reached` bytes of ours: the next `take` starts there. Without
   * it, what was sent before is not sent again.
   */
  resume(reached: number | undefined): void {
    this.counted = reached !== undefined;
    this.drop(Math.min(reached ?? this.sent, this.sent));
    // A server whose count is not ours goes on from its own; so do the numbers of what is kept.
    const shift = (reached ?? this.base) - this.base;
    this.base += shift;
    this.end += shift;
    this.sent = this.base;
  }

  /** Nobody will read it any more. */
  clear(): void {
    this.held = [];
    this.base = this.sent = this.end;
  }

  private drop(upTo: number): void {
    if (upTo <= this.base) return;
    let gone = 0;
    let start = this.base;
    for (const piece of this.held) {
      if (start + piece.length > upTo) break;
      start += piece.length;
      gone += 1;
    }
    this.held.splice(0, gone);
    const first = this.held[0];
    if (first && start < upTo) this.held[0] = first.subarray(upTo - start);
    this.base = upTo;
  }

  private from(offset: number): Uint8Array {
    let start = this.end;
    let first = this.held.length;
    while (start > offset && first > 0) start -= this.held[--first]?.length ?? 0;
    return concat(this.held.slice(first)).subarray(offset - start);
  }
}

function concat(pieces: Uint8Array[]): Uint8Array {
  if (pieces.length === 1 && pieces[0]) return pieces[0];
  const whole = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Names one channel's input over reconnects: a positive integer below 2^53. */
export function newInputId(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high % 2 ** 21) * 2 ** 32 + low || 1;
}
