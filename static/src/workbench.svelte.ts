// The page: which sessions are open, what the link is doing, and what a person can ask for. Panels
// read its fields and call its methods; it owns the link, the views and the session list.

import { tick } from 'svelte';
import * as api from './api';
import { fontReady } from './appearance';
import { pageActions } from './actions/page';
import { peopleActions } from './actions/people';
import { terminalActions } from './actions/terminal';
import { Dialogs } from './dialogs.svelte';
import { Directory } from './directory.svelte';
import { Intake } from './intake.svelte';
import { Link } from './link';
import { Actions } from './model/actions';
import { START, type Connection } from './model/connection';
import { remember, unseenReceipts } from './model/receipts';
import { namelessSession, sessionName } from './model/sessions';
import { stateWord, type StateWord } from './model/status';
import type { Grid } from './model/stream';
import * as tabs from './model/tabs';
import { notify } from './notify';
import { Notices, type NoticeAction } from './notices.svelte';
import { settings } from './settings.svelte';
import * as storage from './storage';
import { estimateGrid } from './terminal/estimate';
import { TerminalTools } from './tools.svelte';
import { Touch } from './touch.svelte';
import { Transport } from './transport';
import { SessionView, type ViewEvents } from './view.svelte';
import type { CreateSession, JoinMode, Receipt, ServerEvent, SessionRow } from './wire';

const RECEIPT_MS = 9_000;
const RELOAD_MS = 5_000;
const COPIED_MS = 1_500;

/** Where it starts and what runs; with `from` where another one ended. */
export type NewSession = Pick<CreateSession, 'from' | 'cwd' | 'command'>;

export class Workbench {
  /** 'loading' until the first list was read and the tabs are known. */
  phase = $state<'loading' | 'ready' | 'failed'>('loading');
  tabs = $state.raw<tabs.Tabs>(tabs.NO_TABS);
  views = $state.raw<SessionView[]>([]);
  connection = $state.raw<Connection>(START);
  latency = $state<number | null>(null);
  creating = $state(false);
  /** For a moment after something was copied. */
  copied = $state(false);
  now = $state(Date.now());
  readonly notices = new Notices();
  readonly directory = new Directory((rows) => this.learn(rows));
  readonly tools = new TerminalTools(this);
  readonly actions = new Actions(() => settings.current.keys);
  readonly dialogs = new Dialogs(
    (name) => name === 'sessions' && this.directory.readSoon(),
    // What stands before the page is gone first: nothing behind it takes the focus.
    () => void tick().then(() => this.focus()),
  );
  readonly intake = new Intake(this);
  readonly touch = new Touch(this);
  private area: (() => DOMRect) | null = null;
  private loading: Promise<void> | null = null;
  private copiedTimer: ReturnType<typeof setTimeout> | undefined;
  /** No WebSocket gets through: the link polls. */
  polling = $state(false);
  private readonly transport = new Transport({
    ...overRequests,
    ticket: api.wsTicket,
    webSocket: openSocket,
    changed: (polling) => (this.polling = polling),
    row: async (id) => (await this.directory.read()).find((row) => row.session_id === id) ?? null,
    front: () => this.tabs.active,
    hidden: () => document.hidden,
  });
  private readonly link = new Link(
    {
      ticket: api.wsTicket,
      open: (ticket) => this.transport.open(ticket),
      refresh: () => void this.directory.read().catch(() => []),
      head: (id) => this.directory.row(id)?.offset ?? 0,
      random: Math.random,
    },
    {
      state: (state) => (this.connection = state),
      opened: (again) => void this.opened(again),
      latency: (ms) => (this.latency = ms),
      event: (event) => this.heard(event),
      error: (_code, message) => this.notices.say(`The server reports: ${message}`, 'warn'),
    },
  );
  private readonly viewEvents: ViewEvents = {
    exited: () => this.directory.readSoon(),
    gone: (view) => this.gone(view),
    refused: (view, message) => void this.refused(view, message),
    inputRefused: () =>
      this.notices.say('Too much input is waiting: the last input was not taken.', 'bad'),
    copied: () => this.sayCopied(),
    clipboard: (view, text) => this.tools.clipboard(view.id, text),
    marked: (text) => void this.putOnClipboard(text),
    file: (view, path, line) => this.tools.file(view, path, line),
  };

  constructor() {
    this.actions.register(pageActions(this));
    this.actions.register(peopleActions(this));
    this.actions.register(terminalActions(this));
  }

  get active(): SessionView | null {
    return this.views.find((view) => view.id === this.tabs.active) ?? null;
  }

  get word(): StateWord {
    return stateWord({ connection: this.connection, session: this.active, polling: this.polling });
  }

