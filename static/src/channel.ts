// One session on the link: joins, hands bytes to a sink in order, acknowledges what was parsed,
// keeps input until the server acknowledges it, and rejoins after a gap or a lost socket.

import { encodeInput, splitInput, type ServerFrame } from './frames';
import { AckPacer } from './model/acks';
import { InputLedger, newInputId } from './model/input';
import { StreamLedger, type Grid, type StreamOp } from './model/stream';
import type { ClientMessage, Exit, Joined, JoinMode, ServerMessage, Widths } from './wire';

/** Where the bytes go: a terminal. It answers each write with `Channel.parsed`. */
export interface Sink {
  apply(ops: StreamOp[]): void;
  /** How to count columns from here on. */
  count(widths: Widths): void;
  /** The size to join with. */
  grid(): Grid;
}

/** What a channel needs of the link. */
export interface Carrier {
  readonly live: boolean;
  nextChannel(): number;
  /** The session's newest offset as last listed, 0 when unknown; for servers that do not say. */
  head(sessionId: string): number;
  send(message: ClientMessage): void;
  sendBytes(frame: ArrayBuffer): void;
  rejoined(channel: Channel, before: number): void;
}

export interface ChannelEvents {
  /** Something readable here changed. */
  changed(): void;
  output(): void;
  exited(exit: Exit): void;
  closed(): void;
  refused(code: string, message: string): void;
  /** Too much input is not acknowledged: this was not taken. */
  inputRefused(bytes: number): void;
}

export type ChannelState = 'idle' | 'joining' | 'joined' | 'refused' | 'closed';

/** Two gaps closer than this mean trouble: the second rejoin waits as long. */
const GAP_PAUSE_MS = 1_000;

export class Channel {
  state: ChannelState = 'idle';
  owner = true;
  grid: Grid | null = null;
  private number = 0;
  private lastGap = -Infinity;
  private gapTimer: ReturnType<typeof setTimeout> | null = null;
  private readonly ledger = new StreamLedger();
  private readonly typed = new InputLedger();
  private readonly inputId = newInputId();
  private readonly acks = new AckPacer((offset) => this.ack(offset));

  constructor(
    readonly sessionId: string,
    readonly mode: JoinMode,
    private readonly sink: Sink,
    private readonly carrier: Carrier,
    private readonly events: ChannelEvents,
  ) {}

  get id(): number {
    return this.number;
  }

  /** Bytes typed that wait for a link. While there is one, they are on their way. */
  get queued(): number {
    return this.sending ? 0 : this.typed.size;
  }

  get catchingUp(): boolean {
    return this.ledger.catchingUp();
  }

  join(): void {
    if (!this.carrier.live || this.state === 'closed') return;
    this.number = this.carrier.nextChannel();
    this.state = 'joining';
    const from = this.ledger.resumeFrom();
    this.acks.restart(from);
    this.carrier.send({
      type: 'join_session',
      channel: this.number,
      session_id: this.sessionId,
      ...(from === undefined ? {} : { from }),
      ...this.sink.grid(),
      mode: this.mode,
      differences: true,
      ...(this.mode === 'write' ? { input_id: this.inputId } : {}),
    });
    this.events.changed();
  }

  /** The socket is gone. */
  lost(): void {
    if (this.state === 'closed') return;
    this.ledger.cut();
    this.acks.stop();
    this.stopWaiting();
    this.state = 'idle';
    this.events.changed();
  }

  /** Start anew, without an offset: after a gap, or when a failed session was taken up again. */
  rejoin(): void {
    this.leave();
    this.ledger.restart();
    const before = this.number;
    this.join();
    this.carrier.rejoined(this, before);
  }

  close(): void {
    this.leave();
    this.stopWaiting();
    this.state = 'closed';
  }

