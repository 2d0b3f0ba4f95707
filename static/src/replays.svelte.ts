// Which session is shown as a recording, if any. `/?session=<id>` is a link to a session: the server
// says whether it is shown live or as a recording, or is not kept any more.

import * as api from './api';
import type { Player } from './player.svelte';
import type { Exit, Recording } from './wire';
import type { Workbench } from './workbench.svelte';

interface Shown {
  id: string;
  phase: 'asking' | 'playing' | 'expired' | 'failed';
  /** Its program still runs. */
  runs: boolean;
  exit: Exit | null;
  recording: Recording | null;
  error: string;
}

const PARAMETER = 'session';

export class Replays {
  shown = $state.raw<Shown | null>(null);
  /** Of the recording that is shown, for browser tests. */
  player: Player | null = null;
  /** The session that the page's address names. */
  readonly linked: string | null;

  constructor(private readonly bench: Workbench) {
    this.linked = new URLSearchParams(globalThis.location?.search ?? '').get(PARAMETER);
  }

  /** Opens what the address names, as the server says. */
  follow(): void {
    if (this.linked !== null) void this.ask(this.linked, true);
  }

  /** Whether it runs or not: as far as it is recorded. */
  open(id: string): void {
    void this.ask(id, false);
  }

  again(): void {
    if (this.shown) void this.ask(this.shown.id, false);
  }

  live(): void {
    const id = this.shown?.id;
    this.bench.dialogs.close();
    if (id !== undefined) this.bench.panes.open(id);
    this.bench.focus();
  }

  /** The dialog is gone. */
  closed(): void {
    this.shown = null;
    this.player = null;
    address(null);
  }

  private async ask(id: string, orLive: boolean): Promise<void> {
    const nothing: Shown = { id, phase: 'asking', runs: false, exit: null, recording: null, error: '' };
    const row = this.bench.directory.row(id);
    if (orLive && row !== null && row.state !== 'ended') return this.goLive(id);
    this.shown = nothing;
    address(id);
    this.bench.dialogs.show('replay');
    try {
      const { show, exit, recording } = await api.readReplay(id);
      if (this.shown !== nothing) return;
      if (orLive && show === 'live') return this.goLive(id);
      const phase = recording === null ? 'expired' : 'playing';
      this.shown = { ...nothing, phase, runs: show === 'live', exit, recording };
    } catch (error) {
      if (this.shown !== nothing) return;
      const gone = error instanceof api.ApiError && error.status === 404;
      const said = error instanceof Error ? error.message : 'the recording could not be read';
      this.shown = { ...nothing, phase: gone ? 'expired' : 'failed', error: said };
    }
  }

  private goLive(id: string): void {
    this.bench.dialogs.close();
    address(null);
    this.bench.panes.open(id);
  }
}

/** The address names the recording while it is shown, so that a reload shows it again. */
function address(id: string | null): void {
  const query = id === null ? '' : `?${PARAMETER}=${encodeURIComponent(id)}`;
  history.replaceState(null, '', `${location.pathname}${query}${location.hash}`);
}
