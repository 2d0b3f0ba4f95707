// The codec of the socket: binary frames (little-endian) and JSON text frames.
// Server: [u8 kind][u32 channel][u64 offset][payload]. Client: [u8 kind][u32 channel][payload].
// Malformed input throws `FrameError`; a text frame of an unknown type is `null`, so that a
// newer server may say more than this client understands.

import type { ServerMessage } from './wire';

const OUTPUT = 1;
const SNAPSHOT_PART = 2;
const SNAPSHOT_LAST = 3;
const DIFFERENCE = 4;
const KINDS: Record<number, ServerFrame['kind']> = {
  [OUTPUT]: 'output',
  [SNAPSHOT_PART]: 'snapshot',
  [SNAPSHOT_LAST]: 'snapshot',
  [DIFFERENCE]: 'difference',
};
const INPUT = 1;
const SERVER_HEADER = 13;
const CLIENT_HEADER = 5;
const MAX_CHANNEL = 0xffff_ffff;

/** Input travels in pieces of at most this many bytes. */
export const MAX_INPUT_PIECE = 64 * 1024;

export class FrameError extends Error {}

export interface ServerFrame {
  kind: 'output' | 'snapshot' | 'difference';
  /** False for all parts of a snapshot but the last. */
  last: boolean;
  channel: number;
  offset: number;
  payload: Uint8Array;
}

export function decodeFrame(data: ArrayBuffer): ServerFrame {
  if (data.byteLength < SERVER_HEADER) {
    throw new FrameError(`frame of ${data.byteLength} bytes is shorter than its header`);
  }
  const view = new DataView(data);
  const number = view.getUint8(0);
  const kind = KINDS[number];
  if (kind === undefined) throw new FrameError(`unknown frame kind ${number}`);
  const offset = view.getBigUint64(5, true);
  const payload = new Uint8Array(data, SERVER_HEADER);
  if (offset + BigInt(payload.length) > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new FrameError(`offset ${offset} is beyond what this client can count`);
  }
  return {
    kind,
    last: number !== SNAPSHOT_PART,
    channel: view.getUint32(1, true),
    offset: Number(offset),
    payload,
  };
}

export function encodeInput(channel: number, payload: Uint8Array): ArrayBuffer {
  if (!isChannel(channel)) throw new FrameError(`channel ${channel} is not a u32`);
  if (payload.length > MAX_INPUT_PIECE) {
    throw new FrameError(`input piece of ${payload.length} bytes is over ${MAX_INPUT_PIECE}`);
  }
  const frame = new ArrayBuffer(CLIENT_HEADER + payload.length);
  const view = new DataView(frame);
  view.setUint8(0, INPUT);
  view.setUint32(1, channel, true);
  new Uint8Array(frame, CLIENT_HEADER).set(payload);
  return frame;
}

// The other side, for whoever stands in for a server (polling.ts).

export function encodeFrame({ kind, last, channel, offset, payload }: ServerFrame): ArrayBuffer {
  const frame = new ArrayBuffer(SERVER_HEADER + payload.length);
  const view = new DataView(frame);
  view.setUint8(0, { output: OUTPUT, snapshot: last ? SNAPSHOT_LAST : SNAPSHOT_PART, difference: DIFFERENCE }[kind]);
  view.setUint32(1, channel, true);
  view.setBigUint64(5, BigInt(offset), true);
  new Uint8Array(frame, SERVER_HEADER).set(payload);
  return frame;
}

export function decodeInput(data: ArrayBuffer): { channel: number; payload: Uint8Array } {
  if (data.byteLength < CLIENT_HEADER) throw new FrameError('input is shorter than its header');
  return { channel: new DataView(data).getUint32(1, true), payload: new Uint8Array(data, CLIENT_HEADER) };
}

/** Cuts input into pieces that fit a frame. The server joins them: a cut may fall anywhere. */
export function splitInput(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += MAX_INPUT_PIECE) {
    pieces.push(bytes.subarray(at, at + MAX_INPUT_PIECE));
  }
  return pieces;
}

type Kind = 'channel' | 'offset' | 'offset?' | 'cells' | 'text' | 'flag' | 'object';

const FIELDS: Record<ServerMessage['type'], Record<string, Kind>> = {
  joined: {
    channel: 'channel',
    session_id: 'text',
    offset: 'offset',
    head: 'offset?',
    cols: 'cells',
    rows: 'cells',
    label: 'text',
    owner: 'flag',
    input: 'offset?',
  },
  input_ack: { channel: 'channel', offset: 'offset' },
  resized: { channel: 'channel', offset: 'offset', cols: 'cells', rows: 'cells', owner: 'flag' },
  session_exited: { channel: 'channel', session_id: 'text', exit: 'object' },
  session_closed: { channel: 'channel', session_id: 'text' },
  shutting_down: { restart: 'flag' },
  event: { name: 'text' },
  heartbeat: {},
  error: { code: 'text', message: 'text' },
};

const FITS: Record<Kind, (value: unknown) => boolean> = {
  channel: isChannel,
  offset: isOffset,
  'offset?': (value) => value === undefined || value === null || isOffset(value),
  cells: (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 1000,
  text: (value) => typeof value === 'string',
  flag: (value) => typeof value === 'boolean',
  object: (value) => typeof value === 'object' && value !== null,
};

export function decodeMessage(text: string): ServerMessage | null {
  const message = parse(text);
  const type = message['type'];
  if (typeof type !== 'string') throw new FrameError('message has no type');
  if (!Object.hasOwn(FIELDS, type)) return null;
  const fields = FIELDS[type as ServerMessage['type']];
  for (const [name, kind] of Object.entries(fields)) {
    if (!FITS[kind](message[name])) throw new FrameError(`${type}: field ${name} is not a ${kind}`);
  }
  return message as unknown as ServerMessage;
}

function parse(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FrameError('message is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FrameError('message is not an object');
  }
  return value as Record<string, unknown>;
}

function isChannel(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_CHANNEL;
}

function isOffset(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
