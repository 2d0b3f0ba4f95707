// The page: which sessions are open, what the link is doing, and what a person can ask for. Panels
// read its fields and call its methods; it owns the link, the views and the session list.

import { tick } from 'svelte';
import * as api from './api';
import { fontReady } from './appearance';
import { layoutActions } from './actions/layout';
import { pageActions } from './actions/page';
import { peopleActions } from './actions/people';
import { terminalActions } from './actions/terminal';
import { Dialogs } from './dialogs.svelte';
import { Directory } from './directory.svelte';
import { Intake } from './intake.svelte';
import { Link } from './link';
import { Actions } from './model/actions';
import { decodeLink, encodeLink } from './model/address';
import { START, type Connection } from './model/connection';
import { paneFace, tabFace, type PaneFace, type TabFace } from './model/faces';
import * as layouts from './model/layout';
import { remember, unseenReceipts } from './model/receipts';
import { namelessSession, sessionName } from './model/sessions';
import { stateWord, type StateWord } from './model/status';
import { has, isSlot, leaves, type Edge, type Leaf } from './model/splits';
import type { Grid } from './model/stream';
import { notify } from './notify';
import { Notices, type NoticeAction } from './notices.svelte';
import { settings } from './settings.svelte';
import * as storage from './storage';
import { estimateGrid } from './terminal/estimate';
import { TerminalTools } from './tools.svelte';
import { Touch } from './touch.svelte';
import { Transport } from './transport';
import { SessionView, type ViewEvents } from './view.svelte';
import { Workplace } from './workplace.svelte';
import type { CreateSession, JoinMode, Receipt, ServerEvent, SessionRow, UiMode } from './wire';

const RECEIPT_MS = 9_000;
const RELOAD_MS = 5_000;
const COPIED_MS = 1_500;

/** Where it starts and what runs; with `from` where another one ended. */
export type NewSession = Pick<CreateSession, 'from' | 'cwd' | 'command'>;

