// What a person should look at: who waits for one first, the longest wait before all; then what is in
// doubt; then what was done since the last look. The lists of tasks and sessions are the truth.

import type { SessionRow, TaskRow } from '../wire';
import { activityOf, calls, type ActivityFace } from './activity';
import { askedAt, asks, inDoubt, isOver } from './tasks';

export type Group = 'needs' | 'doubt' | 'done';

interface Place {
  id: string;
  group: Group;
  /** Since when, in ms. */
  since: number;
}
export interface TaskItem extends Place {
  task: TaskRow;
}
export interface SessionItem extends Place {
  row: SessionRow;
  /** `null`: its actor failed. */
  face: ActivityFace | null;
}
export type Item = TaskItem | SessionItem;

export interface Look {
  /** When a person last looked, in ms. */
  last: number;
  /** Ids of tasks that were put away. */
  away: ReadonlySet<string>;
}

const ORDER: readonly Group[] = ['needs', 'doubt', 'done'];

export function inbox(tasks: readonly TaskRow[], rows: readonly SessionRow[], look: Look): Item[] {
  // What goes on in the session of a task is told by the task.
  const told = new Set(tasks.map((task) => task.session_id));
  const items: Item[] = [
    ...tasks.flatMap((task) => taskItem(task, look)),
    ...rows.filter((row) => !told.has(row.session_id)).flatMap((row) => sessionItem(row, look)),
  ];
  const newestFirst = (group: Group): number => (group === 'needs' ? 1 : -1);
  return items.sort((a, b) => ORDER.indexOf(a.group) - ORDER.indexOf(b.group) || newestFirst(a.group) * (a.since - b.since) || (a.id < b.id ? -1 : 1));
}

/** How many wait for a person. */
export function waiting(tasks: readonly TaskRow[], rows: readonly SessionRow[]): number {
  return inbox(tasks, rows, { last: Infinity, away: new Set() }).filter((item) => item.group === 'needs').length;
}

function taskItem(task: TaskRow, { last, away }: Look): TaskItem[] {
  const item = (group: Group, since: number): TaskItem[] => [{ id: task.task_id, group, since, task }];
  if (asks(task) && !task.cancelling) return item('needs', askedAt(task));
  const ended = Date.parse(task.ended_at ?? task.created_at);
  if (away.has(task.task_id) || !isOver(task)) return [];
  if (inDoubt(task)) return item('doubt', ended);
  return task.state === 'completed' && ended > last ? item('done', ended) : [];
}

function sessionItem(row: SessionRow, { last }: Look): SessionItem[] {
  const face = activityOf(row);
  const item = (group: Group, since: number): SessionItem[] => [{ id: row.session_id, group, since, row, face }];
  if (row.state === 'failed') return item('doubt', row.created_at * 1_000);
  if (face === null || row.activity === null) return [];
  const since = row.activity.since * 1_000;
  if (calls(face.state)) return item('needs', since);
  if (face.state === 'error' || face.state === 'uncertain') return item('doubt', since);
  return face.state === 'done' && since > last ? item('done', since) : [];
}
