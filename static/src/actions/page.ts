// What the page itself can do: tabs, the clipboard, the ways out of the terminal.

import type { Action } from '../model/actions';
import type { Workbench } from '../workbench.svelte';

const FIRST_NINE = [1, 2, 3, 4, 5, 6, 7, 8, 9];

export function pageActions(bench: Workbench): Action[] {
  return [
    // Ctrl+Shift+T and Ctrl+Shift+W only come here in an installed app: a browser keeps them.
    { id: 'tab.new', title: 'New session', group: 'Tabs', keys: ['Alt+Shift+N', 'Ctrl+Shift+T'], run: () => void bench.sessions.create() },
    { id: 'tab.new-in', title: 'New session in a directory', group: 'Tabs', run: () => bench.dialogs.show('new') },
    {
      id: 'tab.close',
      title: 'Close pane, with its last one the tab; the session keeps running',
      group: 'Tabs',
      keys: ['Alt+Shift+W', 'Ctrl+Shift+W'],
      when: () => bench.focused !== null,
      run: () => bench.focused !== null && bench.panes.close(bench.focused),
    },
    ...FIRST_NINE.map((number) => ({
      id: `tab.${number}`,
      title: `Go to tab ${number}`,
      group: 'Tabs',
      keys: [`Alt+${number}`, `Ctrl+Shift+${number}`],
      quiet: true,
      run: () => bench.panes.selectAt(number - 1),
    })),
    {
      id: 'tab.list',
      title: 'Out of the terminal, to the tabs',
      group: 'Tabs',
      keys: ['Alt+0'],
      run: () => document.querySelector<HTMLElement>('[role=tab][aria-selected=true]')?.focus(),
    },
    { id: 'sessions.list', title: 'Sessions', group: 'Sessions', keys: ['Alt+S', 'Ctrl+Shift+S'], run: () => bench.dialogs.show('sessions') },
    {
      id: 'session.go-on',
      title: 'Go on where this session ended',
      group: 'Sessions',
      keys: ['Enter'],
      where: 'terminal',
      when: () => bench.active?.ended ?? false,
      run: () => bench.active && void bench.sessions.create({ from: bench.active.id }),
    },
    { id: 'edit.copy', title: 'Copy what is marked', group: 'Clipboard', keys: ['Ctrl+Shift+C'], when: () => (bench.active?.pane.selection() ?? '') !== '', run: () => bench.clipboard.copy() },
  ];
}
