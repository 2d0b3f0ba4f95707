// The one reconnecting socket of the page; every open session is a channel on it.
//
// Invariants: at most one socket and one attempt at a time; whatever a superseded socket still
// says is ignored; when a socket opens, every channel joins again from the offset it has parsed.
// Absent on purpose: what sessions mean (channel.ts) and what is shown (the workbench).

import { Channel, type Carrier, type ChannelEvents, type Sink } from './channel';
import { decodeFrame, decodeMessage } from './frames';
import { next, START, type Connection, type Fact } from './model/connection';
import type { ClientMessage, JoinMode, ServerEvent, ServerMessage } from './wire';

/** The part of a WebSocket that is used. */
export interface Socket {
  binaryType: string;
  readonly readyState: number;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(data: string | ArrayBuffer): void;
  close(code?: number): void;
}

export interface LinkDeps {
  ticket(): Promise<string>;
  open(ticket: string): Socket;
  /** Reads the session list: events were missed. Not waited for. */
  refresh(): void;
  /** The session's newest offset as last read, 0 when unknown. */
  head(sessionId: string): number;
  random(): number;
}

export interface LinkEvents {
  state(state: Connection): void;
  /** Joined again; `again` is false the first time. */
  opened(again: boolean): void;
  latency(ms: number): void;
  event(event: ServerEvent): void;
  error(code: string, message: string): void;
}

const HEARTBEAT_MS = 15_000;
const FIRST_BEAT_MS = 1_000;
const SILENCE_MS = 20_000;
const OPEN_DEADLINE_MS = 10_000;
/** After waking up a silent link must answer within this. */
const PROBE_MS = 3_000;
/** WebSocket.OPEN */
const OPEN = 1;

export class Link implements Carrier {
  private state: Connection = START;
  private socket: Socket | null = null;
  private attempt = 0;
  private channels = new Map<number, Channel>();
  private all = new Set<Channel>();
  private lastNumber = 0;
  private wasLive = false;
  private heardAt = 0;
  private beatAt: number | null = null;
  private retryTimer: Timer = null;
  private beatTimer: Timer = null;
  private silenceTimer: Timer = null;
  private openTimer: Timer = null;

  constructor(
    private readonly deps: LinkDeps,
    private readonly events: LinkEvents,
  ) {}

  get live(): boolean {
    // A socket that is closing takes nothing any more, some time before it says so.
    return this.state.phase === 'live' && this.socket?.readyState === OPEN;
  }

  start(): void {
    this.events.state(this.state);
    void this.connect();
  }

  open(sessionId: string, mode: JoinMode, sink: Sink, events: ChannelEvents): Channel {
    const channel = new Channel(sessionId, mode, sink, this, events);
    this.all.add(channel);
    this.joinNow(channel);
    return channel;
  }

  close(channel: Channel): void {
    channel.close();
    this.all.delete(channel);
    this.channels.delete(channel.id);
  }

  /** The page is looked at again or the network is back: do not wait out a timer. */
  wake(): void {
    if (this.state.phase === 'waiting') return this.retry();
    if (!this.live || Date.now() - this.heardAt < HEARTBEAT_MS) return;
    this.beat();
    this.expect(PROBE_MS);
  }

  /** Try at once, also after having been turned away. */
  retry(): void {
    if (this.state.phase === 'live' || this.state.phase === 'connecting') return;
    this.become({ is: 'retry' });
    void this.connect();
  }

  // Carrier

  nextChannel(): number {
    this.lastNumber = (this.lastNumber % 0xffff_ffff) + 1;
    return this.lastNumber;
  }

  head(sessionId: string): number {
    return this.deps.head(sessionId);
  }

  send(message: ClientMessage): void {
    if (this.live) this.socket?.send(JSON.stringify(message));
  }

  sendBytes(frame: ArrayBuffer): void {
    if (this.live) this.socket?.send(frame);
  }

  rejoined(channel: Channel, before: number): void {
    this.channels.delete(before);
    if (this.all.has(channel)) this.channels.set(channel.id, channel);
  }

  // Opening

  private async connect(): Promise<void> {
    const attempt = ++this.attempt;
    this.clearTimers();
    this.openTimer = setTimeout(() => this.lost(attempt, 1006), OPEN_DEADLINE_MS);
    try {
      this.deps.refresh();
      const ticket = await this.deps.ticket();
      if (attempt !== this.attempt) return;
      this.listen(attempt, this.deps.open(ticket));
    } catch (error) {
      if (attempt === this.attempt) this.denied(attempt, error);
    }
  }

