// Everything a person can ask the page to do, under one name each: the palette lists it, the help
// tells its keys, a chord runs it. Chords can be given to other actions; what was changed is kept.
//
// Only what is registered is taken from the shell, only while it can be done, and a `run` that
// says false gives its key back.

import { canonical, chordOf } from './chords';
import type { KeyMap } from './settings';

export interface Action {
  /** "tab.new": stays the same for ever, settings remember it. */
  id: string;
  title: string;
  group: string;
  /** What it answers to unless a person said otherwise: "Ctrl+Shift+P". */
  keys?: readonly string[];
  /** Its keys count only while the terminal has the focus. */
  where?: 'terminal';
  /** In the help, not in the palette. */
  quiet?: boolean;
  /** Whether there is something to do now. */
  when?(): boolean;
  /** False: it was not done after all. */
  run(): unknown;
}


type KeysPressed = Parameters<typeof chordOf>[0];

export class Actions {
  private readonly known = new Map<string, Action>();

  constructor(private readonly remapped: () => KeyMap = () => ({})) {}

  /** The same id again replaces; the answer takes them away again. */
  register(actions: readonly Action[]): () => void {
    for (const action of actions) this.known.set(action.id, action);
    return () => {
      for (const action of actions) if (this.known.get(action.id) === action) this.known.delete(action.id);
    };
  }

  all(): Action[] {
    return [...this.known.values()];
  }

  /** What can be done now, for the palette. */
  available(): Action[] {
    return this.all().filter((action) => !action.quiet && can(action));
  }

  keys(id: string): readonly string[] {
    return this.remapped()[id] ?? defaults(this.known.get(id));
  }

  isRemapped(id: string): boolean {
    return this.remapped()[id] !== undefined;
  }

  /** Who else answers to this chord. */
  holders(chord: string, besides?: string): Action[] {
    const wanted = canonical(chord);
    return this.all().filter((action) => action.id !== besides && this.keys(action.id).includes(wanted ?? ''));
  }

  run(id: string): boolean {
    const action = this.known.get(id);
    return action !== undefined && can(action) && action.run() !== false;
  }

  /** True when the chord was for the page, and is not for the shell. */
  press(keys: KeysPressed, inTerminal: boolean): boolean {
    const chord = chordOf(keys);
    if (chord === null) return false;
    return this.all().some(
      (action) => (action.where !== 'terminal' || inTerminal) && this.keys(action.id).includes(chord) && this.run(action.id),
    );
  }
}

/** `chord` for this action and for no other. */
export function remap(actions: Actions, before: KeyMap, id: string, chords: readonly string[]): KeyMap {
  const next: Record<string, readonly string[]> = { ...before, [id]: chords };
  for (const chord of chords) {
    for (const other of actions.holders(chord, id)) next[other.id] = (next[other.id] ?? actions.keys(other.id)).filter((key) => key !== chord);
  }
  return next;
}

function can(action: Action): boolean {
  return action.when?.() ?? true;
}

function defaults(action: Action | undefined): readonly string[] {
  return (action?.keys ?? []).flatMap((chord) => canonical(chord) ?? []);
}
