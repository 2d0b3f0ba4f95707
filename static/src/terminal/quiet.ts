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

export function swallowQuestions(terminal: Terminal, quiet: () => boolean): void {
  for (const id of QUESTIONS) terminal.parser.registerCsiHandler(id, () => quiet());
  terminal.parser.registerDcsHandler({ intermediates: '$', final: 'q' }, () => quiet());
}

/** True for a reply that must not leave while quiet. */
export function isReply(data: string): boolean {
  return UNTYPED.test(data);
}
