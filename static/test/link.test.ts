import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { again, joined, live, settle, stage, watch } from './stage';
import { FakeSink, frame } from './support';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('resume', () => {
  it('joins again from the parsed offset and drops the overlap', async () => {
    const scene = await live();
    scene.last().deliver(frame(1, scene.channel.id, 0, 'abc'));
    scene.sink.parse(scene.channel);
    scene.last().deliver(frame(1, scene.channel.id, 3, 'def'));
    scene.last().drop();
    await again(scene, 3);
    expect(scene.last().of('join_session')).toMatchObject([{ from: 3, session_id: 's', cols: 80 }]);
    scene.last().deliver(frame(1, scene.channel.id, 3, 'defghi'));
    expect(scene.sink.text).toBe('abcdefghi');
    expect(scene.seen.opened).toEqual([false, true]);
  });

  it('tells the sink how the server counts columns', async () => {
    const scene = await live();
    expect(scene.sink.widths).toBe('unicode11');
    scene.last().drop();
    await again(scene, 0, { widths: 'graphemes' });
    expect(scene.sink.widths).toBe('graphemes');
  });

  it('asks for everything when nothing was parsed', async () => {
    const scene = await live();
    scene.last().deliver(frame(1, scene.channel.id, 0, 'abc'));
    scene.last().drop();
    await again(scene, 0);
    expect(scene.last().of('join_session')[0]).not.toHaveProperty('from');
  });

  it('leaves and joins without an offset after a gap, and ignores the old channel', async () => {
    const scene = await live();
    scene.last().deliver(frame(1, scene.channel.id, 0, 'abc'));
    scene.sink.parse(scene.channel);
    const before = scene.channel.id;
    scene.last().deliver(frame(1, before, 9, 'lost'));
    expect(scene.last().of('leave_session')).toMatchObject([{ channel: before }]);
    const join = scene.last().of('join_session')[1]!;
    expect(join).not.toHaveProperty('from');
    expect(join['channel']).toBe(scene.channel.id);
    scene.last().deliver(frame(1, before, 3, 'late'));
    scene.last().say({ type: 'joined', channel: scene.channel.id, session_id: 's', offset: 13, ...joined });
    scene.last().deliver(frame(3, scene.channel.id, 13, 'screen'));
    expect(scene.sink.text).toBe('screen');
  });

  it('a second gap at once waits a second', async () => {
    const scene = await live();
    scene.last().deliver(frame(1, scene.channel.id, 5, 'x'));
    scene.last().say({ type: 'joined', channel: scene.channel.id, session_id: 's', offset: 0, ...joined });
    scene.last().deliver(frame(1, scene.channel.id, 5, 'x'));
    expect(scene.last().of('join_session')).toHaveLength(2);
    await settle(1_000);
    expect(scene.last().of('join_session')).toHaveLength(3);
  });

  it('marks what came before the head as history', async () => {
    const scene = await live();
    scene.seen.heads.set('s', 100);
    scene.last().drop();
    await again(scene, 0, { head: 3 });
    scene.last().deliver(frame(1, scene.channel.id, 0, 'abcdef'));
    expect(scene.sink.ops.slice(-2)).toMatchObject([{ upTo: 3, history: true }, { upTo: 6, history: false }]);
  });

  it('goes by the list when the server says no head', async () => {
    const scene = await live();
    scene.last().deliver(frame(1, scene.channel.id, 0, 'abc'));
    scene.sink.parse(scene.channel);
    scene.seen.heads.set('s', 6);
    scene.last().drop();
    await again(scene, 3);
    scene.sink.ops = [];
    scene.last().deliver(frame(1, scene.channel.id, 3, 'defghi'));
    expect(scene.sink.ops).toMatchObject([{ upTo: 6, history: true }, { upTo: 9, history: false }]);
  });
});

