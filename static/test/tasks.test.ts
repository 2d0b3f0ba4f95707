import { describe, expect, it } from 'vitest';
import { inbox, waiting } from '../src/model/inbox';
import { asks, filtered, leftBy, phases, sessionsOf, settledIn, taskName, taskNews, taskPhrase, taskTone } from '../src/model/tasks';
import { summed } from '../src/model/usage';
import type { Activity, SessionRow, TaskQuestion, TaskRow, UsageSums } from '../src/wire';
import { row } from './support';

const AT = (minute: number): string => `2026-01-05T14:${String(minute).padStart(2, '0')}:00Z`;
const MS = (minute: number): number => Date.parse(AT(minute));

function task(id: string, fields: Partial<TaskRow> = {}): TaskRow {
  return {
    task_id: id, session_id: `s-${id}`, viewer_url: null, state: 'working', status: 'running', revision: 1, owner: 'ann', agent: 'claude',
    cwd: null, prompt_summary: `do ${id}`, previous_session_id: null, runs: 1, position: null, created_at: AT(0), started_at: AT(1), ended_at: null,
    elapsed_s: 1, progress: null, questions: [], cancelling: false, failure: null, why: null, doubts: [], summary: '', feedback: '', ...fields,
  };
}
const question = (minute: number, fields: Partial<TaskQuestion> = {}): TaskQuestion => ({ id: 'q', kind: 'approval', what: 'May I?', detail: null, asked_at: AT(minute), ...fields });
const done = (id: string, minute: number, fields: Partial<TaskRow> = {}): TaskRow => task(id, { state: 'completed', ended_at: AT(minute), ...fields });
const session = (id: string, state: Activity, minute: number): SessionRow =>
  row({ session_id: id, activity: { state, source: 'program', evidence: '', since: MS(minute) / 1_000, doubts: [], waited_seconds: 0 } });
const doubt = { kind: 'exit', what: 'it ended with 1' };

describe('a task', () => {
  it.each([
    [{ state: 'queued', position: 1 }, 'waits for a slot, the next', 'calm'],
    [{ state: 'queued', position: 7 }, 'waits for a slot, number 7', 'calm'],
    [{ state: 'working' }, 'at work', 'works'],
    [{ state: 'working', cancelling: true }, 'being stopped', 'works'],
    [{ state: 'needs_approval' }, 'needs approval', 'calls'],
    [{ state: 'completed' }, 'completed', 'good'],
    [{ state: 'completed', doubts: [doubt] }, 'completed, with a doubt', 'doubt'],
    [{ state: 'failed', failure: 'denied' }, 'failed: it was not allowed what it needed', 'bad'],
    [{ state: 'cancelled' }, 'cancelled', 'calm'],
  ] as const)('%o is said as %j', (fields, phrase, tone) => {
    const one = task('a', fields as Partial<TaskRow>);
    expect([taskPhrase(one), taskTone(one)]).toEqual([phrase, tone]);
  });

  it('is called by its prompt, else by its id', () => {
    expect([taskName(task('a')), taskName(task('a', { prompt_summary: ' ' }))]).toEqual(['do a', 'a']);
  });

  it('is found by how it stands', () => {
    const all = [task('w'), task('n', { state: 'needs_input' }), done('d', 3), task('f', { state: 'failed' }), task('q', { state: 'queued' })];
    const ids = (filter: Parameters<typeof filtered>[1]): string => filtered(all, filter).map((one) => one.task_id).join('');
    expect([ids('all'), ids('needs'), ids('open'), ids('completed'), ids('other')]).toEqual(['wndfq', 'n', 'wq', 'd', 'f']);
    expect(all.filter(asks)).toHaveLength(1);
  });
});