  get bells(): number {
    return this.views.filter((view) => view.unseen === 'bell').length;
  }

  get turnedAway(): 'signed-out' | 'forbidden' | null {
    const { phase } = this.connection;
    return phase === 'signed-out' || phase === 'forbidden' ? phase : null;
  }

  name(id: string): string {
    const row = this.directory.row(id) ?? this.views.find((view) => view.id === id)?.row;
    return row ? sessionName(row) : namelessSession(id);
  }

  start(area: () => DOMRect): void {
    this.area = area;
    setInterval(() => document.hidden || (this.now = Date.now()), 1_000);
    this.link.start();
    void this.load();
  }

  /** Reads the list and opens the tabs; also tries the link again when it was turned away. */
  retry(): void {
    this.link.retry();
    if (this.phase !== 'ready') void this.load();
  }

  wake(): void {
    this.now = Date.now();
    this.active?.look();
    this.link.wake();
    this.transport.wake();
  }

  restyle(): void {
    for (const view of this.views) view.pane.restyle();
  }

  // Tabs

  open(id: string, mode: JoinMode = 'write'): void {
    const tab = this.tabs.list.find((other) => other.id === id) ?? { id, mode };
    if (tab.mode !== mode) this.drop(id);
    this.become(tabs.openTab(this.tabs, { id, mode }));
  }

  select(id: string): void {
    this.become(tabs.selectTab(this.tabs, id));
    this.focus();
  }

  selectAt(position: number): boolean {
    const tab = this.tabs.list[position];
    if (tab) this.select(tab.id);
    return tab !== undefined;
  }

  /** Detaches; the session lives on. */
  closeTab(id: string): void {
    const view = this.views.find((other) => other.id === id);
    if (!view) return;
    const reopen = { label: 'Reopen', run: () => this.open(id, view.readOnly ? 'read' : 'write') };
    if (view.ended) {
      const dismiss = { label: 'Dismiss', run: () => void this.end(id) };
      this.notices.say(`${this.name(id)} stays in the session list.`, 'plain', [dismiss, reopen]);
    } else {
      const end: NoticeAction = { label: 'End session', run: () => void this.end(id) };
      this.notices.say(`Detached. ${this.name(id)} keeps running.`, 'plain', [end, reopen]);
    }
    this.drop(id);
    this.focus();
  }

  adopt(stored: tabs.Tabs): void {
    this.become(tabs.initialTabs(stored, this.directory.rows).tabs);
  }

  focus(): void {
    this.active?.pane.focus();
  }

  /** Copies what is marked in front; false when nothing is. */
  copy(): boolean {
    const text = this.active?.pane.selection() ?? '';
    if (text !== '') void this.putOnClipboard(text);
    return text !== '';
  }

  // Sessions

  /** With `from`: a new shell where that session was, below its history, in place of its tab. */
  async create(wanted: NewSession = {}): Promise<void> {
    const { from } = wanted;
    if (this.creating) return;
    this.creating = true;
    try {
      const id = await api.createSession({ ...this.grid(), ...wanted });
      await this.directory.read().catch(() => []);
      this.open(id);
      if (from !== undefined) this.drop(from);
    } catch (error) {
      this.complain('The session was not created', error);
    } finally {
      this.creating = false;
    }
  }

  /** Ends a running session, dismisses an ended one. */
  async end(id: string): Promise<void> {
    // A view hears of the end before the list says so.
    const view = this.views.find((other) => other.id === id);
    const ended = view?.ended || this.directory.row(id)?.state === 'ended';
    try {
      // Its own tab goes first, so that the dismissal is not reported back as news.
      if (ended) this.drop(id);
      await api.closeSession(id);
      this.directory.readSoon();
      this.focus();
    } catch (error) {
      this.complain(`${this.name(id)} was not ${ended ? 'dismissed' : 'ended'}`, error);
    }
  }

  async readopt(id: string): Promise<void> {
    try {
      await api.readoptSession(id);
      await this.directory.read().catch(() => []);
    } catch (error) {
      this.complain(`${this.name(id)} was not taken up again`, error);
    }
    this.focus();
  }

  // Inside

  async putOnClipboard(text: string): Promise<void> {
    try {
      // Only pages from https or this machine have a clipboard.
      await navigator.clipboard.writeText(text);
      this.sayCopied();
    } catch {
      this.notices.say('The browser does not let this page copy: use its menu instead.', 'warn');
    }
  }

  private sayCopied(): void {
    this.copied = true;
    clearTimeout(this.copiedTimer);
    this.copiedTimer = setTimeout(() => (this.copied = false), COPIED_MS);
  }

