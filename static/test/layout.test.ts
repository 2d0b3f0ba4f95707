import { describe, expect, it } from 'vitest';
import * as layouts from '../src/model/layout';
import { NOTHING, PRESETS, type Layout } from '../src/model/layout';
import { bounds, dividers, edgeAt, isSlot, leaves, rects, type Edge, type Leaf, type Node } from '../src/model/splits';
import { decode, encode, faults, looking, merge, same } from '../src/model/workplace';
import { tabFace, paneFace, type PaneFace } from '../src/model/faces';
import { row } from './support';

const leaf = (pane: string): Leaf => ({ pane, mode: 'write' });
const tabs = (...ids: string[]): Layout => layouts.tabsOf(ids.map((id) => ({ id, mode: 'write' })), 'tabs');
const root = (layout: Layout): Node => layouts.front(layout)?.root as Node;
const panes = (layout: Layout): string[] => leaves(root(layout)).map((each) => each.pane);
const perTab = (layout: Layout): string[] => layout.tabs.map((tab) => leaves(tab.root).map((each) => each.pane).join('+'));
/** `a` with `b` to its right and `c` below that. */
const three = (): Layout => {
  const beside = layouts.movePane(tabs('a', 'b', 'c'), 'b', { pane: 'a', edge: 'right' });
  return layouts.movePane(beside, 'c', { pane: 'b', edge: 'down' });
};

/** The same numbers every time: a failure can be looked at. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const EDGES: readonly Edge[] = ['left', 'right', 'up', 'down'];

/** Anything a person may do, in any order. */
function step(layout: Layout, pick: (below: number) => number): Layout {
  const all = layouts.arranged(layout).flatMap((tab) => leaves(tab.root)).map((each) => each.pane);
  const any = (): string => all[pick(all.length)] ?? 'nothing';
  const edge = (): Edge => EDGES[pick(4)] ?? 'left';
  const tab = (): string => layout.tabs[pick(layout.tabs.length)]?.id ?? 'none';
  const border = dividers(root(layout) ?? leaf('x'))[0];
  const [cols, rows] = PRESETS[pick(PRESETS.length)] ?? [1, 1];
  const acts: (() => Layout)[] = [
    () => layouts.open(layout, leaf(`s${pick(14)}`)),
    () => layouts.open(layout, { pane: `s${pick(14)}`, mode: 'read' }),
    () => layouts.close(layout, any()),
    () => layouts.closeTab(layout, tab()),
    () => layouts.fill(layout, any(), leaf(`s${pick(14)}`)),
    () => layouts.focus(layout, any()),
    () => layouts.focusNext(layout, pick(2) * 2 - 1),
    () => layouts.focusTowards(layout, edge()),
    () => layouts.select(layout, tab()),
    () => layouts.selectNext(layout, 1),
    () => layouts.moveTab(layout, tab(), pick(5)),
    () => layouts.movePane(layout, any(), { pane: any(), edge: edge() }),
    () => layouts.movePane(layout, any(), { pane: any(), edge: 'middle' }),
    () => layouts.movePane(layout, any(), { tab: tab() }),
    () => layouts.movePane(layout, any(), 'new tab'),
    () => layouts.movePaneTowards(layout, edge()),
    () => layouts.splitAt(layout, any(), edge()).layout,
    () => layouts.zoom(layout),
    () => layouts.preset(layout, cols, rows),
    () => layouts.switchMode(layout, pick(2) === 0 ? 'tabs' : 'grid'),
    () => (border ? layouts.resize(layout, border, pick(100) / 100, 0.05) : layout),
    () => layouts.keep(layout, (id) => id !== any()),
    () => decode(JSON.parse(JSON.stringify(encode(layout))), 'tabs') ?? layout,
  ];
  return acts[pick(acts.length)]?.() ?? layout;
}

