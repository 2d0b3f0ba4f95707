// What is said about how a session ended. Unknown is said as unknown, never as success.

import type { Exit } from '../wire';
import { clock } from './format';

/** Linux signal numbers, 1–31. */
const SIGNALS =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'.split(
    ' ',
  );

export function signalName(signal: number): string {
  const name = SIGNALS[signal - 1];
  return name === undefined ? `signal ${signal}` : `SIG${name}`;
}

/** "exited with code 3 at 14:02" */
export function exitSentence(exit: Exit | null, now: number): string {
  if (exit === null) return 'ended, exit status unknown';
  const time = clock(exit.at, now);
  return `${how(exit)}${time === null ? '' : ` at ${time}`}${status(exit)}`;
}

function how(exit: Exit): string {
  if (exit.reason === 'closed') return 'ended on request';
  if (exit.reason === 'idle') return 'ended because nobody looked after it';
  if (exit.reason === 'redeployed') return 'ended when the server went down';
  if (exit.reason !== 'exited') return 'ended';
  if (exit.signal !== null) return `killed by ${signalName(exit.signal)}`;
  if (exit.code !== null) return `exited with code ${exit.code}`;
  return 'ended';
}

function status(exit: Exit): string {
  const known = exit.code !== null || exit.signal !== null;
  return known || exit.reason === 'closed' || exit.reason === 'redeployed' ? '' : ', exit status unknown';
}

/** The badge of a tab: "0", "3", "KILL", "?"; `null` for a session ended on request. */
export function exitBadge(exit: Exit | null): string | null {
  if (exit === null) return '?';
  if (exit.reason === 'closed' || exit.reason === 'idle') return null;
  if (exit.signal !== null) return signalName(exit.signal).replace(/^SIG/, '').replace('signal ', '#');
  return exit.code === null ? '?' : String(exit.code);
}

/** Only a known code 0, or an end that was asked for, is calm. */
export function exitTone(exit: Exit | null): 'calm' | 'bad' | 'unknown' {
  if (exit === null) return 'unknown';
  if (exit.reason === 'closed' || exit.reason === 'idle') return 'calm';
  if (exit.code === null && exit.signal === null) return 'unknown';
  return exit.code === 0 ? 'calm' : 'bad';
}
