// A terminal pane: xterm.js behind a queue of operations. Writes flow through; a reset or resize
// waits until everything before it is parsed, so it happens at exactly its offset.
//
// Only a shown pane holds a WebGL context (browsers grant about 16); a hidden one goes on parsing.

import { FitAddon } from '@xterm/addon-fit';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { WebglAddon } from '@xterm/addon-webgl';
import { Terminal } from '@xterm/xterm';
import type { Sink } from '../channel';
import type { Grid, StreamOp } from '../model/stream';
import type { Widths } from '../wire';
import { Utf8Carry } from '../model/utf8';
import { estimateGrid, fontThatShows, type Box } from './estimate';
import { isReply, swallowQuestions } from './quiet';
import { FONT_FAMILY, fontSize, LINE_HEIGHT, minimumContrast, readTheme } from './theme';

export interface PaneEvents {
  input(bytes: Uint8Array): void;
  /** The last `carried` bytes before `offset` are kept until their character is whole. */
  parsed(offset: number, epoch: number, carried: number): void;
  /** The pane would like to be this size. */
  wants(grid: Grid): void;
  title(title: string): void;
  bell(): void;
  /** The browser put the selection on the clipboard. */
  copied(): void;
}

/**
 * Where the size comes from. `asks`: this pane's wish is followed, so what it shows is about to
 * fit. `follows`: somebody else's, shown whole in smaller type. `free`: no program is left to
 * mind, the pane fits by itself.
 */
export type SizeRule = 'asks' | 'follows' | 'free';

const RESIZE_MS = 100;
/** As xterm.js and its addons name them. */
const VERSIONS: Record<Widths, string> = { unicode11: '11', graphemes: '15-graphemes' };
const SCROLLBACK_LINES = 10_000;
/** Ends any sequence cut in half, resets the terminal, then its palette. */
const RESET = new TextEncoder().encode(
  '\x18\x1b\\\x1bc\x1b]104\x07\x1b]110\x07\x1b]111\x07\x1b]112\x07',
);

export class TerminalPane implements Sink {
  /** What is typed passes through here: the key bar holds Ctrl and Alt. */
  through: (text: string) => string = (text) => text;
  /** When true the terminal answers no questions: somebody else does, or nobody listens. */
  quiet = false;
  private sizeRule: SizeRule = 'asks';
  private wanted: Grid | null = null;
  private shown = false;
  private replaying = false;
  private inFlight = 0;
  private queue: StreamOp[] = [];
  private widths: Widths = 'unicode11';
  /** What counts columns is on its way. */
  private loading = false;
  private webgl: WebglAddon | null = null;
  private host: HTMLElement | null = null;
  private observer: ResizeObserver | null = null;
  private resizeTimer: ReturnType<typeof setTimeout> | null = null;
  private readonly carry = new Utf8Carry();
  private readonly encoder = new TextEncoder();
  private readonly fitAddon = new FitAddon();
  private readonly terminal: Terminal;

  constructor(
    initial: Grid,
    private readonly events: PaneEvents,
  ) {
    this.terminal = new Terminal(options(initial));
    this.terminal.loadAddon(this.fitAddon);
    this.terminal.loadAddon(new Unicode11Addon());
    this.terminal.loadAddon(new WebLinksAddon((_event, uri) => openLink(uri)));
    this.terminal.unicode.activeVersion = VERSIONS.unicode11;
    const silent = (): boolean => this.quiet || this.replaying;
    swallowQuestions(this.terminal, silent);
    this.terminal.onData((data) => {
      if (!(silent() && isReply(data))) this.events.input(this.encoder.encode(this.through(data)));
    });
    this.terminal.onBinary((data) => {
      this.events.input(Uint8Array.from(data, (char) => char.charCodeAt(0)));
    });
    this.terminal.onTitleChange((title) => this.events.title(title));
    this.terminal.onBell(() => this.replaying || this.events.bell());
  }

  // Sink

  apply(ops: StreamOp[]): void {
    for (const op of ops) {
      // What a reset wipes need not be drawn first.
      if (op.do === 'reset') this.queue = this.queue.filter((queued) => queued.do === 'resize');
      this.queue.push(op);
    }
    this.pump();
  }

