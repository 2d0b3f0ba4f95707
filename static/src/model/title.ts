// What the browser's own tab says of the page: its title and its icon.

import type { StateWord } from './status';

export interface Glance {
  /** The session in front. */
  name: string | null;
  word: StateWord;
  /** Sessions that rang and were not looked at since. */
  bells: number;
}

const WORTH_SAYING: readonly StateWord[] = ['reconnecting', 'signed out', 'ended', 'failed'];
const CUT_OFF: readonly StateWord[] = ['reconnecting', 'signed out', 'failed'];

/** "bash — CoDA", "(2) bash — reconnecting — CoDA" */
export function pageTitle({ name, word, bells }: Glance): string {
  const said = WORTH_SAYING.includes(word) ? word : null;
  const parts = [name, said, 'CoDA'].filter((part) => part !== null);
  return (bells > 0 ? `(${bells}) ` : '') + parts.join(' — ');
}

/** Being cut off matters more than a bell. */
export function pageIcon({ word, bells }: Glance): string {
  if (CUT_OFF.includes(word)) return '/favicon-lost.svg';
  return bells > 0 ? '/favicon-bell.svg' : '/favicon.svg';
}
