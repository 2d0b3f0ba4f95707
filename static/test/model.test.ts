import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AckPacer } from '../src/model/acks';
import { decodeLink, encodeLink } from '../src/model/address';
import { CAP_MS, delay, RESTART_CAP_MS } from '../src/model/backoff';
import { next, START, type Connection } from '../src/model/connection';
import { exitBadge, exitSentence, exitTone, signalName } from '../src/model/exits';
import { bytes, clock, duration, span } from '../src/model/format';
import { receiptKey, receiptSentence, remember, unseenReceipts } from '../src/model/receipts';
import { clean, rememberPrograms, repeated, searchSessions, sessionDot, sessionName, sortSessions, whatRuns } from '../src/model/sessions';
import { statePhrase, stateWord } from '../src/model/status';
import { pageIcon, pageTitle } from '../src/model/title';
import type { Exit } from '../src/wire';
import { receipt, row } from './support';

const NOW = Date.parse('2026-01-05T15:00:00Z');
const AT = '2026-01-05T14:02:00Z';

describe('quantities', () => {
  it.each([
    [0, '0 bytes'], [1, '1 byte'], [1023, '1023 bytes'], [1024, '1 KB'], [1536, '1.5 KB'],
    [12 * 1024, '12 KB'], [5.5 * 1024 ** 2, '5.5 MB'], [3 * 1024 ** 3, '3 GB'],
  ])('%i bytes', (count, text) => expect(bytes(count)).toBe(text));

  it.each([[400, '0.4 s'], [9_949, '9.9 s'], [12_300, '12 s'], [185_000, '3 min'], [7_500_000, '2 h 5 min'], [-5, '<0.1 s']])(
    'lasting %i ms', (ms, text) => expect(duration(ms)).toBe(text));

  it.each([[0, 'now'], [41.9, '41 s'], [60, '1 min'], [7200, '2 h'], [90_000, '1 d']])(
    'since %d s', (seconds, text) => expect(span(seconds)).toBe(text));

  it('names the day when it was another', () => {
    expect(clock(AT, NOW)).toBe('14:02');
    expect(clock('2026-01-03T14:02:11Z', NOW, true)).toBe('3 Jan 14:02:11');
    expect(clock('never', NOW)).toBeNull();
  });
});