  count(widths: Widths): void {
    this.widths = widths;
    const version = VERSIONS[widths];
    if (this.terminal.unicode.versions.includes(version)) this.terminal.unicode.activeVersion = version;
    else if (!this.loading) void this.loadGraphemes();
  }

  grid(): Grid {
    const current = { cols: this.terminal.cols, rows: this.terminal.rows };
    return this.shown ? (this.wanted ?? current) : current;
  }

  /** Nothing waits to be parsed, and no change of size is under way. */
  get rests(): boolean {
    return this.inFlight === 0 && this.queue.length === 0 && this.resizeTimer === null && !this.loading;
  }

  // The page

  attach(host: HTMLElement): void {
    this.host = host;
    this.terminal.open(host);
    host.addEventListener('copy', () => this.terminal.hasSelection() && this.events.copied());
    this.observer = new ResizeObserver(() => this.fitSoon());
    this.observer.observe(host);
  }

  show(): void {
    if (this.shown) return;
    this.shown = true;
    this.addWebgl();
    this.fit();
    this.terminal.refresh(0, this.terminal.rows - 1);
  }

  hide(): void {
    this.shown = false;
    this.dropWebgl();
  }

  focus(): void {
    this.terminal.focus();
  }

  dispose(): void {
    this.observer?.disconnect();
    if (this.resizeTimer !== null) clearTimeout(this.resizeTimer);
    this.queue = [];
    this.dropWebgl();
    this.terminal.dispose();
  }

  restyle(): void {
    this.terminal.options.theme = readTheme();
    this.terminal.options.minimumContrastRatio = minimumContrast();
  }

  setReadOnly(readOnly: boolean): void {
    this.terminal.options.disableStdin = readOnly;
    this.terminal.options.cursorInactiveStyle = readOnly ? 'none' : 'outline';
  }

  setSizeRule(rule: SizeRule): void {
    if (rule === this.sizeRule) return;
    this.sizeRule = rule;
    this.settle();
  }

  /** As a paste: marked as one for programs that want that, line ends as Enter sends them. */
  paste(text: string): void {
    this.terminal.paste(text);
  }

  /** The program is told where a paste begins and ends. */
  get bracketed(): boolean {
    return this.terminal.modes.bracketedPasteMode;
  }

  /** The program asked for application cursor keys. */
  get applicationKeys(): boolean {
    return this.terminal.modes.applicationCursorKeysMode;
  }

  /** What is marked, '' when nothing is. */
  selection(): string {
    return this.terminal.getSelection();
  }

  /** The visible screen, one line per row, trailing blanks cut. */
  text(): string {
    const buffer = this.terminal.buffer.active;
    const lines: string[] = [];
    for (let row = 0; row < this.terminal.rows; row += 1) {
      lines.push(buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? '');
    }
    return lines.join('\n');
  }

  // Operations

  /** Most sessions never need it, so it comes when one does; what is to be written waits. */
  private async loadGraphemes(): Promise<void> {
    this.loading = true;
    try {
      const { UnicodeGraphemesAddon } = await import('@xterm/addon-unicode-graphemes');
      this.terminal.loadAddon(new UnicodeGraphemesAddon());
      this.terminal.unicode.activeVersion = VERSIONS[this.widths];
    } catch {
      // Not to be had: lines may wrap elsewhere, but all is shown.
    }
    this.loading = false;
    this.pump();
  }

  private pump(): void {
    if (this.loading) return;
    for (let op = this.queue[0]; op !== undefined; op = this.queue[0]) {
      if (op.do === 'write') {
        if (this.inFlight > 0 && op.history !== this.replaying) return;
        this.replaying = op.history;
        this.queue.shift();
        this.write(op.bytes, op);
        continue;
      }
      if (this.inFlight > 0) return;
      this.queue.shift();
      if (op.do === 'reset') this.reset();
      else this.resizeTo(op.grid);
    }
  }

  private reset(): void {
    this.carry.clear();
    this.write(RESET, null);
  }

