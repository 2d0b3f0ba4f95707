import { describe, expect, it, vi } from 'vitest';
import { Actions, remap, type Action } from '../src/model/actions';
import type { KeyMap } from '../src/model/settings';
import { canonical, chordOf, objection } from '../src/model/chords';
import { fuzzy, pieces } from '../src/model/fuzzy';
import { entries, remembered } from '../src/model/palette';

const keys = (code: string, held = ''): Parameters<typeof chordOf>[0] => ({
  code, ctrlKey: held.includes('C'), shiftKey: held.includes('S'), altKey: held.includes('A'), metaKey: held.includes('M'),
});

function stage(remapped: KeyMap = {}): { actions: Actions; ran: string[]; add(action: Partial<Action>): void } {
  const ran: string[] = [];
  const actions = new Actions(() => remapped);
  const add = (action: Partial<Action>): void => {
    const id = action.id ?? 'a';
    actions.register([{ id, title: id, group: 'g', run: () => void ran.push(id), ...action }]);
  };
  return { actions, ran, add };
}

describe('chords', () => {
  it.each([
    [keys('KeyP', 'CS'), 'Ctrl+Shift+P'], [keys('Digit3', 'A'), 'Alt+3'], [keys('BracketLeft', 'AS'), 'Alt+Shift+['],
    [keys('Slash', 'C'), 'Ctrl+/'], [keys('Enter'), 'Enter'], [keys('F1'), 'F1'], [keys('ArrowUp', 'M'), 'Meta+Up'],
  ])('%o is %s', (pressed, chord) => expect(chordOf(pressed)).toBe(chord));

  it.each([keys('ControlLeft', 'C'), keys('KeyQ', 'CA'), keys('AltRight', 'A')])('%o is none', (pressed) => {
    expect(chordOf(pressed)).toBeNull();
  });

  it('have one spelling', () => {
    expect(canonical('shift+ctrl+p')).toBe('Ctrl+Shift+P');
    for (const wrong of ['', 'Hyper+X', 'Ctrl+Alt+X', 'Ctrl+']) expect(canonical(wrong)).toBeNull();
  });

  it('that the shell needs are told', () => {
    for (const needed of ['A', 'Shift+A', 'Ctrl+C', 'Enter']) expect(objection(needed)).not.toBeNull();
    for (const free of ['Ctrl+Shift+C', 'Alt+1', 'F2', 'Ctrl+=']) expect(objection(free)).toBeNull();
  });
});

describe('actions', () => {
  it('run by their chord and by nothing else', () => {
    const { actions, ran, add } = stage();
    add({ id: 'new', keys: ['Alt+Shift+N'] });
    expect(actions.press(keys('KeyN', 'AS'), true)).toBe(true);
    for (const left of [keys('KeyN', 'A'), keys('KeyN', 'C'), keys('KeyN'), keys('KeyN', 'CSA'), keys('KeyN', 'ASM')]) {
      expect(actions.press(left, true)).toBe(false);
    }
    expect(ran).toEqual(['new']);
  });

  it('leave the key to the shell when there is nothing to do', () => {
    const { actions, add } = stage();
    add({ id: 'copy', keys: ['Ctrl+Shift+C'], run: () => false });
    add({ id: 'next', keys: ['Alt+Right'], when: () => false });
    add({ id: 'on', keys: ['Enter'], where: 'terminal' });
    expect(actions.press(keys('KeyC', 'CS'), true)).toBe(false);
    expect(actions.press(keys('ArrowRight', 'A'), true)).toBe(false);
    expect(actions.press(keys('Enter'), false)).toBe(false);
    expect(actions.press(keys('Enter'), true)).toBe(true);
  });

  it('offer what can be done now', () => {
    const { actions, add } = stage();
    add({ id: 'a' });
    add({ id: 'b', quiet: true });
    add({ id: 'c', when: () => false });
    expect(actions.available().map((action) => action.id)).toEqual(['a']);
    const off = actions.register([{ id: 'd', title: 'd', group: 'g', run: vi.fn() }]);
    expect(actions.all()).toHaveLength(4);
    off();
    expect(actions.all()).toHaveLength(3);
  });

  it('are given other keys, which nobody else keeps', () => {
    const { actions, add } = stage();
    add({ id: 'a', keys: ['Alt+A'] });
    add({ id: 'b', keys: ['Alt+B', 'F2'] });
    const next = remap(actions, {}, 'a', ['Alt+B']);
    expect(next).toEqual({ a: ['Alt+B'], b: ['F2'] });
    const { actions: after, ran, add: addAfter } = stage(next);
    addAfter({ id: 'a', keys: ['Alt+A'] });
    addAfter({ id: 'b', keys: ['Alt+B', 'F2'] });
    after.press(keys('KeyA', 'A'), true);
    after.press(keys('KeyB', 'A'), true);
    expect(ran).toEqual(['a']);
    expect(after.isRemapped('a')).toBe(true);
  });
});

describe('finding by letters', () => {
  it.each([['nt', 'New tab'], ['new', 'New session'], ['ssn', 'New session'], ['', 'x']])('%s finds %s', (query, text) => {
    expect(fuzzy(query, text)).not.toBeNull();
  });
  it('wants all letters in order', () => expect(fuzzy('wen', 'New')).toBeNull());
  it('prefers beginnings of words', () => {
    const score = (text: string): number => fuzzy('gt', text)?.score ?? 0;
    expect(score('Go to tab')).toBeGreaterThan(score('Ragtime'));
  });
  it('marks what was found', () => {
    const at = fuzzy('nt', 'New tab')?.at ?? [];
    expect(pieces('New tab', at)).toEqual([{ text: 'N', hit: true }, { text: 'ew ', hit: false }, { text: 't', hit: true }, { text: 'ab', hit: false }]);
  });
});

describe('the palette', () => {
  const action = (id: string, title: string): Action => ({ id, title, group: 'Tabs', run: () => undefined });
  const list = [action('a', 'New session'), action('b', 'Close tab'), action('c', 'Sessions')];
  const ids = (query: string, recent: string[] = []): string[] => entries(list, recent, query).map((entry) => entry.action.id);
  it('shows all, recent first', () => {
    expect(ids('')).toEqual(['a', 'b', 'c']);
    expect(ids('', ['c', 'b'])).toEqual(['c', 'b', 'a']);
  });
  it('filters as one types, by the group too', () => {
    expect(ids('sess')).toEqual(['c', 'a']);
    expect(ids('tabsnew')).toEqual([]);
    expect(ids('close tabs')).toEqual(['b']);
    expect(ids('zzz')).toEqual([]);
  });
  it('remembers a few', () => {
    expect(remembered(['a', 'b'], 'b')).toEqual(['b', 'a']);
    expect(remembered(['1', '2', '3', '4', '5', '6'], 'x')).toHaveLength(6);
  });
});
