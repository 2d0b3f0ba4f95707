// The setup of the machine and its credentials, where the daemon has such parts.

import type { Action } from '../model/actions';
import type { Workbench } from '../workbench.svelte';

export function firstRunActions(bench: Workbench): Action[] {
  return [
    { id: 'page.setup', title: 'Setup of this machine', group: 'Page', when: () => bench.firstRun.setup !== null, run: () => bench.firstRun.showSetup() },
    { id: 'page.token', title: 'Workspace token', group: 'Page', when: () => bench.firstRun.needsToken, run: () => bench.dialogs.show('token') },
  ];
}