  private load(): Promise<void> {
    this.loading ??= this.readAll().finally(() => (this.loading = null));
    return this.loading;
  }

  private async readAll(): Promise<void> {
    try {
      const [rows] = await Promise.all([this.directory.read(), fontReady()]);
      const stored = tabs.decodeTabs(location.hash) ?? tabs.decodeTabs(storage.read('tabs') ?? '');
      const { tabs: first, gone } = tabs.initialTabs(stored, rows);
      this.phase = 'ready';
      this.become(first);
      if (gone > 0) this.notices.say(gone === 1 ? 'One session is gone.' : `${gone} sessions are gone.`);
      if (rows.length === 0) await this.create();
      void this.readReceipts();
    } catch {
      this.phase = 'failed';
      setTimeout(() => this.phase === 'failed' && !this.turnedAway && void this.load(), RELOAD_MS);
    }
  }

  private become(next: tabs.Tabs): void {
    this.tabs = next;
    const kept = this.views.filter((view) => next.list.some((tab) => tab.id === view.id));
    for (const view of this.views) if (!kept.includes(view)) view.disconnect(this.link);
    this.views = next.list.map((tab) => kept.find((view) => view.id === tab.id) ?? this.view(tab));
    for (const view of this.views) view.setActive(view.id === next.active);
    this.transport.look();
    const text = tabs.encodeTabs(next);
    storage.write('tabs', text);
    history.replaceState(null, '', text);
  }

  private view(tab: tabs.Tab): SessionView {
    const view = new SessionView(tab, this.directory.row(tab.id), this.grid(), this.viewEvents);
    view.pane.setReadOnly(view.readOnly);
    view.pane.through = (text) => this.touch.through(text);
    // The pane is mounted and measured first, so that the join carries its true size.
    void tick().then(() => this.views.includes(view) && view.connect(this.link));
    return view;
  }

  private drop(id: string): void {
    this.become(tabs.closeTab(this.tabs, id));
  }

  private gone(view: SessionView): void {
    this.notices.say(`${this.name(view.id)} was dismissed.`);
    this.drop(view.id);
    this.directory.readSoon();
  }

  private async refused(view: SessionView, message: string): Promise<void> {
    await this.directory.read().catch(() => []);
    // A failed session has a banner that says it better.
    if (!view.failed) this.notices.say(`${this.name(view.id)}: ${message}`, 'warn');
  }

  private listed: SessionRow[] = [];

  private learn(rows: SessionRow[]): void {
    notify(this.listed, rows, this.tabs.active, (id) => this.open(id));
    this.listed = rows;
    for (const view of this.views) {
      const row = rows.find((other) => other.session_id === view.id);
      if (row) view.update(row);
    }
  }

  private async opened(again: boolean): Promise<void> {
    if (this.phase === 'failed') await this.load();
    if (again) await this.readReceipts();
  }

  private heard(event: ServerEvent): void {
    if (event.name === 'session.recovered' && event.receipt) this.showReceipts([event.receipt]);
    if (event.name.startsWith('session.')) this.directory.readSoon();
  }

  private async readReceipts(): Promise<void> {
    // Receipts are news, not necessity: without them everything still works.
    const receipts = await api.listReceipts().catch(() => []);
    this.showReceipts(receipts);
  }

  private showReceipts(receipts: Receipt[]): void {
    const seen = (storage.read('receipts') ?? '').split('\n').filter(Boolean);
    const open = this.views.map((view) => view.id);
    const fresh = unseenReceipts(receipts, open, seen);
    for (const receipt of fresh) {
      const view = this.views.find((other) => other.id === receipt.session_id);
      if (!view) continue;
      view.receipt = receipt;
      view.receiptOpen = !view.failed && !view.ended;
      setTimeout(() => (view.receiptOpen = false), RECEIPT_MS);
    }
    if (fresh.length > 0) storage.write('receipts', remember(seen, fresh).join('\n'));
  }

  private grid(): Grid {
    const box = this.area?.();
    return box ? estimateGrid({ width: box.width - 12, height: box.height - 12 }) : { cols: 120, rows: 32 };
  }

  private complain(what: string, error: unknown): void {
    const why = error instanceof api.ApiError ? error.message : 'something unexpected happened';
    this.notices.say(`${what}: ${why}.`, 'bad');
  }
}

const overRequests = {
  attach: api.attachSession,
  output: api.readOutput,
  outputs: api.readOutputs,
  input: api.typeInput,
  resize: api.resizeSession,
  heartbeat: api.heartbeat,
};

function openSocket(ticket: string): WebSocket {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return new WebSocket(`${scheme}://${location.host}/ws?ticket=${encodeURIComponent(ticket)}`, 'coda.v1');
}
