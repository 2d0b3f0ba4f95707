// What helps people find their way: the palette, the help, what they hand in and take away.

import type { Action } from '../model/actions';
import { remembered } from '../model/palette';
import { canNotify, toggleNotifications } from '../notify';
import * as storage from '../storage';
import { canListen } from '../voice';
import type { Workbench } from '../workbench.svelte';

export function peopleActions(bench: Workbench): Action[] {
  return [
    { id: 'page.palette', title: 'Command palette', group: 'Page', keys: ['Ctrl+Shift+P', 'Alt+Shift+P'], run: () => bench.dialogs.show('palette') },
    { id: 'page.help', title: 'Keyboard shortcuts', group: 'Page', keys: ['Ctrl+/', 'Alt+Shift+/'], run: () => bench.dialogs.show('help') },
    { id: 'files.upload', title: 'Upload files and type their paths', group: 'Files', when: () => writable(bench), run: () => bench.intake.choose() },
    { id: 'files.download', title: 'Download a file by its path', group: 'Files', run: () => bench.dialogs.show('download') },
    { id: 'edit.voice', title: 'Voice input', group: 'Clipboard', keys: ['Alt+V'], when: () => canListen() && writable(bench), run: () => bench.dialogs.show('voice') },
    { id: 'page.notify', title: 'Notifications on or off: a session finishes, rings or needs you', group: 'Page', when: canNotify, run: () => void switchNotifications(bench) },
    { id: 'edit.paste', title: 'Paste', group: 'Clipboard', when: () => writable(bench) && 'clipboard' in navigator, run: () => void bench.intake.fromClipboard() },
  ];
}

async function switchNotifications(bench: Workbench): Promise<void> {
  const on = await toggleNotifications();
  const refused = Notification.permission === 'denied';
  bench.notices.say(on ? 'Notifications are on.' : refused ? 'The browser refuses notifications from this page: allow them in its address bar.' : 'Notifications are off.');
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