  frame(frame: ServerFrame): void {
    if (this.state !== 'joined') return;
    if (frame.kind === 'snapshot') {
      this.acks.restart();
      this.deliver(this.ledger.snapshot(frame.offset, frame.payload, frame.last));
      return;
    }
    const ops =
      frame.kind === 'difference'
        ? this.ledger.difference(frame.offset, frame.payload)
        : this.ledger.output(frame.offset, frame.payload);
    if (ops === 'gap') return this.gap();
    // Sent again though the sink has it: then no write will acknowledge it.
    if (ops.length === 0) this.acks.parsedUpTo(this.ledger.takenUpTo());
    this.deliver(ops);
    this.events.output();
  }

  message(message: ServerMessage): void {
    switch (message.type) {
      case 'joined':
        return this.joined(message);
      case 'input_ack':
        return this.typed.acked(message.offset);
      case 'resized':
        this.grid = { cols: message.cols, rows: message.rows };
        this.owner = message.owner;
        return this.deliver(this.ledger.resized(message.offset, this.grid));
      case 'session_exited':
        this.typed.clear();
        return this.events.exited(message.exit);
      case 'session_closed':
        this.close();
        return this.events.closed();
      case 'error':
        if (this.state === 'joining') this.state = 'refused';
        return this.events.refused(message.code, message.message);
      default:
        return;
    }
  }

  /**
   * The sink parsed everything before `offset`, but for the last `carried` bytes: they wait for the
   * rest of their character. A resume begins with them; they are acknowledged all the same, because
   * the rest may never come, and who owes an acknowledgement for long is cut off.
   */
  parsed(offset: number, epoch: number, carried = 0): void {
    if (!this.ledger.parsedUpTo(offset, epoch, carried)) return;
    if (this.state === 'joined') this.acks.parsedUpTo(offset);
    this.events.changed();
  }

  input(bytes: Uint8Array): void {
    if (this.mode === 'read' || bytes.length === 0 || this.state === 'closed') return;
    if (!this.typed.push(bytes)) this.events.inputRefused(bytes.length);
    this.sendInput();
  }

  /** Asks for this size, which also asks to own it. */
  resize(grid: Grid): void {
    if (this.state !== 'joined' || this.mode === 'read') return;
    this.carrier.send({ type: 'terminal_resize', channel: this.number, ...grid });
  }

  private deliver(ops: StreamOp[]): void {
    if (ops.length > 0) this.sink.apply(ops);
    this.events.changed();
  }

  private gap(): void {
    const now = Date.now();
    const soon = now - this.lastGap < GAP_PAUSE_MS;
    this.lastGap = now;
    if (!soon) return this.rejoin();
    this.leave();
    this.gapTimer ??= setTimeout(() => {
      this.gapTimer = null;
      this.rejoin();
    }, GAP_PAUSE_MS);
  }

  private leave(): void {
    this.acks.stop();
    if (this.carrier.live && (this.state === 'joined' || this.state === 'joining')) {
      this.carrier.send({ type: 'leave_session', channel: this.number });
    }
    if (this.state !== 'closed') this.state = 'idle';
  }

  private stopWaiting(): void {
    if (this.gapTimer !== null) clearTimeout(this.gapTimer);
    this.gapTimer = null;
  }

  private joined(message: Joined): void {
    this.grid = { cols: message.cols, rows: message.rows };
    this.owner = message.owner;
    this.ledger.joined(message.offset, message.head ?? this.carrier.head(this.sessionId));
    this.state = 'joined';
    this.sink.count(message.widths ?? 'unicode11');
    this.deliver(this.ledger.resized(message.offset, this.grid));
    this.typed.resume(message.input ?? undefined);
    this.sendInput();
  }

  /** True while input leaves at once. */
  private get sending(): boolean {
    return this.state === 'joined' && this.carrier.live;
  }

  private sendInput(): void {
    if (!this.sending) return this.events.changed();
    const bytes = this.typed.take();
    for (const piece of splitInput(bytes)) this.carrier.sendBytes(encodeInput(this.number, piece));
  }

  private ack(offset: number): void {
    if (this.state === 'joined' && this.carrier.live) {
      this.carrier.send({ type: 'ack', channel: this.number, offset });
    }
  }
}
