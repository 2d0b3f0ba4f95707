// One open session: its terminal pane, its channel, and what the panels show of both.

import type { Channel } from './channel';
import { chime } from './chime';
import type { Link } from './link';
import { clean } from './model/sessions';
import type { Grid } from './model/stream';
import type { Leaf } from './model/splits';
import { settings } from './settings.svelte';
import { TerminalPane } from './terminal/pane';
import type { Exit, Receipt, SessionRow } from './wire';

/** After a refused join. */
const REFUSED_MS = 3_000;

export interface ViewEvents {
  exited(view: SessionView): void;
  /** The session was dismissed, or never was. */
  gone(view: SessionView): void;
  refused(view: SessionView, message: string): void;
  inputRefused(view: SessionView, bytes: number): void;
  /** A person typed this here. */
  typed(view: SessionView, bytes: Uint8Array): void;
  copied(): void;
  /** A program wants this on the clipboard. */
  clipboard(view: SessionView, text: string): void;
  marked(text: string): void;
  file(view: SessionView, path: string, line: number): void;
}

export class SessionView {
  readonly id: string;
  readonly readOnly: boolean;
  readonly pane: TerminalPane;
  row = $state.raw<SessionRow | null>(null);
  joined = $state(false);
  everJoined = $state(false);
  catchingUp = $state(false);
  owner = $state(true);
  grid = $state.raw<Grid | null>(null);
  queued = $state(0);
  exit = $state.raw<Exit | null>(null);
  ended = $state(false);
  title = $state('');
  unseen = $state<'nothing' | 'output' | 'bell'>('nothing');
  receipt = $state.raw<Receipt | null>(null);
  receiptOpen = $state(false);
  private wanted: Grid | null = null;
  /** Its pane is on the page: it may be looked at, and its size counts. */
  private shown = false;
  private channel: Channel | null = null;
  private refusal: ReturnType<typeof setTimeout> | null = null;

  constructor(
    leaf: Leaf,
    row: SessionRow | null,
    area: Grid,
    private readonly events: ViewEvents,
  ) {
    this.id = leaf.pane;
    this.readOnly = leaf.mode === 'read';
    const size = row === null ? area : { cols: row.cols, rows: row.rows };
    this.pane = new TerminalPane(size, {
      input: (bytes, typed) => {
        this.send(bytes);
        if (typed) this.events.typed(this, bytes);
      },
      parsed: (offset, epoch, carried) => this.channel?.parsed(offset, epoch, carried),
      wants: (grid) => this.wants(grid),
      title: (title) => (this.title = clean(title)),
      bell: () => this.ring(),
      copied: () => this.events.copied(),
      clipboard: (text) => this.events.clipboard(this, text),
      marked: (text) => this.events.marked(text),
      file: (path, line) => this.events.file(this, path, line),
    });
    this.pane.quiet = true;
    this.update(row);
  }

  get failed(): boolean {
    return this.row?.state === 'failed';
  }

  get state(): 'joining' | 'joined' | 'ended' | 'failed' {
    if (this.failed) return 'failed';
    if (this.ended) return 'ended';
    return this.joined ? 'joined' : 'joining';
  }

  /** Joins as soon as the link is live. */
  connect(link: Link): void {
    this.channel = link.open(this.id, this.readOnly ? 'read' : 'write', this.pane, {
      changed: () => this.sync(),
      output: () => this.notice('output'),
      exited: (exit) => {
        this.exit = exit;
        this.ended = true;
        this.receiptOpen = false;
        this.sync();
        this.events.exited(this);
      },
      closed: () => this.events.gone(this),
      refused: (code, message) => {
        if (code === 'session_not_found') this.events.gone(this);
        else this.refused(message);
      },
      inputRefused: (bytes) => this.events.inputRefused(this, bytes),
    });
    this.sync();
  }

  disconnect(link: Link): void {
    if (this.channel) link.close(this.channel);
    this.channel = null;
    this.pane.dispose();
  }

  update(row: SessionRow | null): void {
    const wasFailed = this.failed;
    this.row = row;
    if (row?.state === 'ended') {
      this.ended = true;
      this.exit = row.exit ?? this.exit;
    }
    // The banner says what matters more.
    if (this.failed && !wasFailed) this.receiptOpen = false;
    if (wasFailed && row?.state === 'running') this.channel?.rejoin();
    this.sync();
  }

  setShown(shown: boolean): void {
    this.shown = shown;
    if (shown) this.claimSize();
    this.look();
  }

  /** Somebody may be looking at the page. */
  look(): void {
    if (this.watched) this.unseen = 'nothing';
  }

  takeSize(): void {
    if (this.wanted) this.channel?.resize(this.wanted);
  }

  /** Said once, then tried again quietly; a failed session waits to be taken up. */
  private refused(message: string): void {
    if (this.refusal === null) this.events.refused(this, message);
    else clearTimeout(this.refusal);
    const again = (): void => {
      if (this.channel?.state === 'refused' && !this.failed) this.channel.rejoin();
    };
    this.refusal = setTimeout(again, REFUSED_MS);
  }

  private wants(grid: Grid): void {
    this.wanted = grid;
    this.claimSize();
  }

  /** Whoever owns the size and is looked at makes it fit. */
  private claimSize(): void {
    if (!this.wanted || !this.grid || !this.owner || !this.joined || !this.shown) return;
    if (this.readOnly || this.ended) return;
    const { cols, rows } = this.wanted;
    if (cols !== this.grid.cols || rows !== this.grid.rows) this.channel?.resize(this.wanted);
  }

  /** As if it had been typed in the terminal. */
  type(bytes: Uint8Array): void {
    this.send(bytes);
  }

  send(bytes: Uint8Array): void {
    if (!this.ended && !this.failed) this.channel?.input(bytes);
  }

  private sync(): void {
    const channel = this.channel;
    this.joined = channel?.state === 'joined';
    this.everJoined ||= this.joined;
    if (this.joined) this.refusal = null;
    this.catchingUp = this.joined && (channel?.catchingUp ?? false);
    this.queued = channel?.queued ?? 0;
    const ownerBefore = this.owner;
    const gridBefore = this.grid;
    this.owner = channel?.owner ?? true;
    this.grid = channel?.grid ?? null;
    const alone = this.joined && this.owner && !this.readOnly;
    this.pane.quiet = !alone || this.ended;
    if (this.ended) this.pane.end();
    this.pane.setSizeRule(this.ended ? 'free' : alone || !this.everJoined ? 'asks' : 'follows');
    if (this.owner !== ownerBefore || (this.grid && !gridBefore)) this.claimSize();
  }

  private get watched(): boolean {
    return this.shown && !document.hidden;
  }

  private ring(): void {
    if (this.catchingUp) return;
    const { bellBadge, bellSound, bellVisual } = settings.current;
    if (bellVisual && this.shown) this.pane.flash();
    if (bellSound) void chime();
    if (bellBadge) this.notice('bell');
  }

  private notice(what: 'output' | 'bell'): void {
    if (this.watched || this.unseen === 'bell' || this.catchingUp) return;
    this.unseen = what;
  }
}
