// What the use of models came to, while somebody looks: read again every few seconds, and what was
// read stays until there is something newer.

import * as api from './api';
import { bookOf, RANGES, type Book, type Range } from './model/usage';
import * as storage from './storage';
import type { GatewayStatus } from './wire';

const AGAIN_MS = 3_000;

export class UsageBook {
  range = $state<Range>(RANGES.find((range) => String(range) === storage.read('usage')) ?? 7);
  /** `null` until the first answer. */
  book = $state.raw<Book | null>(null);
  gateway = $state.raw<GatewayStatus | null>(null);
  /** Why the last look brought nothing, '' when it did. */
  error = $state('');
  private looks = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Until what it answers with is called. */
  open(): () => void {
    void this.look();
    return () => {
      this.looks += 1;
      clearTimeout(this.timer);
    };
  }

  pick(range: Range): void {
    this.range = range;
    storage.write('usage', String(range));
    void this.look();
  }

  async look(): Promise<void> {
    clearTimeout(this.timer);
    const look = ++this.looks;
    try {
      if (!document.hidden || this.book === null) await this.read(look);
    } catch (error) {
      if (look === this.looks) this.error = error instanceof api.ApiError ? error.message : 'the server was not reached';
    }
    if (look === this.looks) this.timer = setTimeout(() => void this.look(), AGAIN_MS);
  }

  private async read(look: number): Promise<void> {
    const { range } = this;
    const [gateway, day, session, agent, model] = await Promise.all([
      api.readGateway(),
      api.readUsage(range, 'day'),
      api.readUsage(range, 'session'),
      api.readUsage(range, 'agent'),
      api.readUsage(range, 'model'),
    ]);
    // Somebody has chosen another range, or looks no more.
    if (look !== this.looks) return;
    this.gateway = gateway;
    this.book = bookOf(range, { day, session, agent, model });
    this.error = '';
  }
}
