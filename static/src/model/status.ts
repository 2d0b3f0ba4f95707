// The one state word and phrase that the status line shows, from the link's state and the active
// session's.

import type { Connection } from './connection';

export type StateWord =
  | 'connecting'
  | 'joining'
  | 'live'
  | 'polling'
  | 'catching up'
  | 'reconnecting'
  | 'signed out'
  | 'ended'
  | 'failed';

export interface Facts {
  connection: Connection;
  /** Without a WebSocket. */
  polling?: boolean;
  session: { state: 'joining' | 'joined' | 'ended' | 'failed'; catchingUp: boolean } | null;
}

export function stateWord({ connection, session, polling }: Facts): StateWord {
  switch (connection.phase) {
    case 'signed-out':
    case 'forbidden':
      return 'signed out';
    case 'waiting':
      return 'reconnecting';
    case 'connecting':
      return connection.attempt === 0 ? 'connecting' : 'reconnecting';
    case 'live':
      if (session === null) return polling ? 'polling' : 'live';
      if (session.state === 'failed' || session.state === 'ended') return session.state;
      if (session.catchingUp) return 'catching up';
      if (session.state === 'joining') return 'joining';
      return polling ? 'polling' : 'live';
  }
}

/** "Reconnecting in 3 s" and the like. */
export function statePhrase(facts: Facts, now: number): string {
  const word = stateWord(facts);
  const { connection } = facts;
  if (word === 'reconnecting') {
    const why = 'restarting' in connection && connection.restarting ? 'Server restarting, ' : '';
    const wait = connection.phase === 'waiting' ? connection.until - now : 0;
    const when = wait > 900 ? `reconnecting in ${Math.ceil(wait / 1000)} s` : 'reconnecting…';
    return why + (why ? when : when.charAt(0).toUpperCase() + when.slice(1));
  }
  return PHRASES[word];
}

const PHRASES: Record<Exclude<StateWord, 'reconnecting'>, string> = {
  connecting: 'Connecting…',
  joining: 'Attaching…',
  live: 'Live',
  polling: 'Live, by polling',
  'catching up': 'Catching up…',
  'signed out': 'Signed out',
  ended: 'Ended',
  failed: 'Failed',
};
