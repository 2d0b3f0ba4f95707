// A socket without a socket, for networks that let no WebSocket through: it takes and says what the
// real one does (docs/protocol.md), and asks over plain requests. Link, channels and ledgers do not
// know the difference, so bytes are neither lost nor doubled when one takes over from the other.
//
// The session in front waits for news in a request of its own; the others share one, asked often
// while something happens in them and seldom while nothing does. A browser grants six connections.

import { decodeInput, encodeFrame, type ServerFrame } from './frames';
import type { Socket } from './link';
import { Line } from './model/line';
import type { Attached, Batch, BatchRequest, ClientMessage, InputRequest, Output, OutputRequest, ResizeRequest, ServerMessage, SessionRow, Typed } from './wire';

export interface PollDeps {
  attach(sessionId: string): Promise<Attached>;
  output(request: OutputRequest, stop: AbortSignal): Promise<Output>;
  outputs(request: BatchRequest): Promise<Batch>;
  input(request: InputRequest): Promise<Typed>;
  resize(request: ResizeRequest): Promise<void>;
  heartbeat(sessionId: string | null): Promise<void>;
  /** The row as the server lists it now. */
  row(sessionId: string): Promise<SessionRow | null>;
  /** The session that somebody looks at. */
  front(): string | null;
  hidden(): boolean;
}

type Join = Extract<ClientMessage, { type: 'join_session' }>;

const FRONT_WAIT_MS = 10_000;
const ECHO_MS = 50;
const SOON_MS = 250;
const SELDOM_MS = 2_000;
const HIDDEN_MS = 10_000;
const FULL_MS = 250;
/** As WebSocket counts them. */
const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

export class PollSocket implements Socket {
  binaryType = '';
  readyState: number = CONNECTING;
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  private readonly lines = new Map<number, Line>();
  private readonly client = crypto.randomUUID();
  private waiting: { id: string; stop: AbortController } | null = null;
  private wakers = new Set<() => void>();
  private typing = 0;
  /** Between two looks at the others. */
  private pace = SOON_MS;

  constructor(private readonly deps: PollDeps) {
    queueMicrotask(() => {
      if (this.readyState !== CONNECTING) return;
      this.readyState = OPEN;
      this.onopen?.(new Event('open'));
      void this.keep(() => this.askFront());
      void this.keep(() => this.askOthers());
    });
  }

  send(data: string | ArrayBuffer): void {
    if (this.readyState !== OPEN) return;
    if (typeof data === 'string') this.told(JSON.parse(data) as ClientMessage);
    else this.typed(data);
  }

