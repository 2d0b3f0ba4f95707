import { describe, expect, it } from 'vitest';
import { activityOf, activityPhrase, calls, foremost } from '../src/model/activity';
import { paneFace, tabFace } from '../src/model/faces';
import { newsBetween } from '../src/model/news';
import type { Activity, ActivityRow, SessionRow } from '../src/wire';
import { row } from './support';

const said = (state: Activity, evidence = ''): ActivityRow => ({ state, source: 'program', evidence, since: 5, doubts: [], waited_seconds: 0 });
const at = (state: Activity, evidence = ''): SessionRow => row({ label: 'api', activity: said(state, evidence) });

describe('what goes on in a session', () => {
  it.each([
    ['needs_approval', 'rm -r build', 'needs approval: rm -r build', true],
    ['needs_input', '', 'needs an answer', true],
    ['working', 'reading', 'at work: reading', false],
    ['done', '', 'done', false],
    ['uncertain', 'silent for long', 'uncertain: silent for long', false],
  ] as const)('%s, %j', (state, evidence, phrase, person) => {
    const face = activityOf(at(state, evidence));
    expect(face && activityPhrase(face)).toBe(phrase);
    expect(calls(state)).toBe(person);
  });

  it('is nothing where nobody says so, and where nothing runs', () => {
    expect(activityOf(row())).toBeNull();
    expect(activityOf(row({ state: 'ended', activity: said('needs_input') }))).toBeNull();
  });

  it('comes from programs: no control characters', () => {
    expect(activityOf(at('needs_input', 'a\u001b[31mb'))?.evidence).toBe('a[31mb');
  });

  it('shows of several panes what is most worth a look', () => {
    const faces = (['working', 'done', 'needs_input', 'uncertain'] as const).map((state) => activityOf(at(state)));
    expect(foremost([null, ...faces])?.state).toBe('needs_input');
    expect(foremost([null])).toBeNull();
  });

  it('is in the faces of pane and tab, until the end', () => {
    const facts = { row: at('needs_approval', 'x'), ended: false, exit: null, title: '', unseen: 'nothing', readOnly: false } as const;
    const face = paneFace(facts, 'api');
    expect(face.activity?.word).toBe('needs approval');
    expect(tabFace('t', '', ['a'], [face], face).activity?.state).toBe('needs_approval');
    expect(paneFace({ ...facts, ended: true }, 'api').activity).toBeNull();
  });
});

describe('news of it', () => {
  const bodies = (before: SessionRow, after: SessionRow, watched: string | null = null): string[] =>
    newsBetween([before], [after], watched, 0).map((news) => news.body);
  it('tells who needs a person, with the reason', () => {
    expect(bodies(at('working'), at('needs_approval', 'git push'))).toEqual(['needs you: needs approval: git push']);
    expect(bodies(row({ label: 'api' }), at('needs_input', 'Which one?'))).toEqual(['needs you: needs an answer: Which one?']);
  });
  it('tells each question once, and nobody who looks at it', () => {
    expect(bodies(at('needs_input', 'a'), at('needs_input', 'a'))).toEqual([]);
    expect(bodies(at('needs_input', 'a'), at('needs_input', 'b'))).toHaveLength(1);
    expect(bodies(at('working'), at('needs_input', 'b'), 'aaaaaaaa-1111')).toEqual([]);
  });
  it('tells the end of a turn', () => {
    expect(bodies(at('working'), at('done', 'Pushed.'))).toEqual(['done: Pushed.']);
    expect(bodies(row(), at('done', 'Pushed.'))).toEqual([]);
  });
});
