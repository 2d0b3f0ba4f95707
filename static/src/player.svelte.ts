// Plays a recording into a terminal that nobody types in. Parts are fetched when their time comes;
// the terminal is fed in slices and never more than it can swallow soon, so that any jump is quick
// and the page stays awake.

import { recordingUrl } from './api';
import { CastPart, type CastEvent } from './model/cast';
import { nextStep, type Fed } from './model/playback';
import { LEAD, Timeline } from './model/timeline';
import { PIECE, type Grid, type StreamOp } from './model/stream';
import { TerminalPane } from './terminal/pane';
import type { Recording, RecordingCommand } from './wire';

export const SPEEDS = [0.5, 1, 2, 4, 8, 16] as const;
/** Seconds; `null`: pauses are as long as they were. */
export const IDLES = [null, 1, 2, 5, 10] as const;
const USUAL_IDLE = 2;
/** Parts kept in the page. */
const KEPT = 4;
/** Bytes on their way into the terminal. */
const WINDOW = 256 * 1024;
/** A clock that slept (a hidden page) does not jump. */
const LONGEST_FRAME_MS = 250;
/** Seconds of watching before a part's end at which the next one is fetched. */
const AHEAD = 20;

export class Player {
  playing = $state(false);
  /** Seconds since the recording began. */
  at = $state(0);
  speed = $state<number>(1);
  idle = $state<number | null>(USUAL_IDLE);
  /** The terminal does not show `at` yet. */
  busy = $state(true);
  failed = $state(false);
  /** Of the terminal, now. */
  grid = $state.raw<Grid>({ cols: 80, rows: 24 });
  readonly timeline: Timeline = $derived.by(() => new Timeline(this.recording, this.idle));
  readonly pane: TerminalPane;
  private readonly parts = new Map<number, CastPart>();
  private readonly loads = new Map<number, Promise<void>>();
  private readonly stop = new AbortController();
  private readonly encoder = new TextEncoder();
  private fed: Fed | null = null;
  private sent = 0;
  private parsed = 0;
  private room: (() => void) | null = null;
  private working = false;
  private frame: number | null = null;
  private last = 0;

  constructor(
    private readonly id: string,
    readonly recording: Recording,
  ) {
    this.grid = { cols: recording.cols, rows: recording.rows };
    this.pane = new TerminalPane(this.grid, {
      input: () => undefined,
      parsed: (upTo) => this.swallowed(upTo),
      wants: () => undefined,
      title: () => undefined,
      bell: () => undefined,
      copied: () => undefined,
      clipboard: () => undefined,
      marked: () => undefined,
      file: () => undefined,
    });
    this.pane.quiet = true;
    this.pane.setReadOnly(true);
    this.pane.setSizeRule('follows');
    void this.work();
  }

  /** Seconds of watching. */
  get shown(): number {
    return this.timeline.shown(this.at);
  }

  get ended(): boolean {
    return this.at >= this.recording.seconds;
  }

  /** When its terminal shows where it is. */
  async rests(): Promise<void> {
    while (!this.stop.signal.aborted && (this.working || !this.pane.rests)) {
      await new Promise((next) => requestAnimationFrame(next));
    }
  }

  /** For browser tests. */
  told(): { at: number; playing: boolean; rests: boolean; text: string } {
    const { at, playing, pane } = this;
    return { at, playing, rests: !this.working && pane.rests, text: pane.text() };
  }

  dispose(): void {
    this.stop.abort();
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.room?.();
    this.pane.dispose();
  }

