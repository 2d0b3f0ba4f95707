// The page: which sessions are open and what the link is doing. It owns the link, the views and the
// session list, and keeps the views as the layout says. What a person can ask for stands in its
// parts: `panes`, `sessions`, `group`, `clipboard`, `intake`, `tools`.

import { tick } from 'svelte';
import * as api from './api';
import { fontReady } from './appearance';
import { firstRunActions } from './actions/firstrun';
import { layoutActions } from './actions/layout';
import { pageActions } from './actions/page';
import { peopleActions } from './actions/people';
import { replayActions } from './actions/replay';
import { taskActions } from './actions/tasks';
import { terminalActions } from './actions/terminal';
import { usageActions } from './actions/usage';
import { Clipboard } from './clipboard.svelte';
import { Dialogs } from './dialogs.svelte';
import { Directory } from './directory.svelte';
import { FirstRun } from './firstrun.svelte';
import { Group } from './group.svelte';
import { Intake } from './intake.svelte';
import { Link } from './link';
import { Actions } from './model/actions';
import { decodeLink, encodeLink } from './model/address';
import { START, type Connection } from './model/connection';
import { paneFace, tabFace, type PaneFace, type TabFace } from './model/faces';
import * as layouts from './model/layout';
import { namelessSession, sessionName } from './model/sessions';
import { stateWord, type StateWord } from './model/status';
import { leaves, type Leaf } from './model/splits';
import type { Grid } from './model/stream';
import { notify } from './notify';
import { Notices } from './notices.svelte';
import { Panes } from './panes.svelte';
import { readReceipts, showReceipts } from './receipts';
import { Sessions } from './sessions.svelte';
import { settings } from './settings.svelte';
import { Tasks } from './tasks.svelte';
import { estimateGrid } from './terminal/estimate';
import { TerminalTools } from './tools.svelte';
import { Touch } from './touch.svelte';
import { Transport } from './transport';
import { Replays } from './replays.svelte';
import { SessionView, type ViewEvents } from './view.svelte';
import { Workplace } from './workplace.svelte';
import type { ServerEvent, SessionRow } from './wire';

const RELOAD_MS = 5_000;

