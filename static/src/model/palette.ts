// What the palette shows: everything that can be done and fits what was typed. What was done last
// stands first while nothing is typed, and breaks ties after.

import type { Action } from './actions';
import { fuzzy } from './fuzzy';

/** Remembered actions. */
const RECENT = 6;

export interface Entry {
  action: Action;
  /** Matched letters of the title. */
  at: number[];
  recent: boolean;
}

export function entries(actions: readonly Action[], recent: readonly string[], query: string): Entry[] {
  const rank = (id: string): number => (recent.includes(id) ? recent.length - recent.indexOf(id) : 0);
  if (query.trim() === '') {
    const list = actions.map((action) => ({ action, at: [], recent: recent.includes(action.id) }));
    return list.sort((a, b) => rank(b.action.id) - rank(a.action.id));
  }
  const found = actions.flatMap((action) => {
    const inTitle = fuzzy(query, action.title);
    const anywhere = inTitle ?? fuzzy(query, `${action.title} ${action.group}`);
    if (!anywhere) return [];
    const score = anywhere.score + rank(action.id) / 10 - (inTitle ? 0 : 4);
    return [{ action, at: inTitle?.at ?? [], recent: false, score }];
  });
  return found.sort((a, b) => b.score - a.score);
}

export function remembered(recent: readonly string[], id: string): string[] {
  return [id, ...recent.filter((other) => other !== id)].slice(0, RECENT);
}

/** Groups in the order in which they were registered. */
export function byGroup(actions: readonly Action[]): { group: string; actions: Action[] }[] {
  const groups = new Map<string, Action[]>();
  for (const action of actions) groups.set(action.group, [...(groups.get(action.group) ?? []), action]);
  return [...groups].map(([group, list]) => ({ group, actions: list }));
}
