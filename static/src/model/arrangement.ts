// The workplace as a person arranged it: tabs of panes, and the grid that shows all sessions beside
// each other. Both arrangements are kept, so that switching between them loses nothing.
//
// Invariants: each session has at most one pane in an arrangement; the arrangement in front has
// every open session, the other one no session that is not open; a tab has at least one pane, and
// `focus` is one of them. Pane and tab identities are unique in a layout.

import type { UiMode } from '../wire';
import { has, isSlot, leaves, type Leaf, type Node } from './splits';

export interface Tab {
  readonly id: string;
  /** What a person called it; '' goes by its sessions. */
  readonly name: string;
  readonly root: Node;
  readonly focus: string;
  /** Only the pane in focus is shown. */
  readonly zoomed: boolean;
}

export interface Layout {
  readonly mode: UiMode;
  readonly tabs: readonly Tab[];
  readonly active: string | null;
  readonly grid: Tab | null;
}

export const NOTHING: Layout = { mode: 'tabs', tabs: [], active: null, grid: null };

/** The tab in front; in grid mode the grid. */
export function front(layout: Layout): Tab | null {
  if (layout.mode === 'grid') return layout.grid;
  return layout.tabs.find((tab) => tab.id === layout.active) ?? null;
}

/** The tabs of the arrangement in front. */
export function arranged(layout: Layout): readonly Tab[] {
  if (layout.mode === 'tabs') return layout.tabs;
  return layout.grid ? [layout.grid] : [];
}

/** The pane in focus. */
export function focused(layout: Layout): string | null {
  return front(layout)?.focus ?? null;
}

export function tabOf(layout: Layout, pane: string): Tab | null {
  return arranged(layout).find((tab) => has(tab.root, pane)) ?? null;
}

/** What is open, in reading order. */
export function openLeaves(layout: Layout): Leaf[] {
  return arranged(layout)
    .flatMap((tab) => leaves(tab.root))
    .filter((leaf) => !isSlot(leaf.pane));
}

/** Whether one pane has the page to itself: zoomed, or one of several where there is room for one only. */
export function isAlone(tab: Tab, narrow: boolean): boolean {
  return tab.zoomed || (narrow && leaves(tab.root).length > 1);
}

/** The panes that are on the page. */
export function shown(layout: Layout, narrow = false): Set<string> {
  const tab = front(layout);
  if (!tab) return new Set();
  return new Set(isAlone(tab, narrow) ? [tab.focus] : leaves(tab.root).map((leaf) => leaf.pane));
}
