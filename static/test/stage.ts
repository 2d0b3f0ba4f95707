// A link on sockets without a network, for the tests of link and channel. Time is vitest's.

import { vi } from 'vitest';
import type { Channel, ChannelEvents } from '../src/channel';
import { Link } from '../src/link';
import type { Connection } from '../src/model/connection';
import type { Joined } from '../src/wire';
import { FakeSink, FakeSocket } from './support';

export const joined = { cols: 80, rows: 24, label: 'a', owner: true } as const;

/** A link on fake sockets. `ticket` may be replaced to fail. */
export function stage() {
  const sockets: FakeSocket[] = [];
  const states: Connection[] = [];
  const seen = { opened: [] as boolean[], latency: [] as number[], heads: new Map<string, number>() };
  const deps = {
    ticket: vi.fn(async () => 't'),
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    refresh: () => undefined,
    head: (id: string) => seen.heads.get(id) ?? 0,
    random: () => 0.5,
  };
  const link = new Link(deps, {
    state: (state) => states.push(state),
    opened: (again) => seen.opened.push(again),
    latency: (ms) => seen.latency.push(ms),
    event: () => undefined,
    error: () => undefined,
  });
  const last = (): FakeSocket => sockets[sockets.length - 1]!;
  const phase = (): string | undefined => states.at(-1)?.phase;
  return { link, sockets, states, seen, deps, last, phase };
}

export function watch(): ChannelEvents & { refusedInput: number; exits: unknown[]; closes: number; refusals: string[] } {
  const seen = {
    refusedInput: 0,
    exits: [] as unknown[],
    closes: 0,
    refusals: [] as string[],
    changed: () => undefined,
    output: () => undefined,
    exited: (exit: unknown) => void seen.exits.push(exit),
    closed: () => void (seen.closes += 1),
    refused: (code: string) => void seen.refusals.push(code),
    inputRefused: () => void (seen.refusedInput += 1),
  };
  return seen;
}

export async function settle(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** A live link with one joined channel at offset 0. */
export async function live(more: Partial<Joined> = {}) {
  const scene = stage();
  const sink = new FakeSink();
  const events = watch();
  scene.link.start();
  await settle();
  scene.last().accept();
  const channel = scene.link.open('s', 'write', sink, events);
  scene.last().say({ type: 'joined', channel: channel.id, session_id: 's', offset: 0, ...joined, ...more });
  return { ...scene, sink, events, channel };
}

export async function again(scene: { last(): FakeSocket; channel: Channel }, offset: number, more: Partial<Joined> = {}): Promise<void> {
  await settle();
  scene.last().accept();
  scene.last().say({ type: 'joined', channel: scene.channel.id, session_id: 's', offset, ...joined, ...more });
}
