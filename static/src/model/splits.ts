// One tab's panes: a tree of rows and columns. All measures are fractions of the tab's area.
//
// Invariants of a tree made here: a split has at least two parts, none of them a split in its own
// direction; sizes are positive and sum to one; no pane occurs twice.

import type { JoinMode } from '../wire';

/** A session, or an empty slot that waits for one: `+1`, `+2`, … */
export interface Leaf {
  readonly pane: string;
  readonly mode: JoinMode;
}

export interface Split {
  /** `row`: beside each other; `column`: above each other. */
  readonly dir: 'row' | 'column';
  readonly parts: readonly Node[];
  readonly sizes: readonly number[];
}

export type Node = Leaf | Split;
export type Edge = 'left' | 'right' | 'up' | 'down';

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The border between two parts of a split. */
export interface Divider {
  /** Which parts to enter, from the root, to find the split. */
  path: readonly number[];
  /** It moves between the parts `at` and `at + 1`. */
  at: number;
  dir: Split['dir'];
  /** Where it lies; no thickness. */
  x: number;
  y: number;
  /** Along itself. */
  length: number;
  /** What it divides: the two parts together, along their direction. */
  from: number;
  to: number;
}

const SLACK = 1e-9;

export const WHOLE: Rect = { x: 0, y: 0, width: 1, height: 1 };

export const isLeaf = (node: Node): node is Leaf => 'pane' in node;
export const isSlot = (pane: string): boolean => pane.startsWith('+');

/** In reading order. */
export function leaves(node: Node): Leaf[] {
  return isLeaf(node) ? [node] : node.parts.flatMap(leaves);
}

export function has(node: Node, pane: string): boolean {
  return leaves(node).some((leaf) => leaf.pane === pane);
}

/** A split with its invariants: splits of its own direction are taken apart, one part is no split. */
export function split(dir: Split['dir'], parts: readonly Node[], sizes: readonly number[]): Node {
  const flat: { node: Node; size: number }[] = parts.flatMap((node, at) => {
    const size = sizes[at] ?? 0;
    if (isLeaf(node) || node.dir !== dir) return [{ node, size }];
    return node.parts.map((part, inner) => ({ node: part, size: size * (node.sizes[inner] ?? 0) }));
  });
  const [only] = flat;
  if (only && flat.length === 1) return only.node;
  const sum = flat.reduce((total, { size }) => total + size, 0);
  // What fills already is not rounded anew: then reading what was written changes nothing.
  const shares = flat.map(({ size }) => (Math.abs(sum - 1) < SLACK ? size : size / sum));
  return { dir, parts: flat.map(({ node }) => node), sizes: shares };
}

/** Another leaf or tree in the place of a pane. */
export function replace(node: Node, pane: string, by: Node): Node {
  if (isLeaf(node)) return node.pane === pane ? by : node;
  return split(node.dir, node.parts.map((part) => replace(part, pane, by)), node.sizes);
}

/** Without a pane; its neighbours grow in proportion. `null`: nothing is left. */
export function remove(node: Node, pane: string): Node | null {
  if (isLeaf(node)) return node.pane === pane ? null : node;
  const kept = node.parts
    .map((part, at) => ({ node: remove(part, pane), size: node.sizes[at] ?? 0 }))
    .filter((part): part is { node: Node; size: number } => part.node !== null);
  if (kept.length === 0) return null;
  return split(node.dir, kept.map((part) => part.node), kept.map((part) => part.size));
}

/** `leaf` takes the half of `beside` at that edge. */
export function insert(node: Node, beside: string, edge: Edge, leaf: Leaf): Node {
  const found = leaves(node).find((other) => other.pane === beside);
  if (!found) return node;
  const dir = edge === 'left' || edge === 'right' ? 'row' : 'column';
  const parts = edge === 'left' || edge === 'up' ? [leaf, found] : [found, leaf];
  return replace(node, beside, split(dir, parts, [0.5, 0.5]));
}

/** Two panes change places. */
export function swap(node: Node, one: string, other: string): Node {
  const all = leaves(node);
  const first = all.find((leaf) => leaf.pane === one);
  const second = all.find((leaf) => leaf.pane === other);
  if (!first || !second) return node;
  return mapLeaves(node, (leaf) => (leaf === first ? second : leaf === second ? first : leaf));
}

export function mapLeaves(node: Node, change: (leaf: Leaf) => Leaf): Node {
  if (isLeaf(node)) return change(node);
  return { ...node, parts: node.parts.map((part) => mapLeaves(part, change)) };
}

/** Equal cells, row by row. As many leaves as cells. */
export function gridOf(cols: number, rows: number, cells: readonly Leaf[]): Node {
  const even = (count: number): number[] => Array.from({ length: count }, () => 1 / count);
  const lines = even(rows).map((_, row) => split('row', cells.slice(row * cols, (row + 1) * cols), even(cols)));
  return split('column', lines, even(rows));
}

/** Where each pane lies. */
export function rects(node: Node, area: Rect = WHOLE): Map<string, Rect> {
  const found = new Map<string, Rect>();
  walk(node, area, (leaf, rect) => found.set(leaf.pane, rect));
  return found;
}