export class Workbench {
  /** 'loading' until the first list was read and the tabs are known. */
  phase = $state<'loading' | 'ready' | 'failed'>('loading');
  /** In the order they were opened. */
  views = $state.raw<SessionView[]>([]);
  connection = $state.raw<Connection>(START);
  latency = $state<number | null>(null);
  /** No WebSocket gets through: the link polls. */
  polling = $state(false);
  now = $state(Date.now());
  readonly notices = new Notices();
  readonly directory = new Directory((rows) => this.learn(rows));
  readonly place = new Workplace((layout) => this.follow(layout));
  readonly panes = new Panes(this);
  readonly sessions = new Sessions(this);
  readonly group = new Group(this);
  readonly clipboard = new Clipboard(this);
  readonly tools = new TerminalTools(this);
  readonly replays = new Replays(this);
  readonly tasks = new Tasks(this);
  readonly firstRun = new FirstRun(this);
  readonly actions = new Actions(() => settings.current.keys);
  readonly dialogs = new Dialogs(
    (name) => (name === 'sessions' || name === 'new') && this.directory.readSoon(),
    // What stands before the page is gone first: nothing behind it takes the focus.
    () => void tick().then(() => this.focus()),
  );
  readonly intake = new Intake(this);
  readonly touch = new Touch(this);
  private area: (() => DOMRect) | null = null;
  private loading: Promise<void> | null = null;
  private listed: SessionRow[] = [];
  private readonly transport = new Transport({
    ...overRequests,
    ticket: api.wsTicket,
    webSocket: openSocket,
    changed: (polling) => (this.polling = polling),
    row: async (id) => (await this.directory.read()).find((row) => row.session_id === id) ?? null,
    front: () => this.active?.id ?? null,
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
    copied: () => this.clipboard.say(),
    typed: (view, bytes) => (this.firstRun.typed(view.id), this.group.spread(view, bytes)),
    clipboard: (view, text) => this.tools.clipboard(view.id, text),
    marked: (text) => void this.clipboard.put(text),
    file: (view, path, line) => this.tools.file(view, path, line),
  };

  constructor() {
    this.actions.register(pageActions(this));
    this.actions.register(layoutActions(this));
    this.actions.register(peopleActions(this));
    this.actions.register(terminalActions(this));
    this.actions.register(replayActions(this));
    this.actions.register(firstRunActions(this));
    this.actions.register(usageActions(this));
    this.actions.register(taskActions(this));
  }

  get active(): SessionView | null {
    return this.view(this.focused);
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

  view(id: string | null): SessionView | null {
    return this.views.find((view) => view.id === id) ?? null;
  }

  name(id: string): string {
    const row = this.directory.row(id) ?? this.view(id)?.row;
    return row ? sessionName(row) : namelessSession(id);
  }

  start(area: () => DOMRect): void {
    this.area = area;
    setInterval(() => document.hidden || (this.now = Date.now()), 1_000);
    this.link.start();
    void this.load();
    void this.firstRun.start();
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

  focus(): void {
    this.active?.pane.focus();
  }

  /** The size of a pane that fills the page. */
  grid(): Grid {
    const box = this.area?.();
    return box ? estimateGrid({ width: box.width - 12, height: box.height - 12 }) : { cols: 120, rows: 32 };
  }

  /** Before it is opened in another way; the layout still has it. */
  disconnect(view: SessionView): void {
    view.disconnect(this.link);
    this.views = this.views.filter((other) => other !== view);
  }

  /** How a pane is shown in its header and in its tab. */
  face(view: SessionView): PaneFace {
    return paneFace(view, this.name(view.id));
  }

  get tabFaces(): TabFace[] {
    const faces = (id: string): PaneFace[] => this.views.filter((view) => view.id === id).map((view) => this.face(view));
    return this.layout.tabs.map(({ id, name, root, focus }) => {
      const panes = leaves(root).map((leaf) => leaf.pane);
      return tabFace(id, name, panes, panes.flatMap(faces), faces(focus)[0] ?? null);
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

  // Inside

  private load(): Promise<void> {
    this.loading ??= this.readAll().finally(() => (this.loading = null));
    return this.loading;
  }

  private async readAll(): Promise<void> {
    try {
      const [rows, stored] = await Promise.all([this.directory.read(), this.place.read(), fontReady()]);
      this.phase = 'ready';
      this.begin(stored, rows);
      this.replays.follow();
      this.tasks.follow();
      if (rows.length === 0 && this.replays.linked === null && this.tasks.linked === null) await this.sessions.create();
      void readReceipts(() => this.views);
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

  /** The page has become wide or narrow: other panes may be on it. */
  refit(): void {
    this.follow(this.layout);
  }

  /** A view for every open session, and none besides. */
  private follow(layout: layouts.Layout): void {
    const opened = layouts.openLeaves(layout);
    const kept = this.views.filter((view) => opened.some((leaf) => leaf.pane === view.id));
    for (const view of this.views) if (!kept.includes(view)) view.disconnect(this.link);
    const fresh = opened.filter((leaf) => !kept.some((view) => view.id === leaf.pane)).map((leaf) => this.viewOf(leaf));
    this.views = [...kept, ...fresh];
    this.group.keep(this.views);
    const inFront = layouts.shown(layout, this.touch.narrow);
    for (const view of this.views) view.setShown(inFront.has(view.id));
    this.transport.look();
    history.replaceState(null, '', encodeLink(this.active?.id ?? null));
  }

  private viewOf(leaf: Leaf): SessionView {
    const view = new SessionView(leaf, this.directory.row(leaf.pane), this.grid(), this.viewEvents);
    view.pane.setReadOnly(view.readOnly);
    view.pane.through = (text) => this.touch.through(text);
    // The pane is mounted and measured first, so that the join carries its true size.
    void tick().then(() => this.views.includes(view) && view.connect(this.link));
    return view;
  }

  private gone(view: SessionView): void {
    this.notices.say(`${this.name(view.id)} was dismissed.`);
    this.panes.drop(view.id);
    this.directory.readSoon();
  }

  private async refused(view: SessionView, message: string): Promise<void> {
    await this.directory.read().catch(() => []);
    // A failed session has a banner that says it better.
    if (!view.failed) this.notices.say(`${this.name(view.id)}: ${message}`, 'warn');
  }

  private learn(rows: SessionRow[]): void {
    notify(this.listed, rows, this.active?.id ?? null, (id) => this.panes.open(id));
    this.listed = rows;
    for (const view of this.views) {
      const row = rows.find((other) => other.session_id === view.id);
      if (row) view.update(row);
    }
  }

  private async opened(again: boolean): Promise<void> {
    if (this.phase === 'failed') await this.load();
    if (again) this.tasks.readSoon();
    if (again) await this.place.catchUp();
    if (again) await readReceipts(() => this.views);
  }

  private heard(event: ServerEvent): void {
    if (event.name === 'session.recovered' && event.receipt) showReceipts([event.receipt], this.views);
    if (event.name.startsWith('session.')) this.directory.readSoon();
    this.firstRun.heard(event);
    this.tasks.heard(event);
    if (event.name === 'workplace.changed') void this.place.heard(event.revision);
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
