// What can be done with a layout (model/arrangement): each a step to the next one, which holds the
// invariants again.

import type { JoinMode, UiMode } from '../wire';
import { front, focused, NOTHING, openLeaves, tabOf, type Layout, type Tab } from './arrangement';
import { gridOf, has, insert, isSlot, leaves, mapLeaves, moveDivider, neighbour, remove, replace, swap } from './splits';
import type { Divider, Edge, Leaf } from './splits';

export * from './arrangement';

/** Columns × rows. */
export const PRESETS: readonly (readonly [number, number])[] = [
  [1, 1], [2, 1], [1, 2], [2, 2], [3, 2], [3, 3], [4, 3], [4, 4], [5, 4],
];
const GRID = 'grid';

export type Target = { tab: string } | { pane: string; edge: Edge | 'middle' } | 'new tab';

// Opening and closing

/** In a tab of its own, or in the grid; only brought to the front when it is open. */
export function open(layout: Layout, leaf: Leaf): Layout {
  const shown = tabOf(layout, leaf.pane);
  if (shown) return focus(setMode(layout, leaf), leaf.pane);
  if (layout.mode === 'grid') return { ...layout, grid: withSession(layout, leaf) };
  const tab = tabFor(nextTab(layout), leaf);
  return { ...layout, tabs: [...layout.tabs, tab], active: tab.id };
}

/** A session in the place of a slot, or of another session. */
export function fill(layout: Layout, pane: string, leaf: Leaf): Layout {
  if (!tabOf(layout, pane)) return open(layout, leaf);
  const cleared = pane === leaf.pane ? layout : close(layout, leaf.pane);
  const change = (tab: Tab): Tab => ({
    ...tab,
    root: replace(tab.root, pane, leaf),
    focus: tab.focus === pane ? leaf.pane : tab.focus,
  });
  return { ...mapTabs(cleared, change), grid: cleared.grid && change(cleared.grid) };
}

/** Of a session, wherever it is; in a grid its slot stays. An empty slot goes. */
export function close(layout: Layout, pane: string): Layout {
  const tabs = layout.tabs.flatMap((tab) => without(tab, pane) ?? []);
  const grid = layout.grid && (isSlot(pane) ? without(layout.grid, pane) : emptied(layout, layout.grid, pane));
  return { ...layout, tabs, grid, active: nextActive(layout, tabs) };
}

export function closeTab(layout: Layout, id: string): Layout {
  const tab = layout.tabs.find((other) => other.id === id);
  return tab ? leaves(tab.root).reduce((rest, leaf) => close(rest, leaf.pane), layout) : layout;
}

/** Without the sessions that are no more. */
export function keep(layout: Layout, exists: (session: string) => boolean): Layout {
  const all = [...layout.tabs, ...(layout.grid ? [layout.grid] : [])].flatMap((tab) => leaves(tab.root));
  const gone = all.filter((leaf) => !isSlot(leaf.pane) && !exists(leaf.pane));
  return gone.reduce((rest, leaf) => close(rest, leaf.pane), layout);
}

/** A new empty slot at an edge of `pane`, in focus. */
export function splitAt(layout: Layout, pane: string, edge: Edge): { layout: Layout; slot: string } {
  const slot = nextSlot(layout);
  const next = mapTab(layout, tabOf(layout, pane)?.id ?? '', (tab) => ({
    ...tab,
    root: insert(tab.root, pane, edge, { pane: slot, mode: 'write' }),
    zoomed: false,
    focus: slot,
  }));
  return { layout: focus(next, slot), slot };
}

// Moving

export function select(layout: Layout, id: string): Layout {
  return layout.tabs.some((tab) => tab.id === id) ? { ...layout, active: id } : layout;
}

export function focus(layout: Layout, pane: string): Layout {
  const tab = tabOf(layout, pane);
  if (!tab) return layout;
  const chosen = { ...layout, active: layout.mode === 'tabs' ? tab.id : layout.active };
  return tab.focus === pane ? chosen : mapFront(chosen, (inFront) => ({ ...inFront, focus: pane }));
}

/** The next pane of the tab in front, around its end; `by` is 1 or -1. */
export function focusNext(layout: Layout, by: number): Layout {
  const tab = front(layout);
  if (!tab) return layout;
  const all = leaves(tab.root);
  const at = all.findIndex((leaf) => leaf.pane === tab.focus);
  return focus(layout, all[(at + by + all.length) % all.length]?.pane ?? tab.focus);
}

