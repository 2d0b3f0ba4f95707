// What can be done in and around a terminal: marks, search, the way between prompts, type, theme.

import { shownTheme, THEMES, themeNamed, type ThemeName } from '../model/themes';
import { fontSize } from '../terminal/theme';
import { settings } from '../settings.svelte';
import type { Action } from '../model/actions';
import type { Workbench } from '../workbench.svelte';

export function terminalActions(bench: Workbench): Action[] {
  return [...editing(bench), ...moving(bench), ...looks(bench)];
}

function editing(bench: Workbench): Action[] {
  const pane = () => bench.active?.pane;
  const group = 'Clipboard';
  const marked = (): boolean => (pane()?.selection() ?? '') !== '';
  const some = (): boolean => bench.active !== null;
  return [
    {
      id: 'edit.copy-or-interrupt',
      title: 'Copy what is marked, else interrupt the program',
      group,
      keys: ['Ctrl+C'],
      where: 'terminal',
      quiet: true,
      when: marked,
      run: () => (bench.clipboard.copy(), pane()?.unmark()),
    },
    { id: 'edit.select-all', title: 'Select all', group, when: some, run: () => pane()?.selectAll() },
    {
      id: 'terminal.clear',
      title: 'Clear what is above the prompt, here only',
      group: 'Terminal',
      when: some,
      run: () => (pane()?.clear(), bench.focus()),
    },
  ];
}

function moving(bench: Workbench): Action[] {
  const pane = () => bench.active?.pane;
  const group = 'Terminal';
  const some = (): boolean => bench.active !== null;
  return [
    { id: 'terminal.search', title: 'Search', group, keys: ['Ctrl+Shift+F', 'Alt+Shift+F'], when: some, run: () => bench.tools.search() },
    { id: 'terminal.past', title: 'Older output', group, when: some, run: () => bench.active && bench.tools.showPast(bench.active.id) },
    // Between panes the arrows exchange them: there the second chord is left.
    {
      id: 'terminal.prompt-up',
      title: 'Previous prompt',
      group,
      keys: ['Ctrl+Shift+Up', 'Ctrl+Shift+,'],
      when: some,
      run: () => pane()?.marks.jump('up'),
    },
    {
      id: 'terminal.prompt-down',
      title: 'Next prompt',
      group,
      keys: ['Ctrl+Shift+Down', 'Ctrl+Shift+.'],
      when: some,
      run: () => pane()?.marks.jump('down'),
    },
    { id: 'terminal.top', title: 'To the oldest line here', group, keys: ['Ctrl+Shift+Home'], when: some, run: () => pane()?.scroll('top') },
    { id: 'terminal.bottom', title: 'To the newest line', group, keys: ['Ctrl+Shift+End'], when: some, run: () => pane()?.scroll('bottom') },
  ];
}

function looks(bench: Workbench): Action[] {
  const group = 'Appearance';
  const resize = (by: number): void => settings.set({ fontSize: Math.max(8, Math.min(32, fontSize() + by)) });
  const wear = (theme: ThemeName | 'system'): void => settings.set(worn(theme));
  return [
    { id: 'page.settings', title: 'Settings', group: 'Page', keys: ['Ctrl+,', 'Alt+,'], run: () => bench.dialogs.show('settings') },
    { id: 'type.larger', title: 'Larger type', group, keys: ['Ctrl+='], run: () => resize(1) },
    { id: 'type.smaller', title: 'Smaller type', group, keys: ['Ctrl+-'], run: () => resize(-1) },
    { id: 'type.reset', title: 'Usual size of type', group, keys: ['Ctrl+0'], run: () => settings.set({ fontSize: null }) },
    { id: 'theme.toggle', title: 'Light or dark', group, run: () => wear(opposite()) },
    { id: 'theme.system', title: 'Theme: as the system', group, run: () => wear('system') },
    ...THEMES.map(({ name, title }) => ({ id: `theme.${name}`, title: `Theme: ${title}`, group, run: () => wear(name) })),
  ];
}

/** A chosen theme is also what the system's dark, or light, means from then on. */
export function worn(theme: ThemeName | 'system') {
  if (theme === 'system') return { theme };
  return themeNamed(theme).light ? { theme, light: theme } : { theme, dark: theme };
}

function opposite(): ThemeName {
  const { current } = settings;
  const systemIsLight = matchMedia('(prefers-color-scheme: light)').matches;
  return shownTheme(current, systemIsLight).light ? current.dark : current.light;
}
