// What helps people find their way: the palette, the help, what they hand in and take away.

import type { Action } from '../model/actions';
import { remembered } from '../model/palette';
import * as storage from '../storage';
import type { Workbench } from '../workbench.svelte';

export function peopleActions(bench: Workbench): Action[] {
  return [
    { id: 'page.palette', title: 'Command palette', group: 'Page', keys: ['Ctrl+Shift+P', 'Alt+Shift+P'], run: () => bench.dialogs.show('palette') },
    { id: 'page.help', title: 'Keyboard shortcuts', group: 'Page', keys: ['Ctrl+/', 'Alt+Shift+/'], run: () => bench.dialogs.show('help') },
    { id: 'files.upload', title: 'Upload files and type their paths', group: 'Files', when: () => writable(bench), run: () => bench.intake.choose() },
    { id: 'files.download', title: 'Download a file by its path', group: 'Files', run: () => bench.dialogs.show('download') },
    { id: 'edit.paste', title: 'Paste', group: 'Clipboard', when: () => writable(bench) && 'clipboard' in navigator, run: () => void bench.intake.fromClipboard() },
  ];
}

function writable({ active }: Workbench): boolean {
  return active !== null && !active.readOnly && !active.ended;
}

/** What was done from the palette, newest first. */
export const recentActions = {
  get ids(): string[] {
    return (storage.read('recent') ?? '').split('\n').filter(Boolean);
  },
  remember(id: string): void {
    storage.write('recent', remembered(this.ids, id).join('\n'));
  },
};