export class Workbench {
  /** 'loading' until the first list was read and the tabs are known. */
  phase = $state<'loading' | 'ready' | 'failed'>('loading');
  /** In the order they were opened. */
  views = $state.raw<SessionView[]>([]);
  /** Sessions that get what is typed into one of them. */
  group = $state.raw<ReadonlySet<string>>(new Set());
  connection = $state.raw<Connection>(START);
  latency = $state<number | null>(null);
  creating = $state(false);
  /** The tab that is being given a name. */
  renaming = $state<string | null>(null);
  /** For a moment after something was copied. */
  copied = $state(false);
  now = $state(Date.now());
  readonly notices = new Notices();
  readonly directory = new Directory((rows) => this.learn(rows));
  readonly place = new Workplace((layout) => this.follow(layout));
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
    front: () => (this.active?.id ?? null),
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
    typed: (view, bytes) => this.spread(view, bytes),
    clipboard: (view, text) => this.tools.clipboard(view.id, text),
    marked: (text) => void this.putOnClipboard(text),
    file: (view, path, line) => this.tools.file(view, path, line),
  };

  constructor() {
    this.actions.register(pageActions(this));
    this.actions.register(layoutActions(this));
    this.actions.register(peopleActions(this));
    this.actions.register(terminalActions(this));
  }

  get active(): SessionView | null {
    return this.views.find((view) => view.id === this.focused) ?? null;
  }

  get layout(): layouts.Layout {
    return this.place.layout;
  }

  /** The pane in focus: a session, or an empty slot. */
  get focused(): string | null {
    return layouts.focused(this.layout);
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

  // Panes

  open(id: string, mode: JoinMode = 'write'): void {
    const view = this.views.find((other) => other.id === id);
    if (view && view.readOnly !== (mode === 'read')) this.disconnect(view);
    const leaf: Leaf = { pane: id, mode };
    const slot = this.focused;
    const intoSlot = slot !== null && isSlot(slot) && !view;
    this.place.change(intoSlot ? layouts.fill(this.layout, slot, leaf) : layouts.open(this.layout, leaf));
  }

  /** Of a session or a slot; its tab comes to the front. */
  select(pane: string): void {
    this.place.change(layouts.focus(this.layout, pane));
    this.focus();
  }

  selectTab(id: string): void {
    this.place.change(layouts.select(this.layout, id));
    this.focus();
  }

  /** The tab at this place, in the grid the pane. */
  selectAt(position: number): boolean {
    const { mode, grid, tabs } = this.layout;
    if (mode === 'tabs') {
      const tab = tabs[position];
      if (tab) this.selectTab(tab.id);
      return tab !== undefined;
    }
    const leaf = grid && leaves(grid.root)[position];
    if (leaf) this.select(leaf.pane);
    return Boolean(leaf);
  }

  /** Detaches; the session lives on. An empty slot goes. */
  closePane(pane: string): void {
    const view = this.views.find((other) => other.id === pane);
    if (view) this.sayClosed([view]);
    this.drop(pane);
    this.focus();
  }

  closeTab(id: string): void {
    const tab = this.layout.tabs.find((other) => other.id === id);
    if (!tab) return;
    this.sayClosed(this.views.filter((view) => has(tab.root, view.id)));
    this.place.change(layouts.closeTab(this.layout, id));
    this.focus();
  }

  /** A new session beside the one in focus, in its directory. */
  async splitPane(edge: Edge): Promise<void> {
    const pane = this.focused;
    if (this.creating || pane === null) return;
    const cwd = this.active?.ended === false ? this.active.row?.cwd : undefined;
    const { layout, slot } = layouts.splitAt(this.layout, pane, edge);
    this.place.change(layout);
    await this.createIn(slot, cwd ? { cwd } : {});
  }

  /** Shows another arrangement of what is open. */
  arrange(layout: layouts.Layout): void {
    this.place.change(layout);
    this.focus();
  }

  switchMode(mode: UiMode): void {
    this.arrange(layouts.switchMode(this.layout, mode));
  }

  get emptySlots(): string[] {
    return [...layouts.shown(this.layout)].filter(isSlot);
  }

  async fillSlots(): Promise<void> {
    for (const slot of this.emptySlots) await this.createIn(slot, {});
  }

  /** What is typed into one pane in front goes to all of them, or no longer. */
  broadcast(): void {
    const inFront = [...layouts.shown(this.layout)].filter((pane) => !isSlot(pane));
    this.group = new Set(this.group.size > 0 ? [] : inFront);
  }

  /** Into the group, or out of it; a group of one is none. */
  toggleInGroup(id: string): void {
    const members = this.group.has(id) ? [...this.group].filter((other) => other !== id) : [...this.group, id];
    this.group = new Set(members);
  }

  /** The divider nearest to the pane in focus gets the keys. */
  toDivider(): boolean {
    const found = document.querySelector<HTMLElement>('[role=separator][data-near]') ?? document.querySelector<HTMLElement>('[role=separator]');
    found?.focus();
    return found !== null;
  }

  /** Of a tab with one session this names the session. '' lets it go by its program again. */
  async renameTab(id: string, name: string): Promise<void> {
    const tab = this.layout.tabs.find((other) => other.id === id);
    const [only, ...more] = tab ? leaves(tab.root) : [];
    if (!tab || !only) return;
    if (more.length > 0 || isSlot(only.pane)) return this.place.change(layouts.rename(this.layout, id, name));
    if (tab.name !== '') this.place.change(layouts.rename(this.layout, id, ''));
    try {
      await api.renameSession(only.pane, name.trim());
      await this.directory.read().catch(() => []);
    } catch (error) {
      this.complain(`${this.name(only.pane)} was not renamed`, error);
    }
  }

  /** The rename of a tab is over; `null`: it keeps its name. */
  async named(id: string, name: string | null): Promise<void> {
    this.renaming = null;
    this.focus();
    if (name !== null && name.trim() !== this.tabFaces.find((face) => face.id === id)?.name) await this.renameTab(id, name);
  }

  zoom(pane: string): void {
    this.arrange(layouts.zoom(layouts.focus(this.layout, pane)));
  }

  /** How a pane is shown in its header and in its tab. */
  face(view: SessionView): PaneFace {
    return paneFace(view, this.name(view.id));
  }

  get tabFaces(): TabFace[] {
    const face = (id: string): PaneFace[] => this.views.filter((view) => view.id === id).map((view) => this.face(view));
    return this.layout.tabs.map(({ id, name, root, focus }) => {
      const panes = leaves(root).map((leaf) => leaf.pane);
      return tabFace(id, name, panes, panes.flatMap(face), face(focus)[0] ?? null);
    });
  }

  /** Opens what a link names. */
  follows(hash: string): void {
    const link = decodeLink(hash);
    if (!link) return;
    const known = link.sessions.filter(({ id }) => this.directory.row(id) !== null);
    const opened = known.reduce((layout, { id, mode }) => layouts.open(layout, { pane: id, mode }), this.layout);
    const chosen = known.some(({ id }) => id === link.active) ? link.active : null;
    this.place.change(chosen === null ? opened : layouts.focus(opened, chosen));
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

  /** With `from`: a new shell where that session was, below its history, in place of its pane. */
  async create(wanted: NewSession = {}): Promise<void> {
    const slot = this.focused;
    if (wanted.from !== undefined) await this.createIn(wanted.from, wanted);
    else await this.createIn(slot !== null && isSlot(slot) ? slot : null, wanted);
  }

  /** A new session in the place of a slot or of another session, or wherever one is opened. */
  async createIn(pane: string | null, wish: NewSession): Promise<void> {
    if (this.creating) return;
    this.creating = true;
    try {
      const id = await api.createSession({ ...this.grid(), ...wish });
      await this.directory.read().catch(() => []);
      const leaf: Leaf = { pane: id, mode: 'write' };
      const placed = pane === null ? layouts.open(this.layout, leaf) : layouts.fill(this.layout, pane, leaf);
      this.place.change(layouts.focus(placed, id));
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
      const [rows, stored] = await Promise.all([this.directory.read(), this.place.read(), fontReady()]);
      this.phase = 'ready';
      this.begin(stored, rows);
      if (rows.length === 0) await this.create();
      void this.readReceipts();
    } catch {
      this.phase = 'failed';
      setTimeout(() => this.phase === 'failed' && !this.turnedAway && void this.load(), RELOAD_MS);
    }
  }

  /** The layout as it was left, without what is gone; else a tab for each session that runs. */
  private begin(stored: layouts.Layout | null, rows: readonly SessionRow[]): void {
    const exists = (id: string): boolean => rows.some((row) => row.session_id === id);
    const running = rows.filter((row) => row.state === 'running');
    const kept = stored && layouts.keep(stored, exists);
    const gone = stored && kept ? layouts.openLeaves(stored).length - layouts.openLeaves(kept).length : 0;
    const all = running.map((row) => ({ id: row.session_id, mode: 'write' as const }));
    const link = location.hash;
    const empty = kept === null || (gone > 0 && layouts.openLeaves(kept).length === 0);
    this.place.change(empty ? layouts.tabsOf(all, kept?.mode ?? this.place.initialMode) : kept);
    this.follows(link);
    if (gone > 0) this.notices.say(gone === 1 ? 'One session is gone.' : `${gone} sessions are gone.`);
  }

  /** A view for every open session, and none besides. */
  private follow(layout: layouts.Layout): void {
    const opened = layouts.openLeaves(layout);
    const kept = this.views.filter((view) => opened.some((leaf) => leaf.pane === view.id));
    for (const view of this.views) if (!kept.includes(view)) view.disconnect(this.link);
    const fresh = opened.filter((leaf) => !kept.some((view) => view.id === leaf.pane)).map((leaf) => this.view(leaf));
    this.views = [...kept, ...fresh];
    const inFront = layouts.shown(layout);
    for (const view of this.views) view.setShown(inFront.has(view.id));
    this.transport.look();
    history.replaceState(null, '', encodeLink(this.active?.id ?? null));
  }

  private view(leaf: Leaf): SessionView {
    const view = new SessionView(leaf, this.directory.row(leaf.pane), this.grid(), this.viewEvents);
    view.pane.setReadOnly(view.readOnly);
    view.pane.through = (text) => this.touch.through(text);
    // The pane is mounted and measured first, so that the join carries its true size.
    void tick().then(() => this.views.includes(view) && view.connect(this.link));
    return view;
  }

  private disconnect(view: SessionView): void {
    view.disconnect(this.link);
    this.views = this.views.filter((other) => other !== view);
  }

  private spread(from: SessionView, bytes: Uint8Array): void {
    if (!this.group.has(from.id)) return;
    const inFront = layouts.shown(this.layout);
    const others = this.views.filter((view) => view !== from && this.group.has(view.id) && inFront.has(view.id));
    for (const view of others) view.send(bytes);
  }

  private sayClosed(views: readonly SessionView[]): void {
    const [view] = views;
    if (!view) return;
    const before = this.layout;
    const reopen = { label: 'Reopen', run: () => this.restore(before, views) };
    const said = views.length === 1 ? this.name(view.id) : `${views.length} sessions`;
    if (views.every((each) => each.ended)) {
      const dismiss = { label: 'Dismiss', run: () => views.forEach((each) => void this.end(each.id)) };
      this.notices.say(`${said} stay${views.length === 1 ? 's' : ''} in the session list.`, 'plain', [dismiss, reopen]);
    } else {
      const end: NoticeAction = { label: views.length === 1 ? 'End session' : 'End sessions', run: () => views.forEach((each) => void this.end(each.id)) };
      this.notices.say(`Detached. ${said} keep${views.length === 1 ? 's' : ''} running.`, 'plain', [end, reopen]);
    }
  }

  /** Exactly as it was when nothing else was done since, else in a tab. */
  private restore(before: layouts.Layout, views: readonly SessionView[]): void {
    const ids = views.map((view) => view.id);
    const untouched = layouts.openLeaves(before).filter((leaf) => !ids.includes(leaf.pane));
    const now = layouts.openLeaves(this.layout);
    const as = (list: readonly Leaf[]): string => list.map((leaf) => leaf.pane).sort().join();
    if (as(untouched) === as(now)) this.place.change(before);
    else for (const view of views) this.open(view.id, view.readOnly ? 'read' : 'write');
    this.focus();
  }

  private drop(id: string): void {
    this.place.change(layouts.close(this.layout, id));
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
    notify(this.listed, rows, (this.active?.id ?? null), (id) => this.open(id));
    this.listed = rows;
    for (const view of this.views) {
      const row = rows.find((other) => other.session_id === view.id);
      if (row) view.update(row);
    }
  }

  private async opened(again: boolean): Promise<void> {
    if (this.phase === 'failed') await this.load();
    if (again) await this.place.catchUp();
    if (again) await this.readReceipts();
  }

  private heard(event: ServerEvent): void {
    if (event.name === 'session.recovered' && event.receipt) this.showReceipts([event.receipt]);
    if (event.name.startsWith('session.')) this.directory.readSoon();
    if (event.name === 'workplace.changed') void this.place.heard(event.revision);
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