export function focusTowards(layout: Layout, edge: Edge): Layout {
  const tab = front(layout);
  const beside = tab && neighbour(tab.root, tab.focus, edge);
  return beside ? focus(layout, beside) : layout;
}

export function selectNext(layout: Layout, by: number): Layout {
  const at = layout.tabs.findIndex((tab) => tab.id === layout.active);
  const next = layout.tabs[(at + by + layout.tabs.length) % layout.tabs.length];
  return next ? select(layout, next.id) : layout;
}

export function moveTab(layout: Layout, id: string, to: number): Layout {
  const tab = layout.tabs.find((other) => other.id === id);
  if (!tab) return layout;
  const rest = layout.tabs.filter((other) => other !== tab);
  return { ...layout, tabs: rest.toSpliced(Math.max(0, Math.min(rest.length, to)), 0, tab) };
}

/** Into another tab, beside another pane, or (`middle`) in exchange with it. */
export function movePane(layout: Layout, pane: string, target: Target): Layout {
  const from = tabOf(layout, pane);
  const leaf = from && leaves(from.root).find((other) => other.pane === pane);
  if (!from || !leaf) return layout;
  if (target === 'new tab') return layout.mode === 'tabs' ? apart(layout, from, leaf) : layout;
  if ('tab' in target) {
    const to = layout.tabs.find((tab) => tab.id === target.tab);
    return !to || to === from ? layout : moveBeside(layout, leaf, to.focus, 'right');
  }
  const to = tabOf(layout, target.pane);
  if (!to || target.pane === pane) return layout;
  if (target.edge !== 'middle') return moveBeside(layout, leaf, target.pane, target.edge);
  if (to === from) return mapTab(layout, from.id, (tab) => ({ ...tab, root: swap(tab.root, pane, target.pane) }));
  return exchange(layout, from, to, leaf, target.pane);
}

/** Exchanges the pane in focus with its neighbour. */
export function movePaneTowards(layout: Layout, edge: Edge): Layout {
  const tab = front(layout);
  const beside = tab && neighbour(tab.root, tab.focus, edge);
  return tab && beside ? movePane(layout, tab.focus, { pane: beside, edge: 'middle' }) : layout;
}

/** Into the next tab. */
export function movePaneAlong(layout: Layout, by: number): Layout {
  const pane = focused(layout);
  if (layout.mode !== 'tabs' || pane === null || layout.tabs.length < 2) return layout;
  const id = selectNext(layout, by).active;
  return id === null ? layout : movePane(layout, pane, { tab: id });
}

// Shaping

/** `least`: how narrow a pane may become. */
export function resize(layout: Layout, divider: Divider, position: number, least: number): Layout {
  return mapFront(layout, (tab) => ({ ...tab, root: moveDivider(tab.root, divider, position, least) }));
}

export function zoom(layout: Layout): Layout {
  const tab = front(layout);
  if (!tab || (leaves(tab.root).length < 2 && !tab.zoomed)) return layout;
  return mapFront(layout, (inFront) => ({ ...inFront, zoomed: !inFront.zoomed }));
}

export function rename(layout: Layout, id: string, name: string): Layout {
  return mapTab(layout, id, (tab) => ({ ...tab, name: name.trim() }));
}

/** Whether the tab in front fits into so many cells without losing a pane. */
export function fits(layout: Layout, cols: number, rows: number): boolean {
  const tab = front(layout);
  return layout.mode === 'tabs' || tab === null || sessionsIn(tab).length <= cols * rows;
}

/** Equal cells for the tab in front. Its sessions keep their order; those for which there is no
 *  cell get tabs of their own, and cells for which there is no session wait for one. */
export function preset(layout: Layout, cols: number, rows: number): Layout {
  if (!fits(layout, cols, rows)) return layout;
  if (layout.mode === 'grid') return { ...layout, grid: regrid(layout, cols, rows, layout.grid ? sessionsIn(layout.grid) : []) };
  const started = front(layout) ? layout : withSlotTab(layout);
  const tab = front(started);
  if (!tab) return layout;
  const sessions = sessionsIn(tab);
  const shown = sessions.slice(0, cols * rows);
  const shaped = mapTab(started, tab.id, () => ({ ...regrid(started, cols, rows, shown, tab), id: tab.id, name: tab.name }));
  return sessions.slice(cols * rows).reduce((rest, leaf) => {
    const own = tabFor(nextTab(rest), leaf);
    return { ...rest, tabs: [...rest.tabs, own] };
  }, shaped);
}