  private write(bytes: Uint8Array, op: (StreamOp & { do: 'write' }) | null): void {
    this.inFlight += 1;
    const whole = this.carry.take(bytes);
    const carried = this.carry.size;
    this.terminal.write(whole, () => {
      this.inFlight -= 1;
      if (op && op.upTo !== null) this.events.parsed(op.upTo, op.epoch, carried);
      if (this.inFlight > 0) return;
      this.replaying = false;
      this.pump();
    });
  }

  private resizeTo(grid: Grid): void {
    if (grid.cols !== this.terminal.cols || grid.rows !== this.terminal.rows) {
      this.terminal.resize(grid.cols, grid.rows);
    }
    this.settle();
  }

  // Size

  private fitSoon(): void {
    if (this.resizeTimer !== null) clearTimeout(this.resizeTimer);
    this.resizeTimer = setTimeout(() => {
      this.resizeTimer = null;
      this.fit();
    }, RESIZE_MS);
  }

  private fit(): void {
    if (!this.shown || !this.host) return;
    const wanted = this.terminal.options.fontSize === fontSize() ? this.measure() : estimateGrid(this.room, this.whole);
    if (!wanted) return;
    this.wanted = wanted;
    this.settle();
    this.events.wants(wanted);
  }

  /** What fits in the present type. */
  private measure(): Grid | null {
    const { cols = NaN, rows = NaN } = this.fitAddon.proposeDimensions() ?? {};
    if (!Number.isFinite(cols) || !Number.isFinite(rows)) return null;
    const cells = (count: number): number => Math.max(2, Math.min(1000, count));
    return { cols: cells(cols), rows: cells(rows) };
  }

  private get room(): Box {
    const { offsetWidth: width = 0, offsetHeight: height = 0 } = this.host ?? {};
    return { width, height };
  }

  /** Whether cells are whole device pixels. */
  private get whole(): boolean {
    return this.webgl !== null;
  }

  /** Makes what is there fit the pane as well as the rule allows. */
  private settle(): void {
    if (!this.wanted) return;
    const { cols, rows } = this.terminal;
    const same = cols === this.wanted.cols && rows === this.wanted.rows;
    if (this.sizeRule === 'free' && this.inFlight === 0 && !same) {
      this.terminal.resize(this.wanted.cols, this.wanted.rows);
    }
    if (!this.shown) return;
    // Told from the pane alone, never from the type it shows now: else the two would chase each other.
    const size = this.sizeRule === 'follows' ? fontThatShows({ cols, rows }, this.room, this.whole) : fontSize();
    if (this.terminal.options.fontSize === size) return;
    this.terminal.options.fontSize = size;
    this.fitSoon();
  }

  // Rendering

  private addWebgl(): void {
    if (this.webgl || !this.host) return;
    const addon = new WebglAddon();
    try {
      addon.onContextLoss(() => this.dropWebgl());
      this.terminal.loadAddon(addon);
      this.webgl = addon;
    } catch {
      // No WebGL here: the DOM renderer stays.
      addon.dispose();
    }
  }

  private dropWebgl(): void {
    this.webgl?.dispose();
    this.webgl = null;
  }
}

function options(initial: Grid): ConstructorParameters<typeof Terminal>[0] {
  return {
    ...initial,
    allowProposedApi: true,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    cursorInactiveStyle: 'outline',
    drawBoldTextInBrightColors: false,
    fontFamily: FONT_FAMILY,
    fontSize: fontSize(),
    fontWeightBold: '700',
    lineHeight: LINE_HEIGHT,
    linkHandler: { activate: (_event, uri) => openLink(uri) },
    macOptionIsMeta: true,
    minimumContrastRatio: minimumContrast(),
    rescaleOverlappingGlyphs: true,
    scrollback: SCROLLBACK_LINES,
    theme: readTheme(),
  };
}

/** Links come from programs: only web pages, never with a handle on this page. */
function openLink(uri: string): void {
  if (/^https?:\/\//i.test(uri)) window.open(uri, '_blank', 'noopener,noreferrer');
}
