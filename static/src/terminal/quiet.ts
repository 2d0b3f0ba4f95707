// History never speaks: while replayed bytes are parsed, questions in them (who are you, where is
// the cursor, which colours) were answered long ago and must not be answered again into the shell.
// Questions are swallowed by parser handlers, so that what a person types meanwhile passes. Only
// replies that no key can produce are caught on their way out.

import type { Terminal } from '@xterm/xterm';

const QUESTIONS = [
  { final: 'c' },
  { prefix: '>', final: 'c' },
  { prefix: '=', final: 'c' },
  { final: 'n' },
  { prefix: '?', final: 'n' },
  { intermediates: '$', final: 'p' },
  { prefix: '?', intermediates: '$', final: 'p' },
  { prefix: '>', final: 'q' },
  { prefix: '?', final: 'u' },
];

/** Focus reports, colour reports and status strings: shapes that are never typed. */
const UNTYPED = /^\x1b(\[[IO]$|\](?:4;\d+|1[0-2]);rgb:|P[01]\$r)/;

/** What the mouse did: only right where it was done. */
const MOUSE = /^\x1b\[(M|<\d+;\d+;\d+[Mm]$|\d+;\d+;\d+M$)/;

/** Calls back whether a question was just let through: what comes out next is its answer. */
export function swallowQuestions(terminal: Terminal, quiet: () => boolean): () => boolean {
  let asked = false;
  const heard = (): boolean => {
    if (quiet()) return true;
    asked = true;
    // The answer comes while the question is parsed, and nothing is typed in between.
    queueMicrotask(() => (asked = false));
    return false;
  };
  for (const id of QUESTIONS) terminal.parser.registerCsiHandler(id, heard);
  terminal.parser.registerDcsHandler({ intermediates: '$', final: 'q' }, heard);
  return () => asked;
}

/** True for what can only come from keys, a paste or a keyboard on the screen. */
export function isTyped(data: string): boolean {
  return !UNTYPED.test(data) && !MOUSE.test(data);
}

/** True for a reply that must not leave while quiet. */
export function isReply(data: string): boolean {
  return UNTYPED.test(data);
}
