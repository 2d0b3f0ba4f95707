// How many cells a pane would like to have, and in what type it shows those that it has.

import { FitAddon } from '@xterm/addon-fit';
import type { Terminal } from '@xterm/xterm';
import type { Grid } from '../model/stream';
import { estimateGrid, fontThatShows, type Box } from './estimate';
import { fontSize } from './theme';

/**
 * Where the size comes from. `asks`: this pane's wish is followed, so what it shows is about to
 * fit. `follows`: somebody else's, shown whole in smaller type. `free`: no program is left to
 * mind, the pane fits by itself.
 */
export type SizeRule = 'asks' | 'follows' | 'free';

export interface Room {
  /** The pane's element, while the pane is on the page and shown. */
  host(): HTMLElement | null;
  /** Whether cells are whole device pixels. */
  whole(): boolean;
  /** Bytes are on their way into the terminal: its size must stay. */
  parsing(): boolean;
  /** The pane would like to be this size. */
  wants(grid: Grid): void;
}

const RESIZE_MS = 100;

export class PaneSize {
  private rule: SizeRule = 'asks';
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly fitAddon = new FitAddon();
  /** `null` until it was measured. */
  wanted: Grid | null = null;

  constructor(
    private readonly terminal: Terminal,
    private readonly room: Room,
  ) {
    terminal.loadAddon(this.fitAddon);
  }

  /** No change is under way. */
  get rests(): boolean {
    return this.timer === null;
  }

  follow(rule: SizeRule): void {
    if (rule === this.rule) return;
    this.rule = rule;
    this.settle();
  }

  fitSoon(): void {
    this.stop();
    this.timer = setTimeout(() => {
      this.timer = null;
      this.fit();
    }, RESIZE_MS);
  }

  fit(): void {
    const host = this.room.host();
    if (!host) return;
    const inUsualType = this.terminal.options.fontSize === fontSize();
    const wanted = inUsualType ? this.measure() : estimateGrid(boxOf(host), this.room.whole());
    if (!wanted) return;
    this.wanted = wanted;
    this.settle();
    this.room.wants(wanted);
  }

  /** Makes what is there fit the pane as well as the rule allows. */
  settle(): void {
    if (!this.wanted) return;
    const { cols, rows } = this.terminal;
    const same = cols === this.wanted.cols && rows === this.wanted.rows;
    if (this.rule === 'free' && !this.room.parsing() && !same) {
      this.terminal.resize(this.wanted.cols, this.wanted.rows);
    }
    const host = this.room.host();
    if (!host) return;
    // Told from the pane alone, never from the type it shows now: else the two would chase each other.
    const size = this.rule === 'follows' ? fontThatShows({ cols, rows }, boxOf(host), this.room.whole()) : fontSize();
    if (this.terminal.options.fontSize === size) return;
    this.terminal.options.fontSize = size;
    this.fitSoon();
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  /** What fits in the present type. */
  private measure(): Grid | null {
    const { cols = NaN, rows = NaN } = this.fitAddon.proposeDimensions() ?? {};
    if (!Number.isFinite(cols) || !Number.isFinite(rows)) return null;
    const cells = (count: number): number => Math.max(2, Math.min(1000, count));
    return { cols: cells(cols), rows: cells(rows) };
  }
}

function boxOf({ offsetWidth: width, offsetHeight: height }: HTMLElement): Box {
  return { width, height };
}