/** The other arrangement, with everything that is open. */
export function switchMode(layout: Layout, mode: UiMode): Layout {
  if (layout.mode === mode) return layout;
  const opened = openLeaves(layout);
  const before = focused(layout);
  const switched: Layout = { ...layout, mode };
  const missing = opened.filter((leaf) => !tabOf(switched, leaf.pane));
  const next = mode === 'grid' ? gridWith(switched, missing) : missing.reduce((rest, leaf) => open(rest, leaf), switched);
  const first = next.active ?? next.tabs[0]?.id ?? null;
  return before === null ? { ...next, active: first } : focus({ ...next, active: first }, before);
}

// Inside

export function tabFor(id: string, leaf: Leaf): Tab {
  return { id, name: '', root: leaf, focus: leaf.pane, zoomed: false };
}

function sessionsIn(tab: Tab): Leaf[] {
  return leaves(tab.root).filter((leaf) => !isSlot(leaf.pane));
}

function mapTabs(layout: Layout, change: (tab: Tab) => Tab): Layout {
  return { ...layout, tabs: layout.tabs.map(change) };
}

function mapTab(layout: Layout, id: string, change: (tab: Tab) => Tab): Layout {
  if (layout.mode === 'grid') return layout.grid?.id === id ? { ...layout, grid: change(layout.grid) } : layout;
  return mapTabs(layout, (tab) => (tab.id === id ? change(tab) : tab));
}

function mapFront(layout: Layout, change: (tab: Tab) => Tab): Layout {
  const tab = front(layout);
  return tab ? mapTab(layout, tab.id, change) : layout;
}

/** An open session is opened again to be written to, or only read. */
function setMode(layout: Layout, leaf: Leaf): Layout {
  const change = (tab: Tab): Tab => ({ ...tab, root: mapLeaves(tab.root, (other) => (other.pane === leaf.pane ? leaf : other)) });
  return { ...mapTabs(layout, change), grid: layout.grid && change(layout.grid) };
}

function without(tab: Tab, pane: string): Tab | null {
  if (!has(tab.root, pane)) return tab;
  const root = remove(tab.root, pane);
  if (root === null) return null;
  if (tab.focus !== pane) return { ...tab, root, zoomed: tab.zoomed && leaves(root).length > 1 };
  const at = leaves(tab.root).findIndex((leaf) => leaf.pane === pane);
  const left = leaves(root);
  const next = left[Math.min(at, left.length - 1)];
  return { ...tab, root, focus: next?.pane ?? '', zoomed: false };
}

/** An empty slot in the place of a session. */
function emptied(layout: Layout, grid: Tab, pane: string): Tab {
  if (!has(grid.root, pane)) return grid;
  const slot = nextSlot(layout);
  return { ...grid, root: replace(grid.root, pane, { pane: slot, mode: 'write' }), focus: grid.focus === pane ? slot : grid.focus };
}

/** The right neighbour of a closed tab comes to the front, else the left one. */
function nextActive(before: Layout, tabs: readonly Tab[]): string | null {
  if (tabs.some((tab) => tab.id === before.active)) return before.active;
  const at = before.tabs.findIndex((tab) => tab.id === before.active);
  return tabs[Math.min(Math.max(at, 0), tabs.length - 1)]?.id ?? null;
}

function moveBeside(layout: Layout, leaf: Leaf, beside: string, edge: Edge): Layout {
  const taken = lift(layout, leaf.pane);
  const to = tabOf(taken, beside);
  if (!to) return layout;
  const moved = mapTab(taken, to.id, (tab) => ({ ...tab, root: insert(tab.root, beside, edge, leaf), zoomed: false }));
  return focus(moved, leaf.pane);
}

/** Out of the arrangement in front, to be put in somewhere else. */
function lift(layout: Layout, pane: string): Layout {
  if (layout.mode === 'grid') return { ...layout, grid: layout.grid && without(layout.grid, pane) };
  const tabs = layout.tabs.flatMap((tab) => without(tab, pane) ?? []);
  return { ...layout, tabs, active: nextActive(layout, tabs) };
}

