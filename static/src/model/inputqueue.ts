// Input typed while it cannot be sent, bounded in bytes. What does not fit is refused whole: half
// a paste is worse than none.

/** Bytes kept for one session while there is no link. */
export const QUEUE_BYTES = 64 * 1024;

export class InputQueue {
  private held: Uint8Array[] = [];
  private total = 0;

  get size(): number {
    return this.total;
  }

  /** False when full: nothing of it was taken. */
  push(bytes: Uint8Array): boolean {
    if (this.total + bytes.length > QUEUE_BYTES) return false;
    this.held.push(bytes);
    this.total += bytes.length;
    return true;
  }

  /** Everything held, in the order typed. */
  drain(): Uint8Array[] {
    const held = this.held;
    this.held = [];
    this.total = 0;
    return held;
  }
}