function walk(node: Node, area: Rect, visit: (leaf: Leaf, rect: Rect) => void): void {
  if (isLeaf(node)) visit(node, area);
  else node.parts.forEach((part, at) => walk(part, partRect(node, at, area), visit));
}

function partRect(node: Split, at: number, area: Rect): Rect {
  const before = node.sizes.slice(0, at).reduce((sum, size) => sum + size, 0);
  const size = node.sizes[at] ?? 0;
  return node.dir === 'row'
    ? { ...area, x: area.x + before * area.width, width: size * area.width }
    : { ...area, y: area.y + before * area.height, height: size * area.height };
}

export function dividers(node: Node, area: Rect = WHOLE, path: readonly number[] = []): Divider[] {
  if (isLeaf(node)) return [];
  const own = node.sizes.slice(1).map((_, at): Divider => {
    const [before, after] = [partRect(node, at, area), partRect(node, at + 1, area)];
    const row = node.dir === 'row';
    return {
      path,
      at,
      dir: node.dir,
      x: after.x,
      y: after.y,
      length: row ? area.height : area.width,
      from: row ? before.x : before.y,
      to: row ? after.x + after.width : after.y + after.height,
    };
  });
  return [...own, ...node.parts.flatMap((part, at) => dividers(part, partRect(node, at, area), [...path, at]))];
}

/** How far a divider may go, when no pane may be narrower than `least`. */
export function bounds(root: Node, divider: Divider, least: number): { from: number; to: number } {
  const node = enter(root, divider.path);
  const room = (part: Node | undefined): number => (part ? across(part, divider.dir) * least : 0);
  const parts = node && !isLeaf(node) ? node.parts : [];
  const from = divider.from + room(parts[divider.at]);
  const to = divider.to - room(parts[divider.at + 1]);
  // Too narrow for all of them: then the middle is fair.
  const middle = (divider.from + divider.to) / 2;
  return from <= to ? { from, to } : { from: middle, to: middle };
}

/** The tree with this divider at `position`, or as near as its bounds allow. */
export function moveDivider(root: Node, divider: Divider, position: number, least: number): Node {
  const { from, to } = bounds(root, divider, least);
  const share = (Math.max(from, Math.min(to, position)) - divider.from) / (divider.to - divider.from);
  return at(root, divider.path, (node) => {
    if (isLeaf(node)) return node;
    const both = (node.sizes[divider.at] ?? 0) + (node.sizes[divider.at + 1] ?? 0);
    const sizes = node.sizes.map((size, part) =>
      part === divider.at ? both * share : part === divider.at + 1 ? both * (1 - share) : size,
    );
    return { ...node, sizes };
  });
}

/** How many panes lie beside each other in a direction, at most. */
function across(node: Node, dir: Split['dir']): number {
  if (isLeaf(node)) return 1;
  const counts = node.parts.map((part) => across(part, dir));
  return node.dir === dir ? counts.reduce((sum, count) => sum + count, 0) : Math.max(...counts);
}

function enter(node: Node, path: readonly number[]): Node | undefined {
  return path.reduce<Node | undefined>((found, part) => (found && !isLeaf(found) ? found.parts[part] : undefined), node);
}

function at(node: Node, path: readonly number[], change: (node: Node) => Node): Node {
  const [first, ...rest] = path;
  if (first === undefined) return change(node);
  if (isLeaf(node)) return node;
  return { ...node, parts: node.parts.map((part, index) => (index === first ? at(part, rest, change) : part)) };
}

const NEAR = 1e-6;

/** The pane that lies beside this one: of those that touch, the one with the most border in common. */
export function neighbour(node: Node, pane: string, edge: Edge): string | null {
  const all = rects(node);
  const own = all.get(pane);
  if (!own) return null;
  const common = (other: Rect): number => {
    const sideways = edge === 'left' || edge === 'right';
    return sideways
      ? Math.min(own.y + own.height, other.y + other.height) - Math.max(own.y, other.y)
      : Math.min(own.x + own.width, other.x + other.width) - Math.max(own.x, other.x);
  };
  const touching = [...all]
    .filter(([other, rect]) => other !== pane && touches(own, rect, edge) && common(rect) > NEAR)
    .sort(([, a], [, b]) => common(b) - common(a));
  return touching[0]?.[0] ?? null;
}

function touches(own: Rect, other: Rect, edge: Edge): boolean {
  const gap = {
    left: own.x - (other.x + other.width),
    right: other.x - (own.x + own.width),
    up: own.y - (other.y + other.height),
    down: other.y - (own.y + own.height),
  }[edge];
  return Math.abs(gap) < NEAR;
}

/** Which edge of a pane a point is nearest to; `middle` in the inner part. From 0 to 1 each. */
export function edgeAt(x: number, y: number): Edge | 'middle' {
  const inner = Math.max(Math.abs(x - 0.5), Math.abs(y - 0.5)) < 0.22;
  if (inner) return 'middle';
  if (Math.abs(x - 0.5) > Math.abs(y - 0.5)) return x < 0.5 ? 'left' : 'right';
  return y < 0.5 ? 'up' : 'down';
}
