// What several tests need: frames as a server writes them, a socket without a network, a sink
// that remembers, and rows.

import type { Sink } from '../src/channel';
import type { Socket } from '../src/link';
import type { Grid, StreamOp } from '../src/model/stream';
import type { Receipt, ServerMessage, SessionRow, Widths } from '../src/wire';

const encoder = new TextEncoder();

export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** A generator of numbers below `n`, the same each run. */
export function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % n;
  };
}

export function frame(kind: number, channel: number, offset: number | bigint, text: string): ArrayBuffer {
  const payload = bytes(text);
  const buffer = new ArrayBuffer(13 + payload.length);
  const view = new DataView(buffer);
  view.setUint8(0, kind);
  view.setUint32(1, channel, true);
  view.setBigUint64(5, BigInt(offset), true);
  new Uint8Array(buffer, 13).set(payload);
  return buffer;
}

export class FakeSocket implements Socket {
  binaryType = '';
  readyState = 0;
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  input = '';
  /** Lengths of the input frames. */
  pieces: number[] = [];
  closed = false;

  send(data: string | ArrayBuffer): void {
    if (typeof data === 'string') this.sent.push(JSON.parse(data));
    else this.take(new Uint8Array(data, 5));
  }

  private take(piece: Uint8Array): void {
    this.pieces.push(piece.length);
    this.input += new TextDecoder().decode(piece);
  }

  close(): void {
    this.closed = true;
    this.readyState = 3;
  }

  accept(): void {
    this.readyState = 1;
    this.onopen?.({} as Event);
  }

  say(message: ServerMessage | string): void {
    this.deliver(typeof message === 'string' ? message : JSON.stringify(message));
  }

  deliver(data: unknown): void {
    this.onmessage?.({ data } as MessageEvent);
  }

  drop(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code } as CloseEvent);
  }

  of(type: string): Record<string, unknown>[] {
    return this.sent.filter((message) => message['type'] === type);
  }
}

/** Keeps operations; `parse` answers all writes so far, as a terminal does once it has parsed. */
export class FakeSink implements Sink {
  ops: StreamOp[] = [];
  text = '';
  size: Grid = { cols: 80, rows: 24 };
  widths: Widths | null = null;
  private waiting: (StreamOp & { do: 'write' })[] = [];

  apply(ops: StreamOp[]): void {
    this.ops.push(...ops);
    for (const op of ops) {
      if (op.do === 'reset') this.text = '';
      if (op.do === 'write') this.text += new TextDecoder().decode(op.bytes);
      if (op.do === 'write') this.waiting.push(op);
    }
  }

  count(widths: Widths): void {
    this.widths = widths;
  }

  grid(): Grid {
    return this.size;
  }

  parse(channel: { parsed(offset: number, epoch: number, carried?: number): void }, carried = 0): void {
    for (const op of this.waiting.splice(0)) if (op.upTo !== null) channel.parsed(op.upTo, op.epoch, carried);
  }
}

export function row(fields: Partial<SessionRow> = {}): SessionRow {
  return {
    session_id: 'aaaaaaaa-1111',
    label: '',
    created_at: 0,
    last_poll_time: 0,
    exited: false,
    process: 'zsh',
    idle_seconds: 0,
    state: 'running',
    rows: 24,
    cols: 80,
    title: '',
    offset: 0,
    viewers: 0,
    exit: null,
    failure: null,
    receipt: null,
    journal_gap: 0,
    command: ['/bin/bash'],
    cwd: '/home/ann',
    bells: 0,
    output_idle_seconds: 0,
    input_idle_seconds: 0,
    viewer_idle_seconds: 0,
    ends_in_seconds: 86400,
    timeout_warning: false,
    activity: null,
    ...fields,
  };
}

export function receipt(fields: Partial<Receipt> = {}): Receipt {
  return {
    session_id: 'a',
    label: 'a',
    cause: 'the daemon was killed by signal 9',
    down_at: '2026-01-05T14:02:11.000Z',
    back_at: '2026-01-05T14:02:11.400Z',
    bytes_kept: 12 * 1024,
    bytes_lost: 0,
    offset: 0,
    ...fields,
  };
}