describe('exits', () => {
  const exit = (fields: Partial<Exit>): Exit => ({ code: null, signal: null, at: AT, reason: 'exited', ...fields });
  it.each([
    [exit({ code: 3 }), 'exited with code 3 at 14:02', '3', 'bad'],
    [exit({ code: 0 }), 'exited with code 0 at 14:02', '0', 'calm'],
    [exit({ signal: 9 }), 'killed by SIGKILL at 14:02', 'KILL', 'bad'],
    [exit({ signal: 40 }), 'killed by signal 40 at 14:02', '#40', 'bad'],
    [exit({ reason: 'closed', signal: 1 }), 'ended on request at 14:02', null, 'calm'],
    [exit({ reason: 'unknown' }), 'ended at 14:02, exit status unknown', '?', 'unknown'],
    [exit({}), 'ended at 14:02, exit status unknown', '?', 'unknown'],
    [null, 'ended, exit status unknown', '?', 'unknown'],
  ] as const)('%o', (what, sentence, badge, tone) => {
    expect(exitSentence(what, NOW)).toBe(sentence);
    expect(exitBadge(what)).toBe(badge);
    expect(exitTone(what)).toBe(tone);
  });
  it('names the signals', () => expect([1, 2, 15, 31, 0, 99].map(signalName)).toEqual(
    ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGSYS', 'signal 0', 'signal 99']));
});

describe('receipts', () => {
  it('says what happened in one sentence', () => {
    expect(receiptSentence(receipt(), NOW)).toBe(
      'Daemon killed by signal 9 at 14:02:11, back after 0.4 s · 12 KB kept · 0 bytes lost');
  });
  it('does not boast of having kept nothing', () => {
    const quiet = receipt({ bytes_kept: 0, back_at: receipt().down_at });
    expect(receiptSentence(quiet, NOW)).toBe(
      'Daemon killed by signal 9 at 14:02:11, back after <0.1 s · 0 bytes lost');
  });
  it('says unknown as unknown', () => {
    const odd = receipt({ cause: '', down_at: 'x', back_at: 'y', bytes_lost: null as unknown as number });
    expect(receiptSentence(odd, NOW)).toBe(
      'Interrupted, cause unknown, at an unknown time · 12 KB kept · unknown bytes lost');
  });
  it('shows the newest of each open session once', () => {
    const older = receipt({ back_at: '2026-01-05T10:00:00Z' });
    const newer = receipt();
    const other = receipt({ session_id: 'b' });
    expect(unseenReceipts([newer, older, other], ['a'], [])).toEqual([newer]);
    expect(unseenReceipts([newer, older], ['a'], [receiptKey(newer)])).toEqual([]);
    expect(remember(['old'], [newer])).toEqual(['old', receiptKey(newer)]);
    expect(remember(Array.from({ length: 300 }, String), [newer])).toHaveLength(200);
  });
});

describe('sessions', () => {
  it('have a name whatever is missing', () => {
    expect(sessionName(row({ label: ' api ' }))).toBe('api');
    expect(sessionName(row())).toBe('zsh');
    expect(sessionName(row({ process: null as unknown as string }))).toBe('session aaaaaaaa');
    expect(sessionName(row({ process: 'unknown' }))).toBe('session aaaaaaaa');
  });
  it('remember a program that is over', () => {
    const over = row({ process: 'unknown', state: 'ended' });
    expect(rememberPrograms([over], [row({ process: 'vim' })])[0]?.process).toBe('vim');
    expect(rememberPrograms([row({ process: 'less' })], [row({ process: 'vim' })])[0]?.process).toBe('less');
    expect(rememberPrograms([over], [])).toEqual([over]);
  });
  it('are numbered only where they repeat', () => {
    expect(repeated(['zsh', 'vim', 'zsh'])).toEqual([true, false, true]);
  });
  it('titles lose control characters and endlessness', () => {
    expect(clean('a\x1b[31mb\x07\u202e')).toBe('a[31mb');
    expect(clean('x'.repeat(999))).toHaveLength(256);
  });
  it('say what runs once', () => {
    expect(whatRuns(row({ title: 'zsh' }))).toBe('zsh');
    expect(whatRuns(row({ title: 'make' }))).toBe('zsh — make');
    expect(whatRuns(row({ process: '', title: 'make' }))).toBe('make');
  });
  it('are sorted with the failed first and searched by every word', () => {
    const rows = [
      row({ session_id: 'e', state: 'ended', created_at: 1 }),
      row({ session_id: 'r2', created_at: 3, label: 'api tests' }),
      row({ session_id: 'r1', created_at: 2 }),
      row({ session_id: 'f', state: 'failed', created_at: 9 }),
    ];
    expect(sortSessions(rows).map((each) => each.session_id)).toEqual(['f', 'r1', 'r2', 'e']);
    expect(searchSessions(rows, 'TESTS zsh').map((each) => each.session_id)).toEqual(['r2']);
    expect(searchSessions(rows, ' ')).toHaveLength(4);
  });
  it('have a dot', () => {
    const ended = (code: number | null): string =>
      sessionDot(row({ state: 'ended', exit: { code, signal: null, at: AT, reason: 'exited' } }));
    expect([sessionDot(row()), sessionDot(row({ state: 'failed' })), ended(0), ended(1), ended(null)]).toEqual(
      ['running', 'failed', 'ended', 'crashed', 'unknown']);
  });
});

describe('the address', () => {
  it.each([
    ['', null], ['#other=1', null], ['#tabs=%zz', null], ['#tabs=,,', null], ['#', null],
    ['#active=a', { sessions: [{ id: 'a', mode: 'write' }], active: 'a' }],
    ['#tabs=a,b:r&active=b', { sessions: [{ id: 'a', mode: 'write' }, { id: 'b', mode: 'read' }], active: 'b' }],
    ['#tabs=a,a,b&active=c', { sessions: [{ id: 'a', mode: 'write' }, { id: 'b', mode: 'write' }], active: 'a' }],
  ])('reads %j', (text, link) => expect(decodeLink(text)).toEqual(link));
  it('comes back to the session in front', () => {
    expect(decodeLink(encodeLink('a b/c'))?.active).toBe('a b/c');
    expect(decodeLink(encodeLink(null))).toBeNull();
  });
});

describe('backoff', () => {
  it('starts with nothing, doubles and stays under its cap', () => {
    expect(delay(0, false, 0.9)).toBe(0);
    expect([1, 2, 3].map((attempt) => delay(attempt, false, 0))).toEqual([125, 250, 500]);
    for (let attempt = 0; attempt < 2_000; attempt += 1) {
      expect(delay(attempt, false, 0.999)).toBeLessThanOrEqual(CAP_MS);
      expect(delay(attempt, true, 0.999)).toBeLessThanOrEqual(RESTART_CAP_MS);
    }
  });
});

describe('the connection', () => {
  const opened = next(START, { is: 'opened', at: 0 });
  const lost = (state: Connection, at: number, code = 1006): Connection =>
    next(state, { is: 'lost', code, at, random: 0 });
  it('a good link starts over, a short one does not', () => {
    expect(lost(opened, 1_000)).toEqual({ phase: 'waiting', until: 1_000, attempt: 1, restarting: false });
    const second = next(next(lost(opened, 10), { is: 'retry' }), { is: 'opened', at: 20 });
    expect(lost(second, 30)).toMatchObject({ until: 30 + 125, attempt: 2 });
  });
  it.each([[4401, 'signed-out'], [4403, 'forbidden'], [4404, 'waiting'], [1013, 'waiting'], [1000, 'waiting']])(
    'close code %i leads to %s', (code, phase) => expect(lost(opened, 5, code).phase).toBe(phase));
  it('remembers that the server announced its return', () => {
    const told = next(opened, { is: 'shutting_down', restart: true });
    expect(lost(told, 5)).toMatchObject({ restarting: true });
    expect(next(next(lost(told, 5), { is: 'retry' }), { is: 'opened', at: 9 })).toMatchObject({ restarting: false });
    expect(next(START, { is: 'shutting_down', restart: true })).toBe(START);
  });
  it('is tried afresh after having been turned away', () => {
    expect(next(lost(opened, 5, 4401), { is: 'retry' })).toEqual(START);
  });
});

describe('the status', () => {
  const live: Connection = { phase: 'live', since: 0, attempt: 0, restarting: false };
  const session = { state: 'joined', catchingUp: false } as const;
  it.each([
    [START, null, 'connecting'],
    [{ ...START, attempt: 2 }, null, 'reconnecting'],
    [live, null, 'live'],
    [live, session, 'live'],
    [live, { ...session, catchingUp: true }, 'catching up'],
    [live, { state: 'joining', catchingUp: false }, 'joining'],
    [live, { state: 'ended', catchingUp: true }, 'ended'],
    [live, { state: 'failed', catchingUp: false }, 'failed'],
    [{ phase: 'signed-out' }, session, 'signed out'],
    [{ phase: 'waiting', until: 0, attempt: 1, restarting: false }, session, 'reconnecting'],
  ] as const)('%o with %o is %s', (connection, state, word) =>
    expect(stateWord({ connection, session: state })).toBe(word));
  it('counts down', () => {
    const waiting = { phase: 'waiting', until: 2_500, attempt: 3, restarting: false } as const;
    expect(statePhrase({ connection: waiting, session: null }, 0)).toBe('Reconnecting in 3 s');
    expect(statePhrase({ connection: waiting, session: null }, 2_400)).toBe('Reconnecting…');
    expect(statePhrase({ connection: { ...waiting, restarting: true }, session: null }, 0)).toBe(
      'Server restarting, reconnecting in 3 s');
  });
});

describe('the browser’s tab', () => {
  it.each([
    [{ name: 'bash', word: 'live', bells: 0, calls: 0 }, 'bash — CoDA', '/favicon.svg'],
    [{ name: null, word: 'live', bells: 0, calls: 0 }, 'CoDA', '/favicon.svg'],
    [{ name: 'bash', word: 'catching up', bells: 2, calls: 0 }, '(2) bash — CoDA', '/favicon-bell.svg'],
    [{ name: 'bash', word: 'reconnecting', bells: 1, calls: 0 }, '(1) bash — reconnecting — CoDA', '/favicon-lost.svg'],
    [{ name: 'bash', word: 'ended', bells: 0, calls: 0 }, 'bash — ended — CoDA', '/favicon.svg'],
    [{ name: 'bash', word: 'live', bells: 2, calls: 1 }, '(needs you) bash — CoDA', '/favicon-calls.svg'],
    [{ name: 'bash', word: 'failed', bells: 0, calls: 3 }, '(3 need you) bash — failed — CoDA', '/favicon-lost.svg'],
    [{ name: null, word: 'signed out', bells: 0, calls: 0 }, 'signed out — CoDA', '/favicon-lost.svg'],
  ] as const)('%o', (glance, title, icon) => {
    expect(pageTitle(glance)).toBe(title);
    expect(pageIcon(glance)).toBe(icon);
  });
});

describe('the ack pacer', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  it('sends one ack for what happens within 50 ms', () => {
    const sent: number[] = [];
    const pacer = new AckPacer((offset) => sent.push(offset));
    pacer.restart(100);
    pacer.parsedUpTo(100);
    vi.advanceTimersByTime(100);
    expect(sent).toEqual([]);
    for (const offset of [110, 120, 130]) pacer.parsedUpTo(offset);
    vi.advanceTimersByTime(50);
    expect(sent).toEqual([130]);
    pacer.parsedUpTo(130 + 32 * 1024);
    expect(sent).toEqual([130, 130 + 32 * 1024]);
    pacer.parsedUpTo(140 + 32 * 1024);
    pacer.stop();
    vi.advanceTimersByTime(500);
    expect(sent).toHaveLength(2);
  });
});
