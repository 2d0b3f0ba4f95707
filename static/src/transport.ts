// How the link reaches the server: by WebSocket, and by polling where none gets through. While it
// polls it goes on trying, ever more seldom, and changes back by itself.

import type { Socket } from './link';
import { PollSocket, type PollDeps } from './polling';

export interface TransportDeps extends PollDeps {
  ticket(): Promise<string>;
  webSocket(ticket: string): WebSocket;
  /** Polling began or ended. */
  changed(polling: boolean): void;
}

/** Sockets that never opened though the server answers, until polling begins. One that kept us waiting counts double. */
const TRIES = 2;
const LONG_MS = 4_000;
const FIRST_PROBE_MS = 5_000;
const LAST_PROBE_MS = 60_000;

export class Transport {
  private failures = 0;
  private poll: PollSocket | null = null;
  private probeMs = FIRST_PROBE_MS;
  private probeTimer: ReturnType<typeof setTimeout> | undefined;
  private probing = false;

  constructor(private readonly deps: TransportDeps) {}

  open(ticket: string): Socket {
    if (this.failures < TRIES) return this.watched(this.deps.webSocket(ticket));
    this.poll = new PollSocket(this.deps);
    this.probeSoon();
    this.deps.changed(true);
    return this.poll;
  }

  /** Another session is in front, or the page is looked at again. */
  look(): void {
    this.poll?.look();
  }

  /** The network may have changed. */
  wake(): void {
    if (this.poll === null) return;
    this.probeMs = FIRST_PROBE_MS;
    void this.probe();
  }

  private watched(socket: WebSocket): WebSocket {
    const since = Date.now();
    let opened = false;
    socket.addEventListener('open', () => {
      opened = true;
      this.failures = 0;
      this.ended();
    });
    socket.addEventListener('close', () => {
      if (!opened) this.failures += Date.now() - since > LONG_MS ? TRIES : 1;
    });
    return socket;
  }

  private probeSoon(): void {
    clearTimeout(this.probeTimer);
    this.probeTimer = setTimeout(() => void this.probe(), this.probeMs);
    this.probeMs = Math.min(this.probeMs * 2, LAST_PROBE_MS);
  }

  /** Opens a socket only to see that it opens; then the link is asked to come again. */
  private async probe(): Promise<void> {
    if (this.probing || this.poll === null) return;
    this.probing = true;
    const works = await this.opens().catch(() => false);
    this.probing = false;
    if (!works) return this.probeSoon();
    this.failures = 0;
    await this.poll?.retire();
  }

  private async opens(): Promise<boolean> {
    const socket = this.deps.webSocket(await this.deps.ticket());
    return new Promise((done) => {
      socket.addEventListener('open', () => (done(true), socket.close()));
      socket.addEventListener('close', () => done(false));
      setTimeout(() => socket.close(), LONG_MS);
    });
  }

  private ended(): void {
    clearTimeout(this.probeTimer);
    this.probeMs = FIRST_PROBE_MS;
    this.poll = null;
    this.deps.changed(false);
  }
}
