// Rules about session rows: how they are called, sorted, searched and coloured.

import type { SessionRow, SessionState } from '../wire';
import { exitTone } from './exits';

export type Dot = 'running' | 'ended' | 'crashed' | 'failed' | 'unknown';

/** What a session is called: its label, else its program, else the start of its id. */
export function sessionName(row: Pick<SessionRow, 'session_id' | 'label' | 'process'>): string {
  return clean(row.label) || program(row) || namelessSession(row.session_id);
}

export function namelessSession(sessionId: string): string {
  return `session ${sessionId.slice(0, 8)}`;
}

/** The rows, where a program that is over is still called as in `before`. */
export function rememberPrograms(rows: readonly SessionRow[], before: readonly SessionRow[]): SessionRow[] {
  return rows.map((row) => {
    const known = before.find((other) => other.session_id === row.session_id);
    return program(row) === '' && known ? { ...row, process: known.process } : row;
  });
}

/** Whether each of these is said more than once. */
export function repeated(names: readonly string[]): boolean[] {
  return names.map((name) => names.indexOf(name) !== names.lastIndexOf(name));
}

/** A server says "unknown" of a program that it does not see. */
function program(row: Pick<SessionRow, 'process'>): string {
  const process = clean(row.process);
  return process === 'unknown' ? '' : process;
}

/** Names and titles come from programs: no control characters, no endless text. */
export function clean(text: string | null): string {
  return (text ?? '').replace(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '').slice(0, LONGEST).trim();
}

const LONGEST = 256;

/** The program and its title in one line, without saying the same twice. */
export function whatRuns(row: SessionRow): string {
  const process = program(row);
  const title = clean(row.title);
  if (title === '' || title === process) return process;
  return process === '' ? title : `${process} — ${title}`;
}

export function sessionDot(row: SessionRow): Dot {
  if (row.state === 'failed') return 'failed';
  if (row.state !== 'ended') return 'running';
  const tone = exitTone(row.exit);
  if (tone === 'bad') return 'crashed';
  return tone === 'unknown' ? 'unknown' : 'ended';
}

const ORDER: Record<SessionState, number> = { failed: 0, running: 1, ended: 2 };

/** Failed first because they need someone, then running, then ended; oldest first in each. */
export function sortSessions(rows: readonly SessionRow[]): SessionRow[] {
  return [...rows].sort((a, b) => ORDER[a.state] - ORDER[b.state] || a.created_at - b.created_at);
}

/** Every word must occur in the label, program, title, state or id. */
export function searchSessions(rows: readonly SessionRow[], query: string): SessionRow[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const text = [row.label, row.process, row.title, row.cwd, row.state, row.session_id].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

const DIRECTORIES = 12;

/** Where sessions work or worked, the newest first, each once. */
export function recentDirectories(rows: readonly SessionRow[]): string[] {
  const newest = [...rows].sort((a, b) => b.created_at - a.created_at).map((row) => clean(row.cwd));
  return [...new Set(newest.filter((cwd) => cwd !== ''))].slice(0, DIRECTORIES);
}
