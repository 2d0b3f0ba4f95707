// A layout on its way to the server and back. Whatever comes back gives a layout that holds its
// invariants; what cannot be understood is left out. Version 1; one of a later version is read for
// what is understood of it, and an older page leaves out what it does not know.

import type { UiMode } from '../wire';
import { close, focus, focused, open, openLeaves, tabOf, type Layout, type Tab } from './layout';
import { isLeaf, isSlot, leaves, mapLeaves, split, type Leaf, type Node } from './splits';

const VERSION = 1;
const DEEPEST = 24;
/** Panes in all; more is nobody's layout. */
const MOST = 400;
const LONGEST_NAME = 200;

export type Stored = Record<string, unknown>;

export function encode(layout: Layout): Stored {
  return { version: VERSION, ...layout };
}

/** `mode`: where the stored one says nothing of it. `null`: there is no layout in it at all. */
export function decode(stored: unknown, mode: UiMode): Layout | null {
  if (!isRecord(stored) || !Array.isArray(stored['tabs'])) return null;
  const seen = new Set<string>();
  const slots = new Set<string>();
  const ids = new Set<string>(['grid']);
  const tabs = stored['tabs'].flatMap((tab): Tab[] => {
    const read = readTab(tab, seen, slots);
    if (!read || ids.has(read.id)) return [];
    ids.add(read.id);
    return [read];
  });
  const grid = readTab(stored['grid'], new Set(), slots);
  const active = tabs.find((tab) => tab.id === stored['active'])?.id ?? tabs[0]?.id ?? null;
  const said = stored['mode'];
  const layout: Layout = {
    mode: said === 'tabs' || said === 'grid' ? said : mode,
    tabs,
    active,
    grid: grid && { ...grid, id: 'grid' },
  };
  return agreed(layout);
}

/** The arrangement behind holds nothing that is not open in front. */
function agreed(layout: Layout): Layout {
  const opened = new Set(openLeaves(layout).map((leaf) => leaf.pane));
  const behind: Layout = { ...layout, mode: layout.mode === 'grid' ? 'tabs' : 'grid' };
  const extra = openLeaves(behind).filter((leaf) => !opened.has(leaf.pane));
  return extra.reduce((rest, leaf) => close(rest, leaf.pane), layout);
}

function readTab(stored: unknown, seen: Set<string>, slots: Set<string>): Tab | null {
  if (!isRecord(stored)) return null;
  const { id, name, focus: chosen, zoomed } = stored;
  const root = readNode(stored['root'], seen, slots, 0);
  if (typeof id !== 'string' || id === '' || root === null) return null;
  const all = leaves(root);
  const inFocus = all.find((leaf) => leaf.pane === chosen) ?? all[0];
  return {
    id,
    name: typeof name === 'string' ? name.slice(0, LONGEST_NAME) : '',
    root,
    focus: inFocus?.pane ?? '',
    zoomed: zoomed === true && all.length > 1,
  };
}

function readNode(stored: unknown, seen: Set<string>, slots: Set<string>, depth: number): Node | null {
  if (!isRecord(stored) || depth > DEEPEST) return null;
  if ('pane' in stored) return readLeaf(stored, seen, slots);
  const { dir, parts, sizes } = stored;
  if ((dir !== 'row' && dir !== 'column') || !Array.isArray(parts)) return null;
  const given: unknown[] = Array.isArray(sizes) ? sizes : [];
  const read = parts.flatMap((part, at) => {
    const node = readNode(part, seen, slots, depth + 1);
    const size = given[at];
    const fits = typeof size === 'number' && size > 0 && Number.isFinite(size);
    return node === null ? [] : [{ node, size: fits ? size : 1 / parts.length }];
  });
  if (read.length === 0) return null;
  return split(dir, read.map((part) => part.node), read.map((part) => part.size));
}