describe('a layout', () => {
  it('holds its invariants whatever is done, and comes back as it was stored', () => {
    for (let seed = 1; seed <= 25; seed += 1) {
      const pick = random(seed);
      let layout = NOTHING;
      for (let round = 0; round < 80; round += 1) {
        const before = layout;
        layout = step(layout, pick);
        const back = decode(JSON.parse(JSON.stringify(encode(layout))), 'tabs');
        const found = back && same(back, layout) ? faults(layout) : ['it comes back as another'];
        // Told only then: a thousand such texts take long.
        if (found.length > 0) expect({ seed, round, before, layout }).toEqual(found);
      }
    }
  }, 60_000);

  it('fills its area with its panes, none over another', () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const pick = random(seed);
      let layout = tabs('a', 'b');
      for (let round = 0; round < 60; round += 1) layout = step(layout, pick);
      for (const tab of layout.tabs) {
        const all = [...rects(tab.root).values()];
        expect(all.reduce((sum, rect) => sum + rect.width * rect.height, 0)).toBeCloseTo(1, 6);
      }
    }
  }, 60_000);

  it('loses no session when the arrangement changes', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const pick = random(seed);
      let layout = NOTHING;
      for (let round = 0; round < 40; round += 1) layout = step(layout, pick);
      const open = layouts.openLeaves(layout).map((each) => each.pane).sort();
      for (const mode of ['grid', 'tabs', 'grid'] as const) {
        layout = layouts.switchMode(layout, mode);
        expect(layouts.openLeaves(layout).map((each) => each.pane).sort()).toEqual(open);
      }
      for (const [cols, rows] of PRESETS) {
        layout = layouts.preset(layout, cols, rows);
        expect(layouts.openLeaves(layout).map((each) => each.pane).sort()).toEqual(open);
      }
    }
  }, 60_000);
});

describe('tabs', () => {
  it('open at the end, and only come to the front when they are open', () => {
    const two = tabs('a', 'b');
    expect(perTab(layouts.open(two, leaf('c')))).toEqual(['a', 'b', 'c']);
    expect(layouts.focused(layouts.open(two, leaf('b')))).toBe('b');
    expect(perTab(layouts.open(two, leaf('b')))).toEqual(['a', 'b']);
  });
  it('give way to their right neighbour, else to the left one', () => {
    const all = layouts.focus(tabs('a', 'b', 'c'), 'b');
    expect(layouts.focused(layouts.close(all, 'b'))).toBe('c');
    expect(layouts.focused(layouts.close(layouts.close(all, 'b'), 'c'))).toBe('a');
    expect(layouts.close(tabs('a'), 'a')).toMatchObject({ tabs: [], active: null });
  });
  it('are put into another order', () => {
    expect(perTab(layouts.moveTab(tabs('a', 'b', 'c'), 't1', 2))).toEqual(['b', 'c', 'a']);
    expect(perTab(layouts.moveTab(tabs('a', 'b', 'c'), 't3', -1))).toEqual(['c', 'a', 'b']);
    expect(perTab(layouts.moveTab(tabs('a', 'b'), 't1', 99))).toEqual(['b', 'a']);
  });
  it('take panes from each other', () => {
    expect(perTab(layouts.movePane(tabs('a', 'b', 'c'), 'a', { tab: 't3' }))).toEqual(['b', 'c+a']);
    expect(perTab(layouts.movePane(three(), 'b', 'new tab'))).toEqual(['a+c', 'b']);
    const apart = layouts.movePane(three(), 'b', 'new tab');
    expect(perTab(layouts.movePane(apart, 'b', { pane: 'a', edge: 'middle' }))).toEqual(['b+c', 'a']);
  });
});

