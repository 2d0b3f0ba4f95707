// Who waits for a person, and the work that agents were handed.

import type { Action } from '../model/actions';
import type { Workbench } from '../workbench.svelte';

export function taskActions(bench: Workbench): Action[] {
  return [
    { id: 'page.inbox', title: 'Inbox: who waits for you', group: 'Page', keys: ['Alt+Shift+I', 'Ctrl+Shift+L'], run: () => bench.dialogs.show('inbox') },
    { id: 'tasks.list', title: 'Tasks: work handed to agents', group: 'Tasks', run: () => bench.dialogs.show('tasks') },
  ];
}
