// Tasks as the page knows them: the list, what of it a person should look at, and the one that is
// shown. Events are hints: whoever hears of a change reads the list again. `/?task=<id>` is a link to a task.

import * as api from './api';
import { inbox, waiting, type Item } from './model/inbox';
import { isOver } from './model/tasks';
import { notifyOfTasks } from './notify';
import * as storage from './storage';
import type { ServerEvent, TaskReply, TaskRow, TaskWhole } from './wire';
import type { Workbench } from './workbench.svelte';

const SOON_MS = 60;
/** While somebody looks, for what no event tells. */
const AGAIN_MS = 5_000;
/** After the one that is shown could not be read again. */
const RETRY_MS = 3_000;
/** Tasks that were put away; older ones are no longer kept anyway. */
const AWAY = 500;
/** How far back who never looked is told what was done. */
const FIRST_MS = 86_400_000;
const PARAMETER = 'task';

interface Shown {
  id: string;
  phase: 'reading' | 'ready' | 'gone' | 'failed';
  task: TaskWhole | null;
  /** Why it could not be read, or not read again. */
  error: string;
}

export class Tasks {
  phase = $state<'loading' | 'ready' | 'failed'>('loading');
  list = $state.raw<TaskRow[]>([]);
  /** Why the last look brought nothing, '' when it did. */
  error = $state('');
  shown = $state.raw<Shown | null>(null);
  /** Where one came from to the task that is shown. */
  from = $state<'inbox' | 'tasks' | null>(null);
  /** The task that the page's address names. */
  readonly linked: string | null;
  private last = $state(Number(storage.read('inbox') ?? Date.now() - FIRST_MS));
  private away = $state.raw<ReadonlySet<string>>(new Set((storage.read('inbox-away') ?? '').split('\n').filter(Boolean)));
  private reading: Promise<void> | null = null;
  private stale = false;
  private soon: ReturnType<typeof setTimeout> | undefined;
  private stop: AbortController | null = null;

  constructor(private readonly bench: Workbench) {
    this.linked = new URLSearchParams(globalThis.location?.search ?? '').get(PARAMETER);
  }

  /** Who waits for a person, tasks and sessions. */
  get waiting(): number {
    return waiting(this.list, this.bench.directory.rows);
  }

  get items(): Item[] {
    return inbox(this.list, this.bench.directory.rows, { last: this.last, away: this.away });
  }

  /** Opens what the address names. */
  follow(): void {
    void this.read();
    if (this.linked !== null) this.open(this.linked);
  }

  heard({ name }: ServerEvent): void {
    if (name === 'task.changed') this.readSoon();
  }

  readSoon(): void {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => void this.read(), SOON_MS);
  }

  /** Reads again until what it answers with is called. */
  watch(): () => void {
    const timer = setInterval(() => document.hidden || void this.read(), AGAIN_MS);
    void this.read();
    return () => clearInterval(timer);
  }

  /** What is done by now was seen. */
  looked(): void {
    this.last = Date.now();
    storage.write('inbox', String(this.last));
  }

  putAway(id: string): void {
    const kept = [...this.away].filter((other) => other !== id).slice(1 - AWAY);
    this.away = new Set([...kept, id]);
    storage.write('inbox-away', [...this.away].join('\n'));
  }

  /** Why it was not taken, '' when it was. */
  async reply(id: string, reply: TaskReply): Promise<string> {
    return this.order(() => api.replyToTask(id, reply));
  }

  async cancel(id: string): Promise<string> {
    return this.order(() => api.cancelTask(id));
  }

  open(id: string, from: 'inbox' | 'tasks' | null = null): void {
    this.stop?.abort();
    this.from = from;
    this.shown = { id, phase: 'reading', task: null, error: '' };
    address(id);
    this.bench.dialogs.show('task');
    this.stop = new AbortController();
    void this.look(id, this.stop.signal);
  }

  again(): void {
    if (this.shown) this.open(this.shown.id, this.from);
  }

  /** The dialog is gone. */
  closed(): void {
    this.stop?.abort();
    this.shown = null;
    if (this.from === 'inbox') this.looked();
    address(null);
  }

  back(): void {
    const from = this.from ?? 'inbox';
    this.from = null;
    this.closed();
    this.bench.dialogs.show(from);
  }

  /** Reads on while it changes. */
  private async look(id: string, stop: AbortSignal): Promise<void> {
    let seen: number | null = null;
    while (!stop.aborted) {
      try {
        const task: TaskWhole = await api.readTask(id, seen, stop);
        if (stop.aborted) return;
        this.shown = { id, phase: 'ready', task, error: '' };
        seen = task.revision;
        if (isOver(task)) return;
      } catch (error) {
        if (stop.aborted) return;
        if (this.fail(id, error)) return;
        await new Promise((done) => setTimeout(done, RETRY_MS));
      }
    }
  }

  /** True when it is not worth another try. */
  private fail(id: string, error: unknown): boolean {
    const gone = error instanceof api.ApiError && (error.status === 404 || error.status === 400);
    const task = this.shown?.task ?? null;
    this.shown = { id, phase: gone ? 'gone' : task ? 'ready' : 'failed', task: gone ? null : task, error: said(error) };
    return gone || task === null;
  }

  private async order(ask: () => Promise<TaskRow>): Promise<string> {
    try {
      const task = await ask();
      this.list = this.list.map((other) => (other.task_id === task.task_id ? task : other));
      return '';
    } catch (error) {
      return said(error);
    } finally {
      this.readSoon();
    }
  }

  /** Once for all who ask at the same time, and again for who asks meanwhile: what is on its way may be older. */
  read(): Promise<void> {
    if (this.reading) this.stale = true;
    this.reading ??= this.fetch().finally(() => {
      this.reading = null;
      if (this.stale) void this.read();
    });
    return this.reading;
  }

  private async fetch(): Promise<void> {
    this.stale = false;
    try {
      const { tasks } = await api.listTasks();
      notifyOfTasks(this.list, tasks, (id) => this.open(id));
      this.list = tasks;
      this.error = '';
      this.phase = 'ready';
    } catch (error) {
      // A list that was read before is still worth showing.
      if (this.phase !== 'ready') this.phase = 'failed';
      this.error = said(error);
    }
  }
}

function said(error: unknown): string {
  return error instanceof api.ApiError ? error.message : 'something unexpected happened';
}

/** The address names the task while it is shown, so that a reload shows it again. */
function address(id: string | null): void {
  const query = id === null ? '' : `?${PARAMETER}=${encodeURIComponent(id)}`;
  history.replaceState(null, '', `${location.pathname}${query}${location.hash}`);
}
