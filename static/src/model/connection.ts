// The life of the one socket as a state machine: facts in, the next state out.
// A link that lived for a second counts as good, so its loss is answered at once; one that dies
// younger goes on waiting longer, so that a server which accepts and hangs up is not hammered.

import { delay } from './backoff';

export type Connection =
  | { phase: 'connecting'; attempt: number; restarting: boolean }
  | { phase: 'live'; since: number; attempt: number; restarting: boolean }
  | { phase: 'waiting'; until: number; attempt: number; restarting: boolean }
  | { phase: 'signed-out' }
  | { phase: 'forbidden' };

export type Fact =
  | { is: 'opened'; at: number }
  | { is: 'lost'; code: number; at: number; random: number }
  | { is: 'unauthorized' }
  | { is: 'forbidden' }
  | { is: 'shutting_down'; restart: boolean }
  | { is: 'retry' };

export const CLOSE_UNAUTHORIZED = 4401;
export const CLOSE_FORBIDDEN = 4403;
export const CLOSE_RESTARTING = 1012;
const GOOD_AFTER_MS = 1_000;

export const START: Connection = { phase: 'connecting', attempt: 0, restarting: false };

export function next(state: Connection, fact: Fact): Connection {
  switch (fact.is) {
    case 'opened':
      return { phase: 'live', since: fact.at, attempt: tries(state).attempt, restarting: false };
    case 'lost':
      return lost(state, fact);
    case 'unauthorized':
      return { phase: 'signed-out' };
    case 'forbidden':
      return { phase: 'forbidden' };
    case 'shutting_down':
      return state.phase === 'live' ? { ...state, restarting: fact.restart } : state;
    case 'retry':
      return state.phase === 'live' ? state : { phase: 'connecting', ...tries(state) };
  }
}

function lost(state: Connection, fact: Fact & { is: 'lost' }): Connection {
  if (fact.code === CLOSE_UNAUTHORIZED) return { phase: 'signed-out' };
  if (fact.code === CLOSE_FORBIDDEN) return { phase: 'forbidden' };
  const before = tries(state);
  const good = state.phase === 'live' && fact.at - state.since >= GOOD_AFTER_MS;
  const attempt = good ? 0 : before.attempt;
  const restarting = fact.code === CLOSE_RESTARTING || before.restarting;
  const wait = delay(attempt, restarting, fact.random);
  return { phase: 'waiting', until: fact.at + wait, attempt: attempt + 1, restarting };
}

function tries(state: Connection): { attempt: number; restarting: boolean } {
  if (state.phase === 'signed-out' || state.phase === 'forbidden') {
    return { attempt: 0, restarting: false };
  }
  return { attempt: state.attempt, restarting: state.restarting };
}
