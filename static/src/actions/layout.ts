// What can be done with tabs, panes and the grid.

import type { Action } from '../model/actions';
import * as layouts from '../model/layout';
import { leaves, type Edge } from '../model/splits';
import type { Workbench } from '../workbench.svelte';

const SIDES: readonly { edge: Edge; word: string; key: string }[] = [
  { edge: 'left', word: 'left', key: 'Left' },
  { edge: 'right', word: 'right', key: 'Right' },
  { edge: 'up', word: 'above', key: 'Up' },
  { edge: 'down', word: 'below', key: 'Down' },
];

export function layoutActions(bench: Workbench): Action[] {
  return [...tabActions(bench), ...paneActions(bench), ...sideActions(bench), ...gridActions(bench)];
}

function tabActions(bench: Workbench): Action[] {
  const severalTabs = (): boolean => bench.layout.mode === 'tabs' && bench.layout.tabs.length > 1;
  const step = (by: number) => () => bench.panes.arrange(layouts.selectNext(bench.layout, by));
  const shift = (by: number) => () => {
    const { tabs, active } = bench.layout;
    const at = tabs.findIndex((tab) => tab.id === active);
    bench.panes.arrange(layouts.moveTab(bench.layout, active ?? '', at + by));
  };
  return [
    { id: 'tab.next', title: 'Next tab', group: 'Tabs', keys: ['Ctrl+Shift+]', 'Alt+PageDown'], when: severalTabs, run: step(1) },
    { id: 'tab.previous', title: 'Previous tab', group: 'Tabs', keys: ['Ctrl+Shift+[', 'Alt+PageUp'], when: severalTabs, run: step(-1) },
    { id: 'tab.move-right', title: 'Move tab to the right', group: 'Tabs', keys: ['Alt+Shift+PageDown'], when: severalTabs, run: shift(1) },
    { id: 'tab.move-left', title: 'Move tab to the left', group: 'Tabs', keys: ['Alt+Shift+PageUp'], when: severalTabs, run: shift(-1) },
    { id: 'tab.rename', title: 'Rename tab', group: 'Tabs', when: () => bench.layout.mode === 'tabs' && bench.layout.active !== null, run: () => void (bench.panes.renaming = bench.layout.active) },
    { id: 'tab.close-all', title: 'Close tab with all its panes; sessions keep running', group: 'Tabs', when: () => bench.layout.mode === 'tabs' && panes(bench) > 1, run: () => bench.layout.active !== null && bench.panes.closeTab(bench.layout.active) },
  ];
}

function paneActions(bench: Workbench): Action[] {
  const any = (): boolean => bench.focused !== null;
  const several = (): boolean => panes(bench) > 1;
  const move = (target: layouts.Target) => () => bench.focused !== null && bench.panes.arrange(layouts.movePane(bench.layout, bench.focused, target));
  const otherTabs = (): boolean => bench.layout.mode === 'tabs' && bench.layout.tabs.length > 1;
  return [
    { id: 'pane.split-right', title: 'Split: new session to the right', group: 'Panes', keys: ['Alt+Shift+D'], when: any, run: () => void bench.panes.split('right') },
    { id: 'pane.split-down', title: 'Split: new session below', group: 'Panes', keys: ['Alt+Shift+E'], when: any, run: () => void bench.panes.split('down') },
    { id: 'pane.zoom', title: 'Zoom the pane, or back', group: 'Panes', keys: ['Alt+Shift+Z'], when: several, run: () => bench.panes.arrange(layouts.zoom(bench.layout)) },
    { id: 'pane.next', title: 'Next pane', group: 'Panes', keys: ['Alt+Shift+]'], when: several, run: () => bench.panes.arrange(layouts.focusNext(bench.layout, 1)) },
    { id: 'pane.previous', title: 'Previous pane', group: 'Panes', keys: ['Alt+Shift+['], when: several, run: () => bench.panes.arrange(layouts.focusNext(bench.layout, -1)) },
    { id: 'pane.divider', title: 'To the divider: arrow keys resize', group: 'Panes', keys: ['Alt+Shift+R'], when: several, run: toDivider },
    { id: 'pane.apart', title: 'Move pane to a tab of its own', group: 'Panes', when: () => several() && bench.layout.mode === 'tabs', run: move('new tab') },
    { id: 'pane.next-tab', title: 'Move pane to the next tab', group: 'Panes', when: otherTabs, run: () => bench.panes.arrange(layouts.movePaneAlong(bench.layout, 1)) },
    { id: 'pane.previous-tab', title: 'Move pane to the previous tab', group: 'Panes', when: otherTabs, run: () => bench.panes.arrange(layouts.movePaneAlong(bench.layout, -1)) },
    { id: 'pane.broadcast', title: 'Type into all panes of this tab at once, or no longer', group: 'Panes', keys: ['Alt+Shift+B'], when: () => several() || bench.group.size > 0, run: () => bench.group.broadcast() },
    { id: 'pane.fill', title: 'New session in every empty slot', group: 'Panes', when: () => bench.panes.emptySlots.length > 0, run: () => void bench.panes.fillSlots() },
  ];
}

function sideActions(bench: Workbench): Action[] {
  const several = (): boolean => panes(bench) > 1;
  return SIDES.flatMap(({ edge, word, key }) => [
    { id: `pane.go-${edge}`, title: `To the pane ${word}`, group: 'Panes', keys: [`Alt+Shift+${key}`], when: several, run: () => bench.panes.arrange(layouts.focusTowards(bench.layout, edge)) },
    // In the tab list the same keys move tabs.
    { id: `pane.move-${edge}`, title: `Exchange with the pane ${word}`, group: 'Panes', keys: [`Ctrl+Shift+${key}`], where: 'terminal' as const, when: several, run: () => bench.panes.arrange(layouts.movePaneTowards(bench.layout, edge)) },
  ]);
}

function gridActions(bench: Workbench): Action[] {
  return [
    { id: 'layout.menu', title: 'Layout', group: 'Layout', keys: ['Alt+Shift+L'], run: () => bench.dialogs.show('layout') },
    { id: 'layout.mode', title: 'Switch between tabs and grid', group: 'Layout', keys: ['Alt+Shift+G'], run: () => bench.panes.switchMode(bench.layout.mode === 'tabs' ? 'grid' : 'tabs') },
    ...layouts.PRESETS.map(([cols, rows]) => ({
      id: `layout.${cols}x${rows}`,
      title: cols * rows === 1 ? 'Grid: one pane' : `Grid: ${cols} × ${rows}`,
      group: 'Layout',
      when: () => layouts.fits(bench.layout, cols, rows),
      run: () => bench.panes.arrange(layouts.preset(bench.layout, cols, rows)),
    })),
  ];
}

function panes(bench: Workbench): number {
  const tab = layouts.front(bench.layout);
  return tab ? leaves(tab.root).length : 0;
}

/** The one nearest to the pane in focus gets the keys. */
function toDivider(): boolean {
  const find = (which: string): HTMLElement | null => document.querySelector(`[role=separator][tabindex]${which}`);
  const found = find('[data-near]') ?? find('');
  found?.focus();
  return found !== null;
}