describe('reconnecting', () => {
  it('tries at once, then backs off to five seconds', async () => {
    const scene = await live();
    await settle(2_000);
    scene.deps.ticket.mockRejectedValue(new Error('down'));
    scene.last().drop();
    const waits: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const state = scene.states.at(-1);
      waits.push(state?.phase === 'waiting' ? state.until - Date.now() : -1);
      await settle(waits.at(-1));
    }
    expect(waits).toEqual([0, 188, 375, 750, 1500, 3000, 3750, 3750]);
  });

  it('a server that accepts and hangs up is not hammered', async () => {
    const scene = stage();
    scene.link.start();
    await settle();
    for (let round = 0; round < 50; round += 1) {
      if (scene.last().readyState === 0) scene.last().accept();
      if (scene.last().readyState === 1) scene.last().drop();
      await settle(100);
    }
    expect(scene.sockets.length).toBeLessThan(9);
  });

  it('comes back quickly from a restart', async () => {
    const scene = await live();
    await settle(2_000);
    scene.last().say({ type: 'shutting_down', restart: true });
    scene.deps.ticket.mockRejectedValue(new Error('down'));
    scene.last().drop(1012);
    await settle(20_000);
    const state = scene.states.at(-1);
    expect(state?.phase === 'waiting' && state.until - Date.now()).toBeLessThanOrEqual(1_000);
  });

  it('does not wait when the page wakes up', async () => {
    const scene = await live();
    scene.deps.ticket.mockRejectedValue(new Error('down'));
    scene.last().drop();
    await settle(4_000);
    scene.deps.ticket.mockResolvedValue('t');
    const before = scene.sockets.length;
    scene.link.wake();
    await settle();
    expect(scene.sockets.length).toBe(before + 1);
  });

  it('gives up an attempt that hangs for ten seconds', async () => {
    const scene = stage();
    scene.deps.ticket.mockReturnValue(new Promise(() => undefined));
    scene.link.start();
    await settle(10_000);
    expect(scene.phase()).toBe('waiting');
  });

  it('ignores a socket that was given up', async () => {
    const scene = await live();
    const old = scene.last();
    const spoken = old.onmessage;
    old.drop();
    await again(scene, 0);
    spoken?.({ data: frame(1, scene.channel.id, 0, 'ghost') } as MessageEvent);
    expect(scene.sink.text).toBe('');
  });

  it('a malformed frame costs the socket, not the stream', async () => {
    const scene = await live();
    const old = scene.last();
    scene.last().deliver(frame(1, scene.channel.id, 0, 'abc'));
    scene.sink.parse(scene.channel);
    old.deliver(new ArrayBuffer(3));
    expect(old.closed).toBe(true);
    await again(scene, 3);
    expect(scene.last().of('join_session')[0]).toMatchObject({ from: 3 });
  });

  it.each([
    ['a 401 for the ticket', 401, 'unauthorized', 'signed-out'],
    ['a 403 for the ticket', 403, 'forbidden', 'forbidden'],
    ['a 503 for the ticket', 503, 'unavailable', 'waiting'],
  ])('%s', async (_what, status, code, phase) => {
    const scene = stage();
    scene.deps.ticket.mockRejectedValue({ status, code });
    scene.link.start();
    await settle();
    expect(scene.phase()).toBe(phase);
  });

  it('close code 4401 means signed out until asked again', async () => {
    const scene = await live();
    scene.last().drop(4401);
    await settle(60_000);
    expect(scene.phase()).toBe('signed-out');
    scene.link.retry();
    await again(scene, 0);
    expect(scene.phase()).toBe('live');
  });
});

describe('heartbeats', () => {
  it('are sent every 15 s and measure the round trip', async () => {
    const scene = await live();
    await settle(1_000);
    expect(scene.last().of('heartbeat')).toHaveLength(1);
    await settle(30);
    scene.last().say({ type: 'heartbeat' });
    expect(scene.seen.latency).toEqual([30]);
    await settle(15_000);
    expect(scene.last().of('heartbeat')).toHaveLength(2);
    expect(scene.last().of('heartbeat')[1]).toMatchObject({ session_ids: ['s'] });
  });

  it('silence for 20 s is a loss', async () => {
    const scene = await live();
    await settle(19_900);
    expect(scene.phase()).toBe('live');
    await settle(100);
    expect(scene.phase()).not.toBe('live');
  });

  it('a page that slept asks before it gives up', async () => {
    const scene = await live();
    vi.setSystemTime(Date.now() + 60_000);
    await settle(20_000);
    expect(scene.phase()).toBe('live');
    scene.last().say({ type: 'heartbeat' });
    await settle(5_000);
    expect(scene.phase()).toBe('live');
  });
});

