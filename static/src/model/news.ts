// What is worth a notification: a session that nobody looks at finished, rang, or needs somebody.

import type { SessionRow } from '../wire';
import { activityOf, activityPhrase, calls } from './activity';
import { exitSentence, exitTone } from './exits';
import { sessionName } from './sessions';

export interface News {
  /** Of the session, or the task, that it is about. */
  id: string;
  title: string;
  body: string;
  /** Newer news of the same kind take its place. */
  tag: string;
}

/** Compares the list with the one before. `watched` is the session that somebody looks at. */
export function newsBetween(before: readonly SessionRow[], after: readonly SessionRow[], watched: string | null, now: number): News[] {
  return after.flatMap((row) => {
    const old = before.find((other) => other.session_id === row.session_id);
    if (!old || row.session_id === watched) return [];
    const about = (body: string, kind: string): News[] => [
      { id: row.session_id, title: sessionName(row), body, tag: `${kind}:${row.session_id}` },
    ];
    if (row.state === 'failed' && old.state !== 'failed') return about('needs you: it failed, its program keeps running', 'state');
    if (row.state === 'ended' && old.state === 'running' && row.exit?.reason !== 'closed') {
      const tone = exitTone(row.exit) === 'bad' ? 'failed: ' : '';
      return about(`${tone}${exitSentence(row.exit, now)}`, 'state');
    }
    const [face, was] = [activityOf(row), activityOf(old)];
    if (face && calls(face.state) && (face.state !== was?.state || face.evidence !== was.evidence)) return about(`needs you: ${activityPhrase(face)}`, 'activity');
    if (face?.state === 'done' && was && was.state !== 'done') return about(activityPhrase(face), 'activity');
    if (row.timeout_warning && !old.timeout_warning) return about('needs you: it will be ended soon for want of attention', 'idle');
    if (row.bells > old.bells) return about('rang', 'bell');
    return [];
  });
}