describe('the inbox', () => {
  const look = { last: MS(10), away: new Set<string>() };
  const ids = (tasks: TaskRow[], rows: SessionRow[] = [], at = look): string[] => inbox(tasks, rows, at).map((item) => `${item.group}:${item.id}`);

  it('has first who waits, the longest wait before all, then doubt, then what was done since the last look', () => {
    const tasks = [done('old', 5), done('new', 12), done('newer', 13), done('odd', 2, { doubts: [doubt] }), task('asks', { state: 'needs_approval', questions: [question(8)] }), task('works')];
    const rows = [session('calls', 'needs_input', 4), session('works', 'working', 1), session('lost', 'uncertain', 9), session('ready', 'done', 11), session('was ready', 'done', 9)];
    expect(ids(tasks, rows)).toEqual(['needs:calls', 'needs:asks', 'doubt:lost', 'doubt:odd', 'done:newer', 'done:new', 'done:ready']);
  });

  it('tells a task once, not also its session', () => {
    const asking = task('a', { state: 'needs_input', questions: [question(3)] });
    expect(ids([asking], [session('s-a', 'needs_input', 3)])).toEqual(['needs:a']);
    expect(waiting([asking, done('d', 20)], [session('s-a', 'needs_input', 3), session('b', 'needs_approval', 1)])).toBe(2);
  });

  it('keeps what failed until it is put away, and who asks in any case', () => {
    const tasks = [task('f', { state: 'failed', ended_at: AT(1) }), task('n', { state: 'needs_input' }), task('c', { state: 'cancelled', ended_at: AT(20) })];
    expect(ids(tasks)).toEqual(['needs:n', 'doubt:f']);
    expect(ids(tasks, [], { ...look, away: new Set(['f', 'n']) })).toEqual(['needs:n']);
  });

  it('has sessions whose actor failed, and none that ended', () => {
    expect(ids([], [row({ session_id: 'x', state: 'failed' }), { ...session('y', 'needs_input', 1), state: 'ended' }])).toEqual(['doubt:x']);
  });
});

describe('what happened to a task', () => {
  it('is told in phases, with steps within them', () => {
    const told = phases([{ at: AT(0), what: 'queued', detail: '' }, { at: AT(1), what: 'step', detail: 'test: 3 of 4' }, { at: AT(2), what: 'info_needed', detail: 'Which?' }, { at: AT(3), what: 'new word', detail: '' }]);
    expect(told.map(({ word, step, tone }) => [word, step, tone])).toEqual([['Taken on', false, 'calm'], ['', true, 'works'], ['Waits for an answer', false, 'calls'], ['new word', false, 'calm']]);
  });

  it('is read from results of any kind', () => {
    expect(leftBy({ files_changed: ['a.rs', 3], errors: 'none', artifacts: { report: 'x.md', n: { a: 1 } } })).toEqual({ files: ['a.rs'], errors: [], artifacts: [{ name: 'report', value: 'x.md' }, { name: 'n', value: '{"a":1}' }] });
    for (const odd of [null, 'text', [1], { files_changed: {} }]) expect(leftBy(odd)).toEqual({ files: [], errors: [], artifacts: [] });
  });

  it('is in its receipt: answers and sessions', () => {
    const receipt = { sessions: ['s1', 's-a'], answered: [{ kind: 'approval', what: 'Push?', detail: 'git push', decision: 'deny', text: 'no', by: 'ann', at: AT(3) }, 'odd'] };
    expect(settledIn(receipt)[0]).toEqual({ kind: 'approval', what: 'Push?', detail: 'git push', answer: 'denied by ann', text: 'no', at: AT(3) });
    expect(settledIn(null)).toEqual([]);
    expect(sessionsOf(task('a'), receipt)).toEqual(['s1', 's-a']);
    expect(sessionsOf(task('a'), null)).toEqual(['s-a']);
  });

  it('makes news when it asks and when it ends, with the exact command', () => {
    const asking = task('a', { state: 'needs_approval', questions: [question(3, { detail: 'git push' })] });
    expect(taskNews([task('a')], [asking]).map((news) => news.body)).toEqual(['needs you: needs approval: git push']);
    expect(taskNews([asking], [asking])).toEqual([]);
    expect(taskNews([task('a')], [done('a', 3, { summary: 'Fixed.' })]).map((news) => news.body)).toEqual(['completed: Fixed.']);
    expect(taskNews([], [asking])).toEqual([]);
  });
});

describe('use of models by several sessions', () => {
  it('is summed, with unknown costs left unknown', () => {
    const sums = (requests: number, cost_usd: number | null): UsageSums => ({ requests, cost_usd, input_tokens: 2, output_tokens: 1, first_byte_ms: 5 }) as UsageSums;
    expect(summed([sums(1, null), sums(2, 0.5)])).toMatchObject({ requests: 3, cost_usd: 0.5, input_tokens: 4, first_byte_ms: null });
    expect(summed([sums(1, null), sums(2, null)])?.cost_usd).toBeNull();
    expect(summed([])).toBeNull();
  });
});
