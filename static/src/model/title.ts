// What the browser's own tab says of the page: its title and its icon.

import type { StateWord } from './status';

export interface Glance {
  /** The session in front. */
  name: string | null;
  word: StateWord;
  /** Sessions that rang and were not looked at since. */
  bells: number;
  /** Sessions and tasks that wait for a person. */
  calls: number;
}

const WORTH_SAYING: readonly StateWord[] = ['reconnecting', 'signed out', 'ended', 'failed'];
const CUT_OFF: readonly StateWord[] = ['reconnecting', 'signed out', 'failed'];

/** "bash — CoDA", "(2) bash — reconnecting — CoDA", "(3 need you) bash — CoDA" */
export function pageTitle({ name, word, bells, calls }: Glance): string {
  const said = WORTH_SAYING.includes(word) ? word : null;
  const parts = [name, said, 'CoDA'].filter((part) => part !== null);
  const wanted = calls === 1 ? '(needs you) ' : calls > 1 ? `(${calls} need you) ` : bells > 0 ? `(${bells}) ` : '';
  return wanted + parts.join(' — ');
}

/** Being cut off matters more than who waits, and that more than a bell. */
export function pageIcon({ word, bells, calls }: Glance): string {
  if (CUT_OFF.includes(word)) return '/favicon-lost.svg';
  if (calls > 0) return '/favicon-calls.svg';
  return bells > 0 ? '/favicon-bell.svg' : '/favicon.svg';
}
