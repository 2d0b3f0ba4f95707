// A terminal pane: xterm.js behind a queue of operations. Writes flow through; a reset or resize
// waits until everything before it is parsed, so it happens at exactly its offset.
//
// Only a shown pane holds a WebGL context (browsers grant about 16); a hidden one goes on parsing.

import { Unicode11Addon } from '@xterm/addon-unicode11';
import { Terminal } from '@xterm/xterm';
import type { Sink } from '../channel';
import type { Grid, StreamOp } from '../model/stream';
import type { Widths } from '../wire';
import { Utf8Carry } from '../model/utf8';
import { Finder } from './finder';
import { followLinks, openLink } from './links';
import { CommandMarks } from './marks';
import { Pictures } from './pictures';
import { Lookout, type Place } from './place';
import { isReply, isTyped, swallowQuestions } from './quiet';
import { PaneSize, type SizeRule } from './size';
import { lendHands, type Hands } from './taste';
import { fontSize, tasteOptions } from './theme';
import { Drawing } from './webgl';

export interface PaneEvents extends Hands {
  /** `typed`: by a person, not the terminal's own answer nor the mouse. */
  input(bytes: Uint8Array, typed: boolean): void;
  /** The last `carried` bytes before `offset` are kept until their character is whole. */
  parsed(offset: number, epoch: number, carried: number): void;
  /** The pane would like to be this size. */
  wants(grid: Grid): void;
  title(title: string): void;
  bell(): void;
  /** The browser put the selection on the clipboard. */
  copied(): void;
  /** A place in a file was followed. */
  file(path: string, line: number): void;
}

/** As xterm.js and its addons name them. */
const VERSIONS: Record<Widths, string> = { unicode11: '11', graphemes: '15-graphemes' };
/** Ends any sequence cut in half, resets the terminal, then its palette. */
const RESET = new TextEncoder().encode(
  '\x18\x1b\\\x1bc\x1b]104\x07\x1b]110\x07\x1b]111\x07\x1b]112\x07',
);
const HIDE_CURSOR = '\x1b[?25l';

export class TerminalPane implements Sink {
  /** What is typed passes through here: the key bar holds Ctrl and Alt. */
  through: (text: string) => string = (text) => text;
  /** When true the terminal answers no questions: somebody else does, or nobody listens. */
  quiet = false;
  /** Told when the view leaves the newest output or comes back. `top`: there is nothing above. */
  placed: (place: Place, top: boolean) => void = () => undefined;
  readonly finder: Finder;
  readonly marks: CommandMarks;
  private readonly pictures: Pictures;
  private readonly size: PaneSize;
  private readonly lookout: Lookout;
  private readonly drawing: Drawing;
  private ended = false;
  private shown = false;
  private replaying = false;
  private inFlight = 0;
  private queue: StreamOp[] = [];
  private widths: Widths = 'unicode11';
  /** What counts columns is on its way. */
  private loading = false;
  private host: HTMLElement | null = null;
  private observer: ResizeObserver | null = null;
  private readonly carry = new Utf8Carry();
  private readonly encoder = new TextEncoder();
  private readonly terminal: Terminal;