describe('acknowledgements', () => {
  it('are sent at 32 KiB, or 50 ms after the first parsed byte', async () => {
    const scene = await live();
    scene.last().deliver(frame(1, scene.channel.id, 0, 'x'.repeat(1000)));
    scene.sink.parse(scene.channel);
    scene.last().deliver(frame(1, scene.channel.id, 1000, 'x'.repeat(10)));
    scene.sink.parse(scene.channel);
    await settle(49);
    expect(scene.last().of('ack')).toHaveLength(0);
    await settle(1);
    expect(scene.last().of('ack')).toMatchObject([{ offset: 1010 }]);
    scene.last().deliver(frame(1, scene.channel.id, 1010, 'x'.repeat(33_000)));
    scene.sink.parse(scene.channel);
    expect(scene.last().of('ack')[1]).toMatchObject({ offset: 1010 + 32_768 });
  });

  it('a snapshot is acknowledged once its last part is parsed', async () => {
    const scene = await live();
    scene.last().deliver(frame(2, scene.channel.id, 900, 'one'));
    scene.sink.parse(scene.channel);
    await settle(60);
    expect(scene.last().of('ack')).toHaveLength(0);
    scene.last().deliver(frame(3, scene.channel.id, 900, 'two'));
    scene.sink.parse(scene.channel);
    await settle(60);
    expect(scene.last().of('ack')).toMatchObject([{ offset: 900 }]);
    scene.last().deliver(frame(3, scene.channel.id, 900, 'again'));
    scene.sink.parse(scene.channel);
    await settle(60);
    expect(scene.last().of('ack')).toHaveLength(2);
  });

  it('do not wait for the rest of a character, on this socket nor on the next', async () => {
    const scene = await live();
    scene.last().deliver(frame(1, scene.channel.id, 0, 'abc'));
    scene.sink.parse(scene.channel, 2);
    await settle(60);
    expect(scene.last().of('ack')).toMatchObject([{ offset: 3 }]);
    scene.last().drop();
    await again(scene, 1);
    expect(scene.last().of('join_session')).toMatchObject([{ from: 1 }]);
    scene.last().deliver(frame(1, scene.channel.id, 1, 'bc'));
    await settle(60);
    expect(scene.last().of('ack')).toMatchObject([{ offset: 3 }]);
    expect(scene.sink.text).toBe('abc');
  });
});

describe('endings', () => {
  it('passes on exits, dismissals and refusals', async () => {
    const scene = await live();
    const exit = { code: 3, signal: null, at: '2026-01-05T14:02:00Z', reason: 'exited' } as const;
    scene.last().say({ type: 'session_exited', channel: scene.channel.id, session_id: 's', exit });
    expect(scene.events.exits).toEqual([exit]);
    scene.last().say({ type: 'session_closed', channel: scene.channel.id, session_id: 's' });
    expect(scene.events.closes).toBe(1);
    const other = watch();
    const channel = scene.link.open('none', 'write', new FakeSink(), other);
    scene.last().say({ type: 'error', channel: channel.id, code: 'session_not_found', message: 'gone' });
    expect(other.refusals).toEqual(['session_not_found']);
    expect(channel.state).toBe('refused');
  });

  it('a closed channel is left and not joined again', async () => {
    const scene = await live();
    scene.link.close(scene.channel);
    expect(scene.last().of('leave_session')).toHaveLength(1);
    scene.last().drop();
    await settle();
    scene.last().accept();
    expect(scene.last().of('join_session')).toEqual([]);
  });
});
