import { describe, expect, it } from 'vitest';
import { decodeFrame, decodeMessage, encodeInput, FrameError, MAX_INPUT_PIECE, splitInput } from '../src/frames';
import { frame } from './support';

describe('binary frames', () => {
  it('reads output, snapshot parts and last parts', () => {
    expect(decodeFrame(frame(1, 7, 42, 'hi'))).toMatchObject({ kind: 'output', last: true, channel: 7, offset: 42 });
    expect(decodeFrame(frame(2, 7, 42, 'hi'))).toMatchObject({ kind: 'snapshot', last: false });
    expect(decodeFrame(frame(3, 7, 42, ''))).toMatchObject({ kind: 'snapshot', last: true });
    expect(decodeFrame(frame(4, 7, 42, 'hi'))).toMatchObject({ kind: 'difference', last: true });
    expect([...decodeFrame(frame(1, 1, 0, 'ab')).payload]).toEqual([97, 98]);
  });

  it('is little-endian', () => {
    const bytes = Uint8Array.from([1, 2, 1, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 33]);
    const read = decodeFrame(bytes.buffer);
    expect(read.channel).toBe(258);
    expect(read.offset).toBe(2 ** 32 + 5);
  });

  it.each([
    ['empty', new ArrayBuffer(0)],
    ['shorter than its header', new ArrayBuffer(12)],
    ['of an unknown kind', frame(9, 1, 0, 'x')],
    ['of kind zero', frame(0, 1, 0, 'x')],
    ['beyond safe offsets', frame(1, 1, 2n ** 63n, 'x')],
    ['running beyond safe offsets', frame(1, 1, BigInt(Number.MAX_SAFE_INTEGER), 'x')],
  ])('rejects a frame %s', (_what, data) => {
    expect(() => decodeFrame(data)).toThrow(FrameError);
  });

  it('writes input with kind and channel', () => {
    const written = new Uint8Array(encodeInput(0x01020304, Uint8Array.of(65, 66)));
    expect([...written]).toEqual([1, 4, 3, 2, 1, 65, 66]);
  });

  it('refuses oversized input and channels that are no u32', () => {
    expect(() => encodeInput(1, new Uint8Array(MAX_INPUT_PIECE + 1))).toThrow(FrameError);
    for (const channel of [-1, 1.5, 2 ** 32, NaN]) {
      expect(() => encodeInput(channel, new Uint8Array(1))).toThrow(FrameError);
    }
  });

  it('splits input into pieces that join to the same bytes', () => {
    const bytes = Uint8Array.from({ length: MAX_INPUT_PIECE * 2 + 3 }, (_, at) => at % 251);
    const pieces = splitInput(bytes);
    expect(pieces.map((piece) => piece.length)).toEqual([MAX_INPUT_PIECE, MAX_INPUT_PIECE, 3]);
    expect(pieces.flatMap((piece) => [...piece])).toEqual([...bytes]);
    expect(splitInput(new Uint8Array(0))).toEqual([]);
  });
});

describe('text frames', () => {
  it('reads a known message', () => {
    const text = '{"type":"resized","channel":1,"offset":5,"cols":80,"rows":24,"owner":false}';
    expect(decodeMessage(text)).toEqual({ type: 'resized', channel: 1, offset: 5, cols: 80, rows: 24, owner: false });
  });

  it('ignores types it does not know', () => {
    expect(decodeMessage('{"type":"tomorrow"}')).toBeNull();
    expect(decodeMessage('{"type":"toString"}')).toBeNull();
  });

  it.each([
    'no json',
    'null',
    '[]',
    '"joined"',
    '{}',
    '{"type":5}',
    '{"type":"joined","channel":1}',
    '{"type":"resized","channel":1,"offset":-1,"cols":80,"rows":24,"owner":true}',
    '{"type":"resized","channel":1,"offset":1.5,"cols":80,"rows":24,"owner":true}',
    '{"type":"resized","channel":1,"offset":1,"cols":0,"rows":24,"owner":true}',
    '{"type":"resized","channel":1,"offset":1,"cols":80,"rows":1001,"owner":true}',
    '{"type":"resized","channel":"1","offset":1,"cols":80,"rows":24,"owner":true}',
    '{"type":"session_exited","channel":1,"session_id":"a","exit":null}',
    '{"type":"shutting_down"}',
  ])('rejects %s', (text) => {
    expect(() => decodeMessage(text)).toThrow(FrameError);
  });
});