  constructor(
    initial: Grid,
    private readonly events: PaneEvents,
  ) {
    this.terminal = new Terminal(options(initial));
    this.terminal.loadAddon(new Unicode11Addon());
    this.terminal.unicode.activeVersion = VERSIONS.unicode11;
    const silent = (): boolean => this.quiet || this.replaying;
    const answers = swallowQuestions(this.terminal, silent);
    followLinks(this.terminal, (path, line) => this.events.file(path, line));
    lendHands(this.terminal, () => this.replaying, this.events);
    this.finder = new Finder(this.terminal);
    this.marks = new CommandMarks(this.terminal);
    this.pictures = new Pictures(this.terminal, () => this.pump());
    this.lookout = new Lookout(this.terminal, (place, top) => this.placed(place, top));
    this.drawing = new Drawing(this.terminal);
    this.size = new PaneSize(this.terminal, {
      host: () => (this.shown ? this.host : null),
      whole: () => this.drawing.byWebgl,
      parsing: () => this.inFlight > 0,
      wants: (grid) => this.events.wants(grid),
    });
    this.terminal.onData((data) => {
      if (silent() && isReply(data)) return;
      this.events.input(this.encoder.encode(this.through(data)), !answers() && isTyped(data));
    });
    this.terminal.onBinary((data) => {
      this.events.input(Uint8Array.from(data, (char) => char.charCodeAt(0)), false);
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
    return this.shown ? (this.size.wanted ?? current) : current;
  }

  /** Nothing waits to be parsed, and no change of size is under way. */
  get rests(): boolean {
    return this.inFlight === 0 && this.queue.length === 0 && this.size.rests && !this.waits;
  }

  // The page

  attach(host: HTMLElement): void {
    this.host = host;
    this.terminal.open(host);
    host.addEventListener('copy', () => this.terminal.hasSelection() && this.events.copied());
    this.observer = new ResizeObserver(() => this.size.fitSoon());
    this.observer.observe(host);
  }

  show(): void {
    if (this.shown) return;
    this.shown = true;
    if (this.host) this.drawing.begin();
    this.size.fit();
    this.readAnew();
    this.terminal.refresh(0, this.terminal.rows - 1);
  }

  hide(): void {
    this.shown = false;
    this.drawing.end();
  }

  focus(): void {
    this.terminal.focus();
  }

  dispose(): void {
    this.observer?.disconnect();
    this.size.stop();
    this.queue = [];
    this.drawing.end();
    this.terminal.dispose();
  }

  restyle(): void {
    Object.assign(this.terminal.options, tasteOptions());
    if (!this.shown) return;
    if (this.host) this.drawing.update();
    this.size.fitSoon();
  }

  /** No program is left: nothing is typed, so no cursor says where. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.pump();
  }

  setReadOnly(readOnly: boolean): void {
    this.terminal.options.disableStdin = readOnly;
    this.terminal.options.cursorInactiveStyle = readOnly ? 'none' : 'outline';
  }

  setSizeRule(rule: SizeRule): void {
    this.size.follow(rule);
  }

  /** Whether this is (in) the pane's element. */
  holds(node: Node): boolean {
    return this.host?.contains(node) ?? false;
  }

  /** The program wants the mouse for itself. */
  get takesMouse(): boolean {
    return this.terminal.modes.mouseTrackingMode !== 'none';
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

  selectAll(): void {
    this.terminal.selectAll();
  }

  unmark(): void {
    this.terminal.clearSelection();
  }

  /** Lets the lines above the prompt go, here only. */
  clear(): void {
    this.terminal.clear();
  }

  scroll(to: 'top' | 'bottom'): void {
    if (to === 'top') this.terminal.scrollToTop();
    else this.terminal.scrollToBottom();
  }

  /** The bell, seen. */
  flash(): void {
    this.host?.animate([{ opacity: 1 }, { opacity: 0.45 }, { opacity: 1 }], { duration: 220 });
  }

  /** The type as it is: the first font of those wanted, CSS pixels, times its own height. */
  get type(): { font: string; size: number; height: number } {
    const { fontFamily = '', fontSize: size = 0, lineHeight: height = 0 } = this.terminal.options;
    return { font: fontFamily.split(',')[0] ?? '', size, height };
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

  // Inside

  /** xterm.js measures the rows that screen readers read when it makes them, here before it draws. */
  private readAnew(): void {
    const { options } = this.terminal;
    if (!options.screenReaderMode) return;
    options.screenReaderMode = false;
    options.screenReaderMode = true;
  }

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
    if (this.waits) return;
    for (let op = this.queue[0]; op !== undefined; op = this.queue[0]) {
      if (op.do === 'write') {
        if (this.pictures.holds(op.bytes)) return;
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
    if (this.ended && this.inFlight === 0) this.terminal.write(HIDE_CURSOR);
  }

  /** Something that must be there before the next byte is on its way. */
  private get waits(): boolean {
    return this.loading || this.pictures.loading;
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
      if (op?.history === false) this.lookout.news();
      if (this.inFlight > 0) return;
      this.replaying = false;
      this.pump();
    });
  }

  private resizeTo(grid: Grid): void {
    if (grid.cols !== this.terminal.cols || grid.rows !== this.terminal.rows) {
      this.terminal.resize(grid.cols, grid.rows);
    }
    this.size.settle();
  }
}

function options(initial: Grid): ConstructorParameters<typeof Terminal>[0] {
  return {
    ...initial,
    ...tasteOptions(),
    allowProposedApi: true,
    cursorInactiveStyle: 'outline',
    drawBoldTextInBrightColors: false,
    fontSize: fontSize(),
    fontWeightBold: '700',
    linkHandler: { activate: (_event, uri) => openLink(uri) },
    macOptionIsMeta: true,
    rescaleOverlappingGlyphs: true,
  };
}