  play(): void {
    if (this.playing) return;
    if (this.ended) this.seek(0);
    this.playing = true;
    this.last = performance.now();
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  pause(): void {
    this.playing = false;
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.frame = null;
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  seek(real: number): void {
    this.at = Math.min(Math.max(0, real), this.recording.seconds);
    if (this.ended) this.pause();
    void this.work();
  }

  /** By seconds of watching. */
  skip(shown: number): void {
    this.seek(this.timeline.real(this.shown + shown));
  }

  /** As it was typed: a short one has printed everything at the moment it began. */
  show(command: RecordingCommand): void {
    this.seek(command.at - LEAD);
  }

  toCommand(way: 'next' | 'previous'): void {
    const command = this.timeline.command(this.at, way);
    if (command) this.show(command);
    else if (way === 'previous') this.seek(0);
  }

  faster(steps: number): void {
    const at = SPEEDS.findIndex((speed) => speed === this.speed) + steps;
    this.speed = SPEEDS[Math.min(Math.max(0, at), SPEEDS.length - 1)] ?? 1;
  }

  again(): void {
    this.failed = false;
    void this.work();
  }

  private tick(now: number): void {
    const passed = Math.min(now - this.last, LONGEST_FRAME_MS) / 1_000;
    this.last = now;
    // Time waits for what is on its way.
    if (!this.working && !this.failed) {
      const shown = this.shown + passed * this.speed;
      this.seek(shown >= this.timeline.total ? this.recording.seconds : this.timeline.real(shown));
      this.prefetch(shown);
    }
    if (this.playing) this.frame = requestAnimationFrame((next) => this.tick(next));
  }

  private prefetch(shown: number): void {
    const next = this.timeline.partAt(this.at) + 1;
    const part = this.recording.parts[next];
    if (part && !this.parts.has(next) && this.timeline.shown(part.at) - shown < AHEAD * this.speed) void this.load(next).catch(() => undefined);
  }

  /** Brings the terminal to `at`, wherever that goes meanwhile. */
  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    try {
      while (!this.stop.signal.aborted) {
        const step = nextStep(this.fed, this.parts, this.timeline.partAt(this.at), this.at);
        if (step.do === 'rest') break;
        if (step.do === 'load') {
          this.busy = true;
          await this.load(step.part);
        } else if (step.do === 'begin') this.begin(step.part);
        else if (step.do === 'enter') this.fed = { part: step.part, next: step.next };
        else {
          this.feed(this.parts.get(step.part)!.events.slice(step.from, step.to));
          this.fed = { part: step.part, next: step.to };
        }
        if (this.sent - this.parsed > WINDOW) {
          this.busy = true;
          await new Promise<void>((go) => (this.room = go));
        }
      }
    } catch {
      if (!this.stop.signal.aborted) {
        this.failed = true;
        this.pause();
      }
    }
    this.working = false;
    this.busy = false;
  }

  private begin(part: number): void {
    const grid = this.parts.get(part)?.grid ?? this.grid;
    this.fed = { part, next: 0 };
    this.grid = grid;
    // What a reset wipes is not told of.
    this.parsed = this.sent;
    this.pane.apply([{ do: 'reset' }, { do: 'resize', grid }]);
  }

  private feed(events: readonly CastEvent[]): void {
    const ops: StreamOp[] = [];
    let text = '';
    const flush = (): void => {
      const bytes = this.encoder.encode(text);
      text = '';
      for (let at = 0; at < bytes.length; at += PIECE) {
        const piece = bytes.subarray(at, at + PIECE);
        this.sent += piece.length;
        ops.push({ do: 'write', bytes: piece, upTo: this.sent, history: true, epoch: 0 });
      }
    };
    for (const event of events) {
      if (event.text !== undefined) {
        text += event.text;
        continue;
      }
      flush();
      this.grid = event.grid;
      ops.push({ do: 'resize', grid: event.grid });
    }
    flush();
    this.pane.apply(ops);
  }

  private swallowed(upTo: number): void {
    this.parsed = Math.max(this.parsed, upTo);
    if (this.sent - this.parsed > WINDOW / 2 || !this.room) return;
    this.room();
    this.room = null;
  }

  private load(part: number): Promise<void> {
    const loading = this.loads.get(part) ?? this.fetch(part).finally(() => this.loads.delete(part));
    this.loads.set(part, loading);
    return loading;
  }

  private async fetch(number: number): Promise<void> {
    const { parts } = this.recording;
    const { offset = 0, at = 0 } = parts[number] ?? {};
    const part = new CastPart(at);
    const url = recordingUrl(this.id, 'cast', { from: offset, until: parts[number + 1]?.offset ?? null });
    const answer = await fetch(url, { signal: this.stop.signal, credentials: 'same-origin', cache: 'no-store' });
    if (!answer.ok || !answer.body) throw new Error(String(answer.status));
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) part.push(piece.value);
    part.end();
    this.parts.set(number, part);
    this.forget(number);
  }

  /** The parts farthest from this one go first, but for what the terminal is fed from. */
  private forget(near: number): void {
    const far = [...this.parts.keys()]
      .filter((part) => part !== this.fed?.part)
      .sort((a, b) => Math.abs(b - near) - Math.abs(a - near));
    for (const part of far.slice(0, Math.max(0, this.parts.size - KEPT))) this.parts.delete(part);
  }
}