describe('panes', () => {
  it('lie beside and above each other', () => {
    expect([...rects(root(three()))]).toEqual([
      ['a', { x: 0, y: 0, width: 0.5, height: 1 }],
      ['b', { x: 0.5, y: 0, width: 0.5, height: 0.5 }],
      ['c', { x: 0.5, y: 0.5, width: 0.5, height: 0.5 }],
    ]);
  });
  it('are gone to by direction and around', () => {
    const at = (pane: string, edge: Edge): string | null => layouts.focused(layouts.focusTowards(layouts.focus(three(), pane), edge));
    expect([at('a', 'right'), at('b', 'down'), at('c', 'up'), at('c', 'left'), at('a', 'left')]).toEqual(['b', 'c', 'b', 'a', 'a']);
    const next = (pane: string, by: number): string | null => layouts.focused(layouts.focusNext(layouts.focus(three(), pane), by));
    expect([next('a', 1), next('c', 1), next('a', -1)]).toEqual(['b', 'a', 'c']);
  });
  it('are never narrower than they may be', () => {
    const [border] = dividers(root(three()));
    if (!border) throw new Error('no divider');
    expect(bounds(root(three()), border, 0.2)).toEqual({ from: 0.2, to: 0.8 });
    const width = (position: number): number => rects(root(layouts.resize(three(), border, position, 0.2))).get('a')?.width ?? 0;
    expect([width(0.3), width(0), width(1), width(-5)].map((each) => Number(each.toFixed(3)))).toEqual([0.3, 0.2, 0.8, 0.2]);
    expect(bounds(root(three()), border, 0.7)).toEqual({ from: 0.5, to: 0.5 });
  });
  it('split into an empty slot, which a session fills', () => {
    const { layout, slot } = layouts.splitAt(tabs('a'), 'a', 'left');
    expect(panes(layout)).toEqual([slot, 'a']);
    expect(isSlot(slot) && layouts.focused(layout) === slot).toBe(true);
    const filled = layouts.fill(layout, slot, leaf('b'));
    expect(panes(filled)).toEqual(['b', 'a']);
    expect(layouts.focused(filled)).toBe('b');
  });
  it('are shown alone while zoomed', () => {
    const zoomed = layouts.zoom(layouts.focus(three(), 'b'));
    expect([...layouts.shown(zoomed)]).toEqual(['b']);
    expect([...layouts.shown(layouts.zoom(zoomed))]).toEqual(['a', 'b', 'c']);
    expect(layouts.zoom(tabs('a'))).toEqual(tabs('a'));
  });
  it.each([[0.05, 0.5, 'left'], [0.95, 0.5, 'right'], [0.5, 0.02, 'up'], [0.5, 0.9, 'down'], [0.5, 0.5, 'middle']] as const)(
    'take a pane dropped at %d, %d: %s', (x, y, edge) => expect(edgeAt(x, y)).toBe(edge));
});

describe('grids', () => {
  it.each(PRESETS)('of %d × %d have so many equal cells', (cols, rows) => {
    const all = [...rects(root(layouts.preset(tabs('a'), cols, rows))).values()];
    expect(all).toHaveLength(cols * rows);
    for (const { width, height } of all) expect([width * cols, height * rows].map((size) => size.toFixed(6))).toEqual(['1.000000', '1.000000']);
  });
  it('give sessions without a cell tabs of their own', () => {
    expect(perTab(layouts.preset(three(), 2, 1))).toEqual(['a+b', 'c']);
  });
  it('show everything that is open, and the tabs come back as they were', () => {
    const before = layouts.open(three(), leaf('d'));
    const grid = layouts.switchMode(before, 'grid');
    expect(panes(grid)).toEqual(['a', 'b', 'c', 'd']);
    expect(layouts.focused(grid)).toBe('d');
    const more = layouts.open(grid, leaf('e'));
    expect(panes(more).filter((pane) => !isSlot(pane))).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(perTab(layouts.switchMode(more, 'tabs'))).toEqual(['a+b+c', 'd', 'e']);
  });
  it('keep a slot where a session was closed', () => {
    const grid = layouts.close(layouts.switchMode(tabs('a', 'b'), 'grid'), 'a');
    expect(panes(grid).map(isSlot)).toEqual([true, false]);
  });
  it('refuse to be too small', () => {
    const grid = layouts.switchMode(tabs('a', 'b', 'c'), 'grid');
    expect(layouts.fits(grid, 2, 1)).toBe(false);
    expect(layouts.preset(grid, 2, 1)).toBe(grid);
  });
});