  private denied(attempt: number, error: unknown): void {
    const { status, code } = error as { status?: number; code?: string };
    if (status === 401) return this.end({ is: 'unauthorized' });
    if (status === 403 && code === 'forbidden') return this.end({ is: 'forbidden' });
    this.lost(attempt, 1006);
  }

  private listen(attempt: number, socket: Socket): void {
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    const mine = (): boolean => attempt === this.attempt;
    socket.onopen = () => mine() && this.opened();
    socket.onmessage = (event) => mine() && this.received(event.data);
    socket.onclose = (event) => mine() && this.lost(attempt, event.code);
  }

  private opened(): void {
    this.clearTimers();
    this.become({ is: 'opened', at: Date.now() });
    for (const channel of this.all) this.joinNow(channel);
    this.heard();
    // Not at once: a page that is still drawing would measure itself.
    this.beatTimer = setTimeout(() => this.beat(), FIRST_BEAT_MS);
    this.events.opened(this.wasLive);
    this.wasLive = true;
  }

  private joinNow(channel: Channel): void {
    if (!this.live) return;
    channel.join();
    this.channels.set(channel.id, channel);
  }

  // Losing

  private lost(attempt: number, code: number): void {
    if (attempt !== this.attempt) return;
    this.end({ is: 'lost', code, at: Date.now(), random: this.deps.random() });
    if (this.state.phase !== 'waiting') return;
    const wait = Math.max(0, this.state.until - Date.now());
    this.retryTimer = setTimeout(() => this.retry(), wait);
  }

  /** The socket is of no use any more, whatever comes next. */
  private end(fact: Fact): void {
    this.attempt += 1;
    this.clearTimers();
    const socket = this.socket;
    this.socket = null;
    this.channels.clear();
    this.become(fact);
    for (const channel of this.all) channel.lost();
    if (socket) hangUp(socket);
  }

  private become(fact: Fact): void {
    this.state = next(this.state, fact);
    this.events.state(this.state);
  }

  // Hearing

  private received(data: unknown): void {
    this.heard();
    try {
      if (data instanceof ArrayBuffer) {
        const frame = decodeFrame(data);
        this.channels.get(frame.channel)?.frame(frame);
      } else {
        const message = decodeMessage(String(data));
        if (message) this.dispatch(message);
      }
    } catch {
      // Malformed: the stream can not be trusted any more. A new socket resumes from the offset.
      this.lost(this.attempt, 1002);
    }
  }

  private dispatch(message: ServerMessage): void {
    switch (message.type) {
      case 'heartbeat':
        if (this.beatAt !== null) this.events.latency(performance.now() - this.beatAt);
        this.beatAt = null;
        return;
      case 'event':
        return this.events.event(message);
      case 'shutting_down':
        return this.become({ is: 'shutting_down', restart: message.restart });
      case 'error':
        if (message.channel === undefined) return this.events.error(message.code, message.message);
        this.channels.get(message.channel)?.message(message);
        return;
      default:
        this.channels.get(message.channel)?.message(message);
    }
  }

  // Living

  private beat(): void {
    if (this.beatTimer !== null) clearTimeout(this.beatTimer);
    this.beatTimer = setTimeout(() => this.beat(), HEARTBEAT_MS);
    this.beatAt = performance.now();
    this.send({ type: 'heartbeat', session_ids: [...this.all].map((channel) => channel.sessionId) });
  }

  private heard(): void {
    this.heardAt = Date.now();
    this.expect(SILENCE_MS);
  }

  /** A word from the server is due within `ms`. A timer that fired late slept with the page, so
   *  the silence proves nothing: ask and give it another moment. */
  private expect(ms: number): void {
    if (this.silenceTimer !== null) clearTimeout(this.silenceTimer);
    const due = Date.now() + ms;
    this.silenceTimer = setTimeout(() => {
      if (Date.now() - due < PROBE_MS) return this.lost(this.attempt, 1006);
      this.beat();
      this.expect(PROBE_MS);
    }, ms);
  }

  private clearTimers(): void {
    for (const timer of [this.retryTimer, this.beatTimer, this.silenceTimer, this.openTimer]) {
      if (timer !== null) clearTimeout(timer);
    }
    this.retryTimer = this.beatTimer = this.silenceTimer = this.openTimer = null;
    this.beatAt = null;
  }
}

type Timer = ReturnType<typeof setTimeout> | null;

function hangUp(socket: Socket): void {
  socket.onopen = socket.onmessage = socket.onclose = null;
  try {
    socket.close();
  } catch {
    // Already closed.
  }
}
