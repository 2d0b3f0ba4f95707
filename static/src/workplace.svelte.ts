// The layout as it is now, kept on the server: read at the start, written shortly after each change,
// read again when another browser changed it. Two that change it at once are merged.
//
// Invariant: `base` is what the server has as `revision`; what differs from it here is unsaved.

import * as api from './api';
import { NOTHING, type Layout } from './model/layout';
import { decode, encode, looking, merge, same } from './model/workplace';
import type { UiMode, Workplace as Kept, WorkplaceConflict } from './wire';

const SAVE_MS = 150;
const AGAIN_MS = 3_000;

export class Workplace {
  layout = $state.raw<Layout>(NOTHING);
  /** How the server says pages begin. */
  private mode: UiMode = 'tabs';
  private base: Layout = NOTHING;
  private revision = 0;
  private unsaved = false;
  private saving = false;
  /** Told while a change of ours was on its way. */
  private missed = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `shown`: another layout is to be shown, whoever made it. */
  constructor(private readonly shown: (layout: Layout) => void) {}

  /** What the server keeps; `null` when it is nothing. Fails with an `ApiError`. */
  async read(): Promise<Layout | null> {
    const kept = await api.readWorkplace();
    this.mode = kept.mode;
    this.revision = kept.revision;
    const layout = decode(kept.layout, kept.mode);
    this.base = layout ?? NOTHING;
    return layout;
  }

  get initialMode(): UiMode {
    return this.mode;
  }

  /** What a person did. */
  change(next: Layout): void {
    if (same(next, this.layout)) return;
    this.show(next);
    this.unsaved = true;
    this.saveIn(SAVE_MS);
  }

  /** Another browser may have changed it. */
  async heard(revision: number): Promise<void> {
    if (this.saving) this.missed = revision;
    else if (revision !== this.revision) await this.catchUp();
  }

  /** The link is back: what could not be saved, and what was missed. */
  async catchUp(): Promise<void> {
    const kept = await api.readWorkplace().catch(() => null);
    if (kept && !this.saving && kept.revision !== this.revision) this.take(kept);
    if (this.unsaved) this.saveIn(0);
  }

  /** The page goes away. */
  flush(): void {
    if (!this.unsaved) return;
    this.unsaved = false;
    clearTimeout(this.timer);
    void api.keepWorkplace({ base: this.revision, layout: encode(this.layout) }, true).catch(() => undefined);
  }

  private take(kept: Kept): void {
    const theirs = decode(kept.layout, kept.mode) ?? NOTHING;
    const merged = this.unsaved ? merge(this.base, this.layout, theirs) : looking(theirs, this.layout);
    this.base = theirs;
    this.revision = kept.revision;
    this.show(merged);
  }

  private show(next: Layout): void {
    this.layout = next;
    this.shown(next);
  }

  private saveIn(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), ms);
  }

  private async save(): Promise<void> {
    if (this.saving || !this.unsaved) return;
    this.saving = true;
    this.unsaved = false;
    const sent = this.layout;
    let wait = SAVE_MS;
    try {
      const kept = await api.keepWorkplace({ base: this.revision, layout: encode(sent) });
      this.base = sent;
      this.revision = kept.revision;
    } catch (error) {
      this.unsaved = true;
      if (error instanceof api.ApiError && error.status === 409) this.take((error.body as WorkplaceConflict).workplace);
      else wait = AGAIN_MS;
    } finally {
      this.saving = false;
    }
    if (this.unsaved) this.saveIn(wait);
    else if (this.missed > this.revision) void this.catchUp();
  }
}
