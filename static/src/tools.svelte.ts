// What stands around the terminal in front: the search bar, the menu under the pointer, the past of
// a session, and what programs ask for beside being shown.

import { consentOf, withConsent } from './model/osc52';
import * as storage from './storage';
import type { SessionView } from './view.svelte';
import type { Workbench } from './workbench.svelte';

export class TerminalTools {
  searching = $state(false);
  /** Grows whenever somebody asks for the search: it takes the focus again. */
  asked = $state(0);
  menu = $state.raw<{ x: number; y: number } | null>(null);
  past = $state.raw<{ id: string; line: string | null } | null>(null);

  constructor(private readonly bench: Workbench) {}

  search(): void {
    this.searching = true;
    this.asked += 1;
  }

  endSearch(): void {
    this.searching = false;
    this.bench.focus();
  }

  /** `line`: what to show of it, else its end. */
  showPast(id: string, line: string | null = null): void {
    this.past = { id, line };
    this.bench.dialogs.show('past');
  }

  /** Once per session a person says whether its programs may write to the clipboard. */
  clipboard(id: string, text: string): void {
    const consent = consentOf(storage.read('clipboard') ?? '', id);
    if (consent === 'yes') return void this.bench.clipboard.put(text);
    if (consent === 'no') return;
    const agree = (allowed: boolean): void => {
      storage.write('clipboard', withConsent(storage.read('clipboard') ?? '', id, allowed));
      if (allowed) void this.bench.clipboard.put(text);
      this.bench.focus();
    };
    this.bench.notices.say(`A program in ${this.bench.name(id)} wants to put text on your clipboard.`, 'warn', [
      { label: 'Allow', run: () => agree(true) },
      { label: 'Never here', run: () => agree(false) },
    ]);
  }

  file(view: SessionView, path: string, line: number): void {
    void this.bench.clipboard.put(`${path}:${line}`);
    this.bench.notices.say(`${path}:${line} of ${this.bench.name(view.id)} is on the clipboard.`);
  }
}
