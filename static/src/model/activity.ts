// What goes on in sessions, in words: who needs a person, who is at work, and what to make of doubt.
// All of that is said by programs: hints, which nothing is decided by.

import type { Activity, SessionRow } from '../wire';
import { clean } from './sessions';

/** What a badge shows. */
export interface ActivityFace {
  state: Activity;
  word: string;
  /** What it was concluded from, '' when nobody said. */
  evidence: string;
}

const WORDS: Record<Activity, string> = {
  working: 'at work',
  needs_approval: 'needs approval',
  needs_input: 'needs an answer',
  done: 'done',
  idle: 'waits for the next prompt',
  error: 'says it failed',
  uncertain: 'uncertain',
};

/** What is most worth a look comes first. */
const ORDER: readonly Activity[] = ['needs_approval', 'needs_input', 'error', 'uncertain', 'done', 'working', 'idle'];

export function calls(state: Activity): boolean {
  return state === 'needs_approval' || state === 'needs_input';
}

/** Only who runs is at anything. */
export function activityOf(row: SessionRow | null): ActivityFace | null {
  if (row === null || row.state !== 'running' || !row.activity) return null;
  const { state, evidence } = row.activity;
  return { state, word: WORDS[state], evidence: clean(evidence) };
}

/** Of several panes: the one that is most worth a look. */
export function foremost(faces: readonly (ActivityFace | null)[]): ActivityFace | null {
  const said = faces.filter((face) => face !== null);
  return said.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))[0] ?? null;
}

/** "needs approval: rm -r build" */
export function activityPhrase({ word, evidence }: ActivityFace): string {
  return evidence === '' ? word : `${word}: ${evidence}`;
}