describe('what was stored', () => {
  const broken: [string, unknown][] = [
    ['nothing', null], ['text', 'tabs'], ['a list', []], ['no tabs', { version: 1 }], ['tabs that are none', { tabs: 3 }],
  ];
  it.each(broken)('%s is no layout', (_what, stored) => expect(decode(stored, 'tabs')).toBeNull());

  it.each<[string, unknown, string[]]>([
    ['junk among tabs', { tabs: [1, null, {}, { id: 't1', root: leaf('a') }, 'x'] }, ['a']],
    ['a session twice', { tabs: [{ id: 't1', root: leaf('a') }, { id: 't2', root: leaf('a') }] }, ['a']],
    ['a tab twice', { tabs: [{ id: 't1', root: leaf('a') }, { id: 't1', root: leaf('b') }] }, ['a']],
    ['sizes that are none', { tabs: [{ id: 't1', root: { dir: 'row', parts: [leaf('a'), leaf('b')], sizes: [0, 'x'] } }] }, ['a+b']],
    ['no sizes', { tabs: [{ id: 't1', root: { dir: 'column', parts: [leaf('a'), { dir: 'column', parts: [leaf('b')] }] } }] }, ['a+b']],
    ['a focus elsewhere', { tabs: [{ id: 't1', root: leaf('a'), focus: 'z', zoomed: true }], active: 't9' }, ['a']],
    ['slots of no number', { tabs: [{ id: 't1', root: leaf('+x') }] }, []],
    ['a later version', { version: 9, tabs: [{ id: 't1', root: leaf('a'), colour: 'red' }], more: [1] }, ['a']],
    ['a grid of what is not open', { tabs: [{ id: 't1', root: leaf('a') }], grid: { id: 'grid', root: leaf('b') } }, ['a']],
  ])('%s gives a sane layout', (_what, stored, wanted) => {
    const layout = decode(stored, 'tabs');
    if (!layout) throw new Error('no layout');
    expect(faults(layout)).toEqual([]);
    expect(perTab(layout)).toEqual(wanted);
  });

  it('may be as deep as it wants', () => {
    let deep: unknown = leaf('a');
    for (let level = 0; level < 5_000; level += 1) deep = { dir: level % 2 ? 'row' : 'column', parts: [deep, leaf(`s${level}`)], sizes: [1, 1] };
    const layout = decode({ tabs: [{ id: 't1', root: deep }] }, 'tabs');
    expect(layout && faults(layout)).toEqual([]);
  });

  it('says how to begin where it does not say it itself', () => {
    expect(decode({ tabs: [] }, 'grid')?.mode).toBe('grid');
    expect(decode({ tabs: [], mode: 'tabs' }, 'grid')?.mode).toBe('tabs');
  });
});

describe('two browsers', () => {
  const base = tabs('a', 'b');
  it('both keep what they opened', () => {
    const merged = merge(base, layouts.open(base, leaf('mine')), layouts.open(base, leaf('theirs')));
    expect(perTab(merged)).toEqual(['a', 'b', 'theirs', 'mine']);
    expect(layouts.focused(merged)).toBe('mine');
    expect(faults(merged)).toEqual([]);
  });
  it('both close what they closed', () => {
    const merged = merge(base, layouts.close(base, 'a'), layouts.open(layouts.close(base, 'b'), leaf('c')));
    expect(perTab(merged)).toEqual(['c']);
  });
  it('each looks at what it looks at', () => {
    const theirs = layouts.focus(layouts.open(base, leaf('c')), 'c');
    expect(layouts.focused(looking(theirs, layouts.focus(base, 'a')))).toBe('a');
    expect(layouts.focused(looking(tabs('c'), base))).toBe('c');
  });

  it('leaves every browser what it only reads', () => {
    const base = tabs('a', 'b');
    const reading = layouts.open(base, { pane: 'a', mode: 'read' });
    const modes = (layout: Layout): string[] => layouts.openLeaves(layout).map(({ pane, mode }) => `${pane}:${mode}`);
    expect(modes(looking(reading, base))).toEqual(['a:write', 'b:write']);
    expect(modes(looking(base, reading))).toEqual(['a:read', 'b:write']);
    expect(modes(looking(reading, tabs('b')))).toEqual(['a:read', 'b:write']);
  });
});

describe('a tab shows', () => {
  const face = (fields: Partial<PaneFace>): PaneFace => ({ name: 'sh', title: '', dot: 'running', unseen: 'nothing', readOnly: false, badge: null, tone: 'calm', activity: null, ...fields });
  it('its one session', () => {
    const facts = { row: row(), ended: true, exit: { code: 3, signal: null, at: '2026-01-05T14:02:00Z', reason: 'exited' as const }, title: 'make', unseen: 'output' as const, readOnly: false };
    expect(paneFace(facts, 'api')).toEqual(face({ name: 'api', dot: 'crashed', badge: '3', tone: 'bad' }));
    expect(tabFace('t1', '', ['a'], [face({ title: 'make' })], face({}))).toMatchObject({ name: 'sh', aside: 'make' });
  });
  it('what needs somebody most of several', () => {
    const several = tabFace('t1', 'work', ['a', 'b', '+1'], [face({ unseen: 'output' }), face({ dot: 'failed', unseen: 'bell' })], null);
    expect(several).toMatchObject({ name: 'work', dot: 'failed', unseen: 'bell', panes: ['a', 'b', '+1'], badge: null });
    expect(tabFace('t1', '', ['+1'], [], null).name).toBe('Empty');
  });
});