function readLeaf(stored: Stored, seen: Set<string>, slots: Set<string>): Leaf | null {
  const { pane, mode } = stored;
  if (typeof pane !== 'string' || pane === '' || seen.size + slots.size >= MOST) return null;
  const known = isSlot(pane) ? slots : seen;
  if (known.has(pane) || (isSlot(pane) && !/^\+\d{1,6}$/.test(pane))) return null;
  known.add(pane);
  return { pane, mode: mode === 'read' ? 'read' : 'write' };
}

/**
 * Another browser changed the workplace from the same `base`: theirs is taken, what was opened here
 * since is opened in it, what was closed here is closed. What is in front here stays in front.
 */
export function merge(base: Layout, mine: Layout, theirs: Layout): Layout {
  const before = sessions(base);
  const own = openLeaves(mine);
  const added = own.filter((leaf) => !before.has(leaf.pane) && !tabOf(theirs, leaf.pane));
  const closed = [...before].filter((pane) => !sessions(mine).has(pane));
  const kept = closed.reduce((rest, pane) => close(rest, pane), theirs);
  return looking(added.reduce((rest, leaf) => open(rest, leaf), kept), mine);
}

/** Theirs, with the pane in front that is in front here, and only read what is only read here. */
export function looking(theirs: Layout, mine: Layout): Layout {
  const modes = new Map(openLeaves(mine).map(({ pane, mode }) => [pane, mode]));
  const own = (leaf: Leaf): Leaf => ({ ...leaf, mode: modes.get(leaf.pane) ?? leaf.mode });
  const change = (tab: Tab): Tab => ({ ...tab, root: mapLeaves(tab.root, own) });
  const kept = { ...theirs, tabs: theirs.tabs.map(change), grid: theirs.grid && change(theirs.grid) };
  const pane = focused(mine);
  return pane !== null && tabOf(kept, pane) ? focus(kept, pane) : kept;
}

function sessions(layout: Layout): Set<string> {
  return new Set(openLeaves(layout).map((leaf) => leaf.pane));
}

export function same(one: Layout, other: Layout): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether the invariants hold; for tests, which throw everything at them. */
export function faults(layout: Layout): string[] {
  const found: string[] = [];
  const panes = (tabs: readonly Tab[]): string[] => tabs.flatMap((tab) => leaves(tab.root)).map((leaf) => leaf.pane);
  const [inTabs, inGrid] = [panes(layout.tabs), panes(layout.grid ? [layout.grid] : [])];
  const twice = (list: string[]): boolean => new Set(list).size !== list.length;
  if (twice(inTabs) || twice(inGrid)) found.push('a pane occurs twice');
  if (twice(layout.tabs.map((tab) => tab.id))) found.push('a tab occurs twice');
  if (twice([...inTabs, ...inGrid].filter(isSlot))) found.push('a slot occurs twice');
  if (layout.active !== null && !layout.tabs.some((tab) => tab.id === layout.active)) found.push('no such active tab');
  if (layout.active === null && layout.tabs.length > 0) found.push('no active tab');
  for (const tab of [...layout.tabs, ...(layout.grid ? [layout.grid] : [])]) {
    if (!leaves(tab.root).some((leaf) => leaf.pane === tab.focus)) found.push(`the focus of ${tab.id} is elsewhere`);
    found.push(...nodeFaults(tab.root));
  }
  const [ahead, behind] = layout.mode === 'tabs' ? [inTabs, inGrid] : [inGrid, inTabs];
  if (behind.some((pane) => !isSlot(pane) && !ahead.includes(pane))) found.push('a session is open behind only');
  return found;
}

function nodeFaults(node: Node): string[] {
  if (isLeaf(node)) return [];
  const found = node.parts.flatMap(nodeFaults);
  if (node.parts.length < 2 || node.parts.length !== node.sizes.length) found.push('a split of one part');
  if (node.sizes.some((size) => !(size > 0))) found.push('a size that is none');
  if (Math.abs(node.sizes.reduce((sum, size) => sum + size, 0) - 1) > 1e-6) found.push('sizes that do not fill');
  if (node.parts.some((part) => !isLeaf(part) && part.dir === node.dir)) found.push('a split within its like');
  return found;
}

function isRecord(value: unknown): value is Stored {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

