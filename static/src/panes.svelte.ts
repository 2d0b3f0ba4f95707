// What a person does with tabs, panes and the grid. Each is a step from one layout to the next
// (model/layout); here is what goes with it: the focus, a notice, a session for a new place.

import * as layouts from './model/layout';
import { has, isSlot, leaves, type Edge, type Leaf } from './model/splits';
import type { NoticeAction } from './notices.svelte';
import type { SessionView } from './view.svelte';
import type { JoinMode, UiMode } from './wire';
import type { Workbench } from './workbench.svelte';

export class Panes {
  /** The tab that is being given a name. */
  renaming = $state<string | null>(null);

  constructor(private readonly bench: Workbench) {}

  open(id: string, mode: JoinMode = 'write'): void {
    const view = this.bench.view(id);
    if (view && view.readOnly !== (mode === 'read')) this.bench.disconnect(view);
    const leaf: Leaf = { pane: id, mode };
    const slot = this.bench.focused;
    const intoSlot = slot !== null && isSlot(slot) && !view;
    this.change(intoSlot ? layouts.fill(this.layout, slot, leaf) : layouts.open(this.layout, leaf));
  }

  /** Shows another arrangement of what is open; the pane in focus gets the keys. */
  arrange(layout: layouts.Layout): void {
    this.change(layout);
    this.bench.focus();
  }

  /** Of a session or a slot; its tab comes to the front. */
  select(pane: string): void {
    this.arrange(layouts.focus(this.layout, pane));
  }

  selectTab(id: string): void {
    this.arrange(layouts.select(this.layout, id));
  }

  /** The tab at this place, in the grid the pane. */
  selectAt(position: number): boolean {
    const { mode, grid, tabs } = this.layout;
    if (mode === 'tabs') {
      const tab = tabs[position];
      if (tab) this.selectTab(tab.id);
      return tab !== undefined;
    }
    const leaf = grid && leaves(grid.root)[position];
    if (leaf) this.select(leaf.pane);
    return Boolean(leaf);
  }

  switchMode(mode: UiMode): void {
    this.arrange(layouts.switchMode(this.layout, mode));
  }

  zoom(pane: string): void {
    this.arrange(layouts.zoom(layouts.focus(this.layout, pane)));
  }

  // New places

  /** A new session beside the one in focus, in its directory. */
  async split(edge: Edge): Promise<void> {
    const { focused, active, sessions } = this.bench;
    if (sessions.creating || focused === null) return;
    const cwd = active?.ended === false ? active.row?.cwd : undefined;
    const { layout, slot } = layouts.splitAt(this.layout, focused, edge);
    this.change(layout);
    await sessions.createIn(slot, cwd ? { cwd } : {});
  }

  get emptySlots(): string[] {
    return [...layouts.shown(this.layout)].filter(isSlot);
  }

  async fillSlots(): Promise<void> {
    for (const slot of this.emptySlots) await this.bench.sessions.createIn(slot, {});
  }

  // Closing

  /** Detaches; the session lives on. An empty slot goes. */
  close(pane: string): void {
    const view = this.bench.view(pane);
    if (view) this.sayClosed([view]);
    this.drop(pane);
    this.bench.focus();
  }

  closeTab(id: string): void {
    const tab = this.tab(id);
    if (!tab) return;
    this.sayClosed(this.bench.views.filter((view) => has(tab.root, view.id)));
    this.arrange(layouts.closeTab(this.layout, id));
  }

  /** Without a word. */
  drop(pane: string): void {
    this.change(layouts.close(this.layout, pane));
  }

  // Names

  /** The rename of a tab is over; `null`: it keeps its name. */
  async named(id: string, name: string | null): Promise<void> {
    this.renaming = null;
    this.bench.focus();
    const before = this.bench.tabFaces.find((face) => face.id === id)?.name;
    if (name !== null && name.trim() !== before) await this.rename(id, name);
  }

  /** Of a tab with one session this names the session. */
  private async rename(id: string, name: string): Promise<void> {
    const tab = this.tab(id);
    const [only, ...more] = tab ? leaves(tab.root) : [];
    if (!tab || !only) return;
    if (more.length > 0 || isSlot(only.pane)) return this.change(layouts.rename(this.layout, id, name));
    if (tab.name !== '') this.change(layouts.rename(this.layout, id, ''));
    await this.bench.sessions.rename(only.pane, name);
  }

  // Inside

  private get layout(): layouts.Layout {
    return this.bench.layout;
  }

  private change(layout: layouts.Layout): void {
    this.bench.place.change(layout);
  }

  private tab(id: string): layouts.Tab | undefined {
    return this.layout.tabs.find((tab) => tab.id === id);
  }

  private sayClosed(views: readonly SessionView[]): void {
    const [view] = views;
    if (!view) return;
    const before = this.layout;
    const one = views.length === 1;
    const said = one ? this.bench.name(view.id) : `${views.length} sessions`;
    const reopen = { label: 'Reopen', run: () => this.restore(before, views) };
    const endAll = (label: string): NoticeAction => ({ label, run: () => views.forEach(({ id }) => void this.bench.sessions.end(id)) });
    if (views.every((each) => each.ended)) {
      this.bench.notices.say(`${said} ${one ? 'stays' : 'stay'} in the session list.`, 'plain', [endAll('Dismiss'), reopen]);
    } else {
      const end = endAll(one ? 'End session' : 'End sessions');
      this.bench.notices.say(`Detached. ${said} ${one ? 'keeps' : 'keep'} running.`, 'plain', [end, reopen]);
    }
  }

  /** Exactly as it was when nothing else was done since, else in a tab. */
  private restore(before: layouts.Layout, views: readonly SessionView[]): void {
    const ids = views.map((view) => view.id);
    const untouched = layouts.openLeaves(before).filter((leaf) => !ids.includes(leaf.pane));
    const names = (list: readonly Leaf[]): string => list.map((leaf) => leaf.pane).sort().join();
    if (names(untouched) === names(layouts.openLeaves(this.layout))) this.change(before);
    else for (const view of views) this.open(view.id, view.readOnly ? 'read' : 'write');
    this.bench.focus();
  }
}
