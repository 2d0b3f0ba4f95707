// Looking back: the session in front as a recording.

import type { Action } from '../model/actions';
import type { Workbench } from '../workbench.svelte';

export function replayActions(bench: Workbench): Action[] {
  return [
    {
      id: 'session.replay',
      title: 'Replay this session',
      group: 'Sessions',
      keys: ['Alt+Shift+R'],
      when: () => bench.active !== null,
      run: () => bench.active && bench.replays.open(bench.active.id),
    },
  ];
}
