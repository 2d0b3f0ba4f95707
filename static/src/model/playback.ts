// What a player does next so that its terminal shows a moment: the shortest way there from what
// stands in it. Forward it is fed what is missing; back, or far ahead, it begins anew with a part,
// which begins with a snapshot.

import type { CastPart } from './cast';

/** What stands in the terminal: the events of `part` before `next`, and whatever was before the part. */
export interface Fed {
  part: number;
  next: number;
}

export type Step =
  | { do: 'rest' }
  | { do: 'load'; part: number }
  /** An empty terminal of the part's size. */
  | { do: 'begin'; part: number }
  /** On into a part whose snapshot is on the screen already. */
  | { do: 'enter'; part: number; next: number }
  | { do: 'feed'; part: number; from: number; to: number };

/** Characters fed at a time. */
export const SLICE = 64 * 1024;
/** So much left of the part before is fed rather than begun anew. */
const NEAR = 512 * 1024;

export function nextStep(fed: Fed | null, parts: ReadonlyMap<number, CastPart>, part: number, at: number): Step {
  const here = parts.get(part);
  if (!here) return { do: 'load', part };
  if (fed?.part === part) {
    const shown = here.events[fed.next - 1]?.at ?? -Infinity;
    return shown > at ? { do: 'begin', part } : feed(here, part, fed.next, here.countAt(at));
  }
  const before = fed?.part === part - 1 ? parts.get(part - 1) : undefined;
  if (!fed || !before || before.chars - before.charsBefore(fed.next) > NEAR) return { do: 'begin', part };
  if (fed.next < before.events.length) return feed(before, part - 1, fed.next, before.events.length);
  const snapshot = here.events.findIndex((event) => event.text !== undefined);
  return { do: 'enter', part, next: snapshot + 1 };
}

/** As much as one slice takes; one event at least. */
function feed(part: CastPart, number: number, from: number, to: number): Step {
  if (from >= to) return { do: 'rest' };
  const most = part.charsBefore(from) + SLICE;
  let end = from + 1;
  while (end < to && (part.events[end]?.upTo ?? 0) <= most) end += 1;
  return { do: 'feed', part: number, from, to: end };
}
