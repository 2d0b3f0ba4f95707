// What models were asked and what it came to.

import type { Action } from '../model/actions';
import type { Workbench } from '../workbench.svelte';

export function usageActions(bench: Workbench): Action[] {
  return [{ id: 'page.usage', title: 'Usage: tokens and cost of the models', group: 'Page', run: () => bench.dialogs.show('usage') }];
}
