// The panes that are typed into at once. Only those in front get it: nobody types blindly.

import { shown } from './model/layout';
import { isSlot } from './model/splits';
import type { SessionView } from './view.svelte';
import type { Workbench } from './workbench.svelte';

export class Group {
  private members = $state.raw<ReadonlySet<string>>(new Set());

  constructor(private readonly bench: Workbench) {}

  get size(): number {
    return this.members.size;
  }

  has(id: string): boolean {
    return this.members.has(id);
  }

  /** What is typed into one pane in front goes to all of them, or no longer. */
  broadcast(): void {
    const inFront = [...shown(this.bench.layout)].filter((pane) => !isSlot(pane));
    this.members = new Set(this.size > 0 ? [] : inFront);
  }

  /** Into the group, or out of it. */
  toggle(id: string): void {
    const others = [...this.members].filter((member) => member !== id);
    this.members = new Set(this.has(id) ? others : [...others, id]);
  }

  /** Without those that are closed. */
  keep(open: readonly SessionView[]): void {
    const left = open.filter((view) => this.has(view.id)).map((view) => view.id);
    if (left.length < this.size) this.members = new Set(left);
  }

  /** The other members get what was typed into one. */
  spread(from: SessionView, bytes: Uint8Array): void {
    if (!this.has(from.id)) return;
    const inFront = shown(this.bench.layout);
    const others = this.bench.views.filter((view) => view !== from && this.has(view.id) && inFront.has(view.id));
    for (const view of others) view.send(bytes);
  }
}