function apart(layout: Layout, from: Tab, leaf: Leaf): Layout {
  if (leaves(from.root).length < 2) return layout;
  const lifted = lift(layout, leaf.pane);
  const tab = tabFor(nextTab(layout), leaf);
  const at = lifted.tabs.findIndex((other) => other.id === from.id);
  return { ...lifted, tabs: lifted.tabs.toSpliced(at + 1, 0, tab), active: tab.id };
}

function exchange(layout: Layout, from: Tab, to: Tab, leaf: Leaf, pane: string): Layout {
  const other = leaves(to.root).find((found) => found.pane === pane);
  if (!other) return layout;
  const put = (tab: Tab, out: Leaf, into: Leaf): Tab => ({
    ...tab,
    root: replace(tab.root, out.pane, into),
    focus: tab.focus === out.pane ? into.pane : tab.focus,
  });
  const first = mapTab(layout, from.id, (tab) => put(tab, leaf, other));
  return focus(mapTab(first, to.id, (tab) => put(tab, other, leaf)), leaf.pane);
}

/** A tab of one empty slot, for a preset when nothing is open. */
function withSlotTab(layout: Layout): Layout {
  const tab = tabFor(nextTab(layout), { pane: nextSlot(layout), mode: 'write' });
  return { ...layout, tabs: [...layout.tabs, tab], active: tab.id };
}

function withSession(layout: Layout, leaf: Leaf): Tab {
  const grown = gridWith(layout, [leaf]).grid ?? tabFor(GRID, leaf);
  return { ...grown, focus: leaf.pane };
}

/** The grid with these, too: in its empty slots, or in the next larger one. */
function gridWith(layout: Layout, more: readonly Leaf[]): Layout {
  if (more.length === 0) return layout;
  if (layout.grid === null) {
    const [cols, rows] = roomFor(more.length);
    return { ...layout, grid: regrid(layout, cols, rows, more) };
  }
  const slots = leaves(layout.grid.root).filter((leaf) => isSlot(leaf.pane));
  // The slot in focus first.
  slots.sort((a, b) => Number(b.pane === layout.grid?.focus) - Number(a.pane === layout.grid?.focus));
  if (slots.length >= more.length) return more.reduce((rest, leaf, at) => fill(rest, slots[at]?.pane ?? '', leaf), layout);
  const all = [...sessionsIn(layout.grid), ...more];
  const [cols, rows] = roomFor(all.length);
  return { ...layout, grid: regrid(layout, cols, rows, all) };
}

function roomFor(count: number): readonly [number, number] {
  return PRESETS.find(([cols, rows]) => cols * rows >= count) ?? [5, Math.ceil(count / 5)];
}

/** `of`: the tab whose focus is kept; the grid, where none is given. */
function regrid(layout: Layout, cols: number, rows: number, sessions: readonly Leaf[], of: Tab | null = layout.grid): Tab {
  const first = Number(nextSlot(layout).slice(1));
  const cells = Array.from({ length: cols * rows }, (_, at): Leaf => sessions[at] ?? { pane: `+${first + at}`, mode: 'write' });
  const kept = cells.find((leaf) => leaf.pane === of?.focus) ?? cells[0];
  return { id: GRID, name: '', root: gridOf(cols, rows, cells), focus: kept?.pane ?? '', zoomed: false };
}

function nextSlot(layout: Layout): string {
  const all = [...layout.tabs, ...(layout.grid ? [layout.grid] : [])].flatMap((tab) => leaves(tab.root));
  const numbers = all.filter((leaf) => isSlot(leaf.pane)).map((leaf) => Number(leaf.pane.slice(1)) || 0);
  return `+${Math.max(0, ...numbers) + 1}`;
}

export function nextTab(layout: Layout): string {
  const numbers = layout.tabs.map((tab) => Number(/^t(\d+)$/.exec(tab.id)?.[1] ?? 0));
  return `t${Math.max(0, ...numbers) + 1}`;
}

/** A session to begin with in each tab, the first in front. */
export function tabsOf(sessions: readonly { id: string; mode: JoinMode }[], mode: UiMode, active: string | null = null): Layout {
  const opened = sessions.reduce((layout, { id, mode: how }) => open(layout, { pane: id, mode: how }), { ...NOTHING, mode });
  const first = active ?? sessions[0]?.id;
  return first === undefined ? opened : focus(opened, first);
}