  close(code = 1000): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.look();
    this.waiting?.stop.abort();
    this.lines.clear();
    this.onclose?.({ code } as CloseEvent);
  }

  /** A better way was found: what is on its way arrives first, nothing new is taken. */
  async retire(): Promise<void> {
    if (this.readyState === OPEN) this.readyState = CLOSING;
    while (this.typing > 0 && this.readyState === CLOSING) await this.rest(SOON_MS);
    this.close();
  }

  /** Another session may be in front. */
  look(): void {
    for (const wake of this.wakers) wake();
    if (this.waiting && this.waiting.id !== this.deps.front()) this.waiting.stop.abort();
  }

  // What the page says

  private told(message: ClientMessage): void {
    switch (message.type) {
      case 'join_session':
        return this.tell(this.join(message));
      case 'leave_session':
        this.lines.delete(message.channel);
        return this.look();
      case 'terminal_resize':
        return this.tell(this.resize(message.channel, message.cols, message.rows));
      case 'ack':
        if (this.lines.get(message.channel)?.parsed(message.offset)) this.look();
        return;
      case 'heartbeat':
        return this.tell(this.deps.heartbeat(message.session_ids[0] ?? null).catch(forgetGone).then(() => this.say({ type: 'heartbeat' })));
      default:
        return;
    }
  }

  private async join(message: Join): Promise<void> {
    const { channel, session_id: id, cols, rows } = message;
    if (message.mode === 'write') await this.deps.resize({ session_id: id, cols, rows, client: this.client }).catch(forgetGone);
    const row = await this.deps.row(id);
    if (!row) return this.say({ type: 'error', channel, code: 'session_not_found', message: 'there is no such session' });
    const line = new Line(channel, id, message.mode, { cols, rows });
    const screen = message.from === undefined ? await this.deps.attach(id) : null;
    line.at = screen?.offset ?? message.from ?? 0;
    line.acked = line.at;
    line.grid = { cols: row.cols, rows: row.rows };
    this.lines.set(channel, line);
    const known = { session_id: id, offset: line.at, label: row.label, owner: line.owns(row), input: null };
    this.say({ type: 'joined', channel, cols: row.cols, rows: row.rows, ...(screen && { head: screen.offset }), ...known });
    if (screen) this.emit('snapshot', channel, screen.offset, bytesOf(screen));
    this.look();
  }

  private async resize(channel: number, cols: number, rows: number): Promise<void> {
    const line = this.lines.get(channel);
    if (!line) return;
    line.wanted = { cols, rows };
    await this.deps.resize({ session_id: line.id, cols, rows, client: this.client }).catch(forgetGone);
    const row = await this.deps.row(line.id);
    if (row && this.lines.get(channel) === line) this.measured(line, row);
  }

  /** Somebody's wish may have been followed, ours or another's. */
  private measured(line: Line, row: SessionRow): void {
    const owner = line.owns(row);
    line.grid = { cols: row.cols, rows: row.rows };
    this.say({ type: 'resized', channel: line.channel, offset: line.at, ...line.grid, owner });
  }

  private typed(data: ArrayBuffer): void {
    const { channel, payload } = decodeInput(data);
    const line = this.lines.get(channel);
    if (!line || line.mode === 'read') return;
    line.type(payload);
    if (!line.typing) this.tell(this.typeOut(line));
  }

  /** One request at a time; what is typed meanwhile goes with the next. It brings its echo along. */
  private async typeOut(line: Line): Promise<void> {
    line.typing = true;
    this.typing += 1;
    try {
      for (let text = line.take(); text !== '' && this.readyState !== CLOSED; text = line.take()) {
        const answer = await this.typeOnce(line, text);
        if ('offset' in answer) this.heard(line, answer);
      }
    } finally {
      line.typing = false;
      this.typing -= 1;
    }
  }

  /** A full queue took nothing: the same again in a moment. */
  private async typeOnce(line: Line, input: string): Promise<Typed> {
    for (;;) {
      try {
        return await this.deps.input({ session_id: line.id, input, wait_ms: ECHO_MS, offset: line.at, client: this.client });
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === 'session_ended' || code === 'session_not_found') return { status: 'ended' };
        if (code !== 'input_full' || this.readyState === CLOSED) throw error;
        await this.rest(FULL_MS);
      }
    }
  }

  // What the server says

  /** Loops until closed; what fails ends the socket, and the link comes back. */
  private async keep(turn: () => Promise<void>): Promise<void> {
    try {
      while (this.readyState === OPEN) await turn();
    } catch (error) {
      this.failed(error);
    }
  }

  private async askFront(): Promise<void> {
    const line = this.line(this.deps.front());
    if (!line?.open || line.behind) return this.rest(SELDOM_MS);
    const stop = new AbortController();
    this.waiting = { id: line.id, stop };
    try {
      const request = { session_id: line.id, offset: line.at, wait_ms: FRONT_WAIT_MS, client: this.client };
      this.heard(line, await this.deps.output(request, stop.signal));
    } catch (error) {
      if (!stop.signal.aborted) this.lineFailed(line, error);
    } finally {
      this.waiting = null;
    }
  }

  private async askOthers(): Promise<void> {
    const front = this.deps.front();
    const others = [...this.lines.values()].filter((line) => line.id !== front && line.open && !line.behind);
    if (others.length > 0) {
      const offsets = Object.fromEntries(others.map((line) => [line.id, line.at]));
      const batch = await this.deps.outputs({ session_ids: Object.keys(offsets), offsets, client: this.client });
      const news = others.filter((line) => this.heardOf(line, batch));
      this.pace = news.length > 0 ? SOON_MS : Math.min(this.pace * 1.5, SELDOM_MS);
    }
    await this.rest(this.deps.hidden() ? HIDDEN_MS : this.pace);
  }

  private heardOf(line: Line, batch: Batch): boolean {
    if (batch.missing.includes(line.id)) this.gone(line);
    const output = batch.outputs[line.id];
    return output !== undefined && this.heard(line, output);
  }

  /** Hands on what is new; true when something was. */
  private heard(line: Line, output: Output): boolean {
    if (this.lines.get(line.channel) !== line) return false;
    const before = line.at;
    const piece = line.next(output);
    if (piece === 'gap') this.tell(this.jump(line));
    else if (piece) this.emit(piece.exact ? 'output' : 'difference', line.channel, piece.offset, piece.bytes);
    if (output.exited && line.at >= output.offset && line.open) {
      line.open = false;
      const exit = output.exit ?? { code: null, signal: null, at: new Date().toISOString(), reason: 'unknown' as const };
      this.say({ type: 'session_exited', channel: line.channel, session_id: line.id, exit });
    }
    if (output.shutting_down) this.say({ type: 'shutting_down', restart: false });
    return line.at > before;
  }

  /** What lies between is not kept any more: the screen as it is now. */
  private async jump(line: Line): Promise<void> {
    const screen = await this.deps.attach(line.id);
    if (this.lines.get(line.channel) !== line) return;
    line.at = screen.offset;
    this.emit('snapshot', line.channel, screen.offset, bytesOf(screen));
  }

  private lineFailed(line: Line, error: unknown): void {
    if ((error as { code?: string }).code !== 'session_not_found') throw error;
    this.gone(line);
  }

  private gone(line: Line): void {
    this.lines.delete(line.channel);
    this.say({ type: 'session_closed', channel: line.channel, session_id: line.id });
  }

  private failed(error: unknown): void {
    const { status, code } = error as { status?: number; code?: string };
    this.close(status === 401 ? 4401 : status === 403 && code === 'forbidden' ? 4403 : 1006);
  }

  private tell(work: Promise<void>): void {
    void work.catch((error: unknown) => this.failed(error));
  }

  private line(id: string | null): Line | undefined {
    return [...this.lines.values()].find((line) => line.id === id);
  }

  private say(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) } as MessageEvent);
  }

  private emit(kind: ServerFrame['kind'], channel: number, offset: number, payload: Uint8Array): void {
    this.onmessage?.({ data: encodeFrame({ kind, channel, offset, payload, last: true }) } as MessageEvent);
  }

  /** Until something happens here, or for so long. */
  private rest(ms: number): Promise<void> {
    return new Promise((done) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.wakers.delete(wake);
        done();
      };
      const timer = setTimeout(wake, ms);
      this.wakers.add(wake);
    });
  }
}

function bytesOf(screen: Attached): Uint8Array {
  return new TextEncoder().encode(screen.output.join(''));
}

/** A session that has ended or gone says so elsewhere; all other failures count. */
function forgetGone(error: unknown): void {
  const { status } = error as { status?: number };
  if (status !== 404 && status !== 409 && status !== 400) throw error;
}
