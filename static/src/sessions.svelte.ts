// What a person asks of sessions: a new one, its end, another name. What the server refuses is said.

import * as api from './api';
import * as layouts from './model/layout';
import { isSlot, type Leaf } from './model/splits';
import type { CreateSession } from './wire';
import type { Workbench } from './workbench.svelte';

/** Where it starts and what runs; with `from` where another one ended. */
export type NewSession = Pick<CreateSession, 'from' | 'cwd' | 'command'>;

export class Sessions {
  creating = $state(false);

  constructor(private readonly bench: Workbench) {}

  /** With `from`: a new shell where that session was, below its history, in place of its pane. */
  async create(wanted: NewSession = {}): Promise<void> {
    const slot = this.bench.focused;
    if (wanted.from !== undefined) await this.createIn(wanted.from, wanted);
    else await this.createIn(slot !== null && isSlot(slot) ? slot : null, wanted);
  }

  /** A new session in the place of a slot or of another session, or wherever one is opened. */
  async createIn(pane: string | null, wish: NewSession): Promise<void> {
    if (this.creating) return;
    this.creating = true;
    try {
      const id = await api.createSession({ ...this.bench.grid(), ...wish });
      this.bench.firstRun.greet(id, wish);
      await this.readList();
      const { layout, place } = this.bench;
      const leaf: Leaf = { pane: id, mode: 'write' };
      const placed = pane === null ? layouts.open(layout, leaf) : layouts.fill(layout, pane, leaf);
      place.change(layouts.focus(placed, id));
    } catch (error) {
      this.complain('The session was not created', error);
    } finally {
      this.creating = false;
    }
  }

  /** Ends a running session, dismisses an ended one. */
  async end(id: string): Promise<void> {
    // A view hears of the end before the list says so.
    const ended = this.bench.view(id)?.ended || this.bench.directory.row(id)?.state === 'ended';
    try {
      // Its own pane goes first, so that the dismissal is not reported back as news.
      if (ended) this.bench.panes.drop(id);
      await api.closeSession(id);
      this.bench.directory.readSoon();
      this.bench.focus();
    } catch (error) {
      this.complain(`${this.bench.name(id)} was not ${ended ? 'dismissed' : 'ended'}`, error);
    }
  }

  async readopt(id: string): Promise<void> {
    try {
      await api.readoptSession(id);
      await this.readList();
    } catch (error) {
      this.complain(`${this.bench.name(id)} was not taken up again`, error);
    }
    this.bench.focus();
  }

  /** '' lets it go by its program again. */
  async rename(id: string, name: string): Promise<void> {
    try {
      await api.renameSession(id, name.trim());
      await this.readList();
    } catch (error) {
      this.complain(`${this.bench.name(id)} was not renamed`, error);
    }
  }

  /** What was done is done, also when the list cannot be read just now. */
  private async readList(): Promise<void> {
    await this.bench.directory.read().catch(() => []);
  }

  private complain(what: string, error: unknown): void {
    const why = error instanceof api.ApiError ? error.message : 'something unexpected happened';
    this.bench.notices.say(`${what}: ${why}.`, 'bad');
  }
}
