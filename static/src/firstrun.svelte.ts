// The first run: asks the daemon how far its setup and its credentials are, and what a person must
// know first. A daemon without these parts is not asked, and then nothing is shown.

import * as api from './api';
import { headline, parseAbout, parseCredentials, parseSetup, type About, type Credentials, type Order, type Setup } from './model/setup';
import * as storage from './storage';
import { settings } from './settings.svelte';
import type { NewSession } from './sessions.svelte';
import type { SessionView } from './view.svelte';
import type { ServerEvent } from './wire';
import type { Workbench } from './workbench.svelte';

const POLL_MS = 1_500;
/** While something fails to answer, and while credentials are missing. */
const CALM_MS = 10_000;
const FEW_LINES = 4;
const HINTS = [
  ['page.palette', 'Everything the page can do'],
  ['tab.new', 'New session'],
  ['sessions.list', 'All sessions'],
  ['page.help', 'Keyboard shortcuts'],
] as const;

export class FirstRun {
  about = $state.raw<About>({ version: null, parts: new Set() });
  setup = $state.raw<Setup | null>(null);
  credentials = $state.raw<Credentials | null>(null);
  /** The step that the setup is opened at. */
  shownStep = $state<string | null>(null);
  /** The setup's line was put away; it comes back when something new goes wrong. */
  private hidden = $state('');
  private accepted = $state(Number(storage.read('consent') ?? 0));
  /** Sessions that were just made here and have not been typed in. */
  private fresh = $state.raw<ReadonlySet<string>>(new Set());
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly bench: Workbench) {}

  async start(): Promise<void> {
    this.about = parseAbout(await api.readVersion().catch(() => null));
    if (this.about.parts.size > 0) await this.look();
    if (this.mustAgree) this.bench.dialogs.show('consent');
    else if (this.needsToken) this.bench.dialogs.show('token');
  }

  get mustAgree(): boolean {
    return (this.setup?.consent ?? 0) > this.accepted;
  }

  get needsToken(): boolean {
    return this.credentials !== null && !this.credentials.valid;
  }

  /** What the page says at its edge, '' for nothing. */
  get line(): string {
    return this.setup === null || this.hidden === this.matter ? '' : headline(this.setup);
  }

  hide(): void {
    this.hidden = this.matter;
  }

  /** What the line is about: the setup as it goes on, or what did not work. */
  private get matter(): string {
    const { state = '', steps = [] } = this.setup ?? {};
    return state === 'error' ? steps.flatMap((step) => (step.state === 'error' ? step.id : [])).join() || state : 'under way';
  }

  agree(): void {
    this.accepted = this.setup?.consent ?? 0;
    storage.write('consent', String(this.accepted));
    this.bench.dialogs.close();
    if (this.needsToken) this.bench.dialogs.show('token');
  }

  /** Says who the token belongs to. Fails with an `ApiError`. */
  async configure(token: string): Promise<string | null> {
    try {
      return await api.configureToken(token);
    } finally {
      await this.look();
    }
  }

  /** A workspace is there, and with it a gateway that counts. */
  get metered(): boolean {
    return this.about.parts.has('credentials');
  }

  /** `step`: whose output is shown first. */
  showSetup(step: string | null = null): void {
    this.shownStep = step;
    this.bench.dialogs.show('setup');
  }

  /** Fails with an `ApiError`. */
  async order(step: string, order: Order): Promise<void> {
    try {
      await api.orderStep(step, order);
    } finally {
      await this.look();
    }
  }

  /** Installs what agents need in this machine. */
  async begin(): Promise<void> {
    await api.startSetup();
    await this.look();
  }

  /** A session that was just made here; only an empty shell has room for words. */
  greet(id: string, { command, from }: NewSession): void {
    if (settings.current.splash && command === undefined && from === undefined) this.fresh = new Set([...this.fresh, id]);
  }

  /** Until something is typed, or much is printed. */
  greets({ id, pane }: SessionView): boolean {
    void this.bench.now;
    return this.fresh.has(id) && pane.text().trimEnd().split('\n').length <= FEW_LINES;
  }

  /** Keys worth knowing first. */
  get hints(): { title: string; keys: string | undefined }[] {
    return HINTS.map(([id, title]) => ({ title, keys: this.bench.actions.keys(id)[0] }));
  }

  typed(id: string): void {
    if (this.fresh.has(id)) this.fresh = new Set([...this.fresh].filter((other) => other !== id));
  }

  /** Events are hints. */
  heard({ name }: ServerEvent): void {
    if (this.about.parts.size > 0 && /^(setup|credentials)\./.test(name)) void this.look();
  }

  private async look(): Promise<void> {
    clearTimeout(this.timer);
    const { parts } = this.about;
    const [setup, credentials] = await Promise.all([
      parts.has('setup') ? api.readSetup().then(parseSetup, () => this.setup) : null,
      parts.has('credentials') ? api.readPatStatus().then(parseCredentials, () => this.credentials) : null,
    ]);
    this.setup = setup;
    this.credentials = credentials;
    const works = setup?.begun === true && (setup.state === 'running' || setup.state === 'pending');
    const waits = this.needsToken || setup?.state === 'error';
    clearTimeout(this.timer);
    if (works || waits) this.timer = setTimeout(() => void this.look(), works ? POLL_MS : CALM_MS);
  }
}
