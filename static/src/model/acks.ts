// When to acknowledge: at each 32 KiB parsed, or 50 ms after the first byte that was not
// acknowledged, whichever is first. Acknowledgements are cumulative.

const EVERY_BYTES = 32 * 1024;
const EVERY_MS = 50;

export class AckPacer {
  private acked = -1;
  private parsed = -1;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly send: (offset: number) => void) {}

  /** A new stream starts; before `offset` all is acknowledged, and nothing is when it is absent. */
  restart(offset?: number): void {
    this.stop();
    this.acked = offset ?? -1;
    this.parsed = this.acked;
  }

  parsedUpTo(offset: number): void {
    this.parsed = Math.max(this.parsed, offset);
    if (this.parsed === this.acked) return;
    if (this.parsed - this.acked >= EVERY_BYTES) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), EVERY_MS);
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private flush(): void {
    this.stop();
    this.acked = this.parsed;
    this.send(this.parsed);
  }
}
