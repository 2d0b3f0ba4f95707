// Tasks in words: how one stands, how it was judged, what happened to it, what its agent left.

import type { QuestionKind, TaskEvent, TaskFailure, TaskRow, TaskState } from '../wire';
import type { News } from './news';
import { clean } from './sessions';

export type TaskTone = 'calls' | 'works' | 'good' | 'doubt' | 'bad' | 'calm';

const OVER: readonly TaskState[] = ['completed', 'failed', 'cancelled', 'interrupted'];
const FAILURES: Record<TaskFailure, string> = {
  reported: 'its agent says so',
  timed_out: 'its time was over',
  api_error: 'the models did not answer',
  denied: 'it was not allowed what it needed',
  not_started: 'its agent did not start',
  crashed: 'its agent crashed',
  no_result: 'it left no result',
};

export function isOver({ state }: Pick<TaskRow, 'state'>): boolean {
  return OVER.includes(state);
}

export function asks({ state }: Pick<TaskRow, 'state'>): boolean {
  return state === 'needs_approval' || state === 'needs_input';
}

/** Completed without doubts is what one can build on; all other ends want a look. */
export function inDoubt(task: TaskRow): boolean {
  return task.state === 'failed' || task.state === 'interrupted' || (task.state === 'completed' && task.doubts.length > 0);
}

export function taskTone(task: TaskRow): TaskTone {
  if (asks(task)) return 'calls';
  if (task.state === 'failed' || task.state === 'interrupted') return 'bad';
  if (task.state === 'completed') return task.doubts.length > 0 ? 'doubt' : 'good';
  return task.state === 'cancelled' || task.state === 'queued' ? 'calm' : 'works';
}

/** "waits for a slot, 3rd in line", "failed: its time was over" */
export function taskPhrase(task: TaskRow): string {
  const { state, position, failure, doubts, cancelling } = task;
  if (cancelling) return 'being stopped';
  switch (state) {
    case 'queued':
      return position === null ? 'waits for a slot' : position === 1 ? 'waits for a slot, the next' : `waits for a slot, number ${position}`;
    case 'starting':
      return 'starting';
    case 'working':
      return 'at work';
    case 'needs_approval':
      return 'needs approval';
    case 'needs_input':
      return 'needs an answer';
    case 'completed':
      return doubts.length === 0 ? 'completed' : doubts.length === 1 ? 'completed, with a doubt' : `completed, with ${doubts.length} doubts`;
    case 'failed':
      return failure === null ? 'failed' : `failed: ${FAILURES[failure]}`;
    case 'cancelled':
      return 'cancelled';
    case 'interrupted':
      return 'interrupted: its machine or its keeper went away';
  }
}

export function taskName({ prompt_summary: summary, task_id: id }: Pick<TaskRow, 'prompt_summary' | 'task_id'>): string {
  return clean(summary) || id;
}

/** Since when a person is waited for, in ms; without questions, since its order. */
export function askedAt({ questions, created_at }: TaskRow): number {
  return Math.min(...(questions.length > 0 ? questions.map((question) => Date.parse(question.asked_at)) : [Date.parse(created_at)]));
}

// Lists

export const FILTERS = ['all', 'needs', 'open', 'completed', 'other'] as const;
export type Filter = (typeof FILTERS)[number];

export function filtered(tasks: readonly TaskRow[], filter: Filter): TaskRow[] {
  return tasks.filter((task) => {
    if (filter === 'needs') return asks(task);
    if (filter === 'open') return !isOver(task) && !asks(task);
    if (filter === 'completed') return task.state === 'completed';
    return filter === 'all' || (isOver(task) && task.state !== 'completed');
  });
}

// What happened

export interface Phase {
  /** RFC 3339. */
  at: string;
  word: string;
  detail: string;
  /** Within a phase: progress of the agent. */
  step: boolean;
  tone: TaskTone;
}

const HAPPENED: Record<string, [string, TaskTone]> = {
  queued: ['Taken on', 'calm'],
  starting: ['Starts', 'works'],
  working: ['At work', 'works'],
  asked: ['Asks', 'calls'],
  needs_approval: ['Waits for approval', 'calls'],
  info_needed: ['Waits for an answer', 'calls'],
  answered: ['Answered', 'calm'],
  cancelling: ['Asked to stop', 'calm'],
  completed: ['Completed', 'good'],
  failed: ['Failed', 'bad'],
  timeout: ['Out of time', 'bad'],
  cancelled: ['Cancelled', 'calm'],
  interrupted: ['Interrupted', 'bad'],
};

export function phases(events: readonly TaskEvent[]): Phase[] {
  return events.map(({ at, what, detail }) => {
    const [word, tone] = HAPPENED[what] ?? [what, 'calm'];
    return what === 'step' ? { at, word: '', detail, step: true, tone: 'works' } : { at, word, detail, step: false, tone };
  });
}

// What is left. Results come from agents: every part may be missing, or of another kind.

export interface Left {
  files: string[];
  errors: string[];
  artifacts: { name: string; value: string }[];
}

export function leftBy(result: unknown): Left {
  const { files_changed, errors, artifacts } = object(result);
  return { files: texts(files_changed), errors: texts(errors), artifacts: Object.entries(object(artifacts)).map(([name, value]) => ({ name, value: typeof value === 'string' ? value : JSON.stringify(value) })) };
}

export interface Settled {
  kind: QuestionKind;
  what: string;
  detail: string;
  /** "approved by ann" */
  answer: string;
  text: string;
  at: string;
}

const DECIDED: Record<string, string> = { approve: 'approved', approve_for_session: 'approved for the session', deny: 'denied', answer: 'answered' };

/** Questions with their answers, which the receipt tells. */
export function settledIn(receipt: unknown): Settled[] {
  const { answered } = object(receipt);
  return (Array.isArray(answered) ? answered : []).map((entry) => {
    const { kind, what, detail, decision, text, by, at } = object(entry);
    const how = DECIDED[words(decision)] ?? 'answered';
    return { kind: kind === 'approval' ? 'approval' : 'input', what: words(what), detail: words(detail), answer: `${how} by ${words(by)}`, text: words(text), at: words(at) };
  });
}

/** Every session that it ran in, the last one at the end. */
export function sessionsOf(task: TaskRow, receipt: unknown): string[] {
  return [...new Set([...texts(object(receipt)['sessions']), task.session_id])];
}

/** What is worth a notification: a task asks, or is over. */
export function taskNews(before: readonly TaskRow[], after: readonly TaskRow[]): News[] {
  return after.flatMap((task) => {
    const old = before.find((other) => other.task_id === task.task_id);
    if (!old || old.state === task.state || !(asks(task) || isOver(task)) || task.state === 'cancelled') return [];
    const why = asks(task) ? (task.questions[0]?.detail ?? task.questions[0]?.what ?? '') : task.summary;
    const body = `${asks(task) ? 'needs you: ' : ''}${taskPhrase(task)}${why ? `: ${clean(why)}` : ''}`;
    return [{ id: task.task_id, title: taskName(task), body, tag: `task:${task.task_id}` }];
  });
}

const object = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {});
const words = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []);
