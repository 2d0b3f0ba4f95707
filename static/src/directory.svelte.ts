// The session list as last read. Events are hints, the list is the truth: whoever hears of a change
// asks here to read again.

import { ApiError, listSessions } from './api';
import { rememberPrograms } from './model/sessions';
import type { SessionRow } from './wire';

const SOON_MS = 120;

export class Directory {
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  rows = $state.raw<SessionRow[]>([]);
  error = $state('');
  private reading: Promise<SessionRow[]> | null = null;
  private soon: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly onRows: (rows: SessionRow[]) => void) {}

  row(sessionId: string | null): SessionRow | null {
    return this.rows.find((row) => row.session_id === sessionId) ?? null;
  }

  /** Reads once for all who ask at the same time. Fails with an `ApiError`. */
  read(): Promise<SessionRow[]> {
    this.reading ??= this.fetch().finally(() => (this.reading = null));
    return this.reading;
  }

  /** Reads shortly after the last of a burst of hints; a failure shows in `state` only. */
  readSoon(): void {
    if (this.soon !== null) clearTimeout(this.soon);
    this.soon = setTimeout(() => void this.read().catch(() => undefined), SOON_MS);
  }

  private async fetch(): Promise<SessionRow[]> {
    try {
      const rows = rememberPrograms(await listSessions(), this.rows);
      this.rows = rows;
      this.error = '';
      this.state = 'ready';
      this.onRows(rows);
      return rows;
    } catch (error) {
      // A list that was read before is still worth showing.
      if (this.rows.length === 0) this.state = 'failed';
      this.error = error instanceof ApiError ? error.message : 'the list could not be read';
      throw error;
    }
  }
}
