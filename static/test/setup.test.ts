import { describe, expect, it } from 'vitest';
import { headline, ordersFor, parseAbout, parseCredentials, parseSetup, printable, progress, tokenPage, tokenProblem, took, wordOf, workspaceOf, type Setup } from '../src/model/setup';

const STATUS = {
  status: 'running',
  started_at: 100.5,
  completed_at: null,
  error: null,
  lab_mode: false,
  steps: [
    { id: 'git', label: 'Configuring git identity', status: 'complete', started_at: 101, completed_at: 103.5, error: null },
    { id: 'gh', label: 'Installing GitHub CLI', status: 'error', started_at: 103, completed_at: 104, error: 'no network', log: ['one', 'two'] },
    { id: 'node', label: 'Ensuring Node.js', status: 'running', started_at: 104, completed_at: null, error: null, log: 'a\r\n\x1b[32mok\x1b[0m' },
    { id: 'claude', label: 'Configuring Claude CLI', status: 'pending', started_at: null, completed_at: null, error: null },
    { id: 'proxy', label: 'Starting proxy', status: 'skipped', started_at: null, completed_at: null, error: null },
  ],
};

const setup = (change: object = {}): Setup => parseSetup({ ...STATUS, ...change })!;

describe('the setup', () => {
  it('is read as it is documented', () => {
    const read = setup();
    expect(read).toMatchObject({ state: 'running', startedAt: 100.5, completedAt: null, consent: 0 });
    expect(read.steps.map(({ id, state, retry }) => [id, state, retry])).toEqual([
      ['git', 'complete', false],
      ['gh', 'error', true],
      ['node', 'running', false],
      ['claude', 'pending', false],
      ['proxy', 'skipped', false],
    ]);
    expect(read.steps[1]).toMatchObject({ error: 'no network', log: 'one\ntwo' });
    expect(read.steps[2]?.log).toBe('a\nok');
    expect(took(read.steps[0]!, 0)).toBe(2.5);
    expect(took(read.steps[2]!, 110_000)).toBe(6);
    expect(took(read.steps[3]!, 110_000)).toBeNull();
  });

  it('is read from anything', () => {
    for (const nothing of [null, undefined, 5, 'x', [], {}, { status: 'fine' }, { status: 'skipped' }, { status: null }]) expect(parseSetup(nothing)).toBeNull();
    const odd = parseSetup({ status: 'pending', started_at: 'now', steps: [null, 5, { id: 'a' }, { id: '', status: 'error' }, { id: 'b', status: 'error', label: 7, error: 9, log: { a: 1 }, retry: false }] });
    expect(odd).toEqual({
      state: 'pending',
      startedAt: null,
      completedAt: null,
      begun: true,
      consent: 0,
      steps: [{ id: 'b', label: 'b', state: 'error', startedAt: null, completedAt: null, error: null, reason: null, version: null, attempts: 0, waitsForToken: false, cancelled: false, log: '', retry: false }],
    });
    expect(parseSetup({ status: 'pending', steps: 'none' })?.steps).toEqual([]);
    expect(parseSetup({ ...STATUS, consent: { version: 2 } })?.consent).toBe(2);
    expect(parseSetup({ ...STATUS, consent: { version: '2' } })?.consent).toBe(0);
  });

  it('says in a line how far it is', () => {
    expect(headline(setup())).toBe('Ensuring Node.js (3 of 5)');
    expect(headline(setup({ status: 'pending', steps: [] }))).toBe('Preparing this machine');
    expect(headline(setup({ status: 'complete' }))).toBe('');
    expect(headline(setup({ status: 'pending', begun: false }))).toBe('');
    const over = STATUS.steps.filter((step) => step.status !== 'running');
    expect(headline(setup({ status: 'error', steps: over }))).toBe('Installing GitHub CLI did not work');
    const two = [...over, { ...STATUS.steps[1], id: 'x' }];
    expect(headline(setup({ status: 'error', steps: two }))).toBe('2 steps did not work');
    expect(headline(setup({ status: 'error', steps: [] }))).toBe('The setup did not work');
    expect(progress(setup())).toMatchObject({ done: 3, total: 5 });
  });

  it('says how a step is, and what can be asked of it', () => {
    const step = (change: object) => setup({ steps: [{ id: 'x', label: 'X', started_at: null, completed_at: null, ...change }] });
    for (const [change, word, orders] of [
      [{ status: 'pending', state: 'pending' }, 'waiting', ['skip', 'cancel']],
      [{ status: 'pending', state: 'pending', attempts: 1 }, 'waits for try 2', ['skip', 'cancel']],
      [{ status: 'pending', state: 'waiting_for_token' }, 'waits for the token', ['skip', 'cancel']],
      [{ status: 'running', state: 'running', attempts: 1 }, 'running', ['skip', 'cancel']],
      [{ status: 'running', state: 'running', attempts: 3 }, 'running, try 3', ['skip', 'cancel']],
      [{ status: 'complete', state: 'complete', version: '1.0' }, 'done', ['retry']],
      [{ status: 'skipped', state: 'skipped', reason: 'it is switched off' }, 'skipped', []],
      [{ status: 'skipped', state: 'skipped', reason: 'skipped by hand' }, 'skipped', ['retry']],
      [{ status: 'skipped', state: 'skipped', started_at: 1, reason: 'skipped by hand' }, 'skipped', ['retry']],
      [{ status: 'skipped', state: 'skipped', version: '2.43', started_at: 1, reason: 'it is there' }, 'nothing to do', ['retry']],
      [{ status: 'error', state: 'error' }, 'did not work', ['retry', 'skip']],
      [{ status: 'error', state: 'cancelled', error: 'by hand' }, 'cancelled', ['retry', 'skip']],
    ] as const) {
      const read = step(change);
      expect([wordOf(read.steps[0]!), ordersFor(read.steps[0]!, read)]).toEqual([word, orders]);
      expect(ordersFor(read.steps[0]!, { ...read, begun: false })).toEqual([]);
    }
  });

  it('shows logs as text', () => {
    for (const [raw, expected] of [
      ['plain\n', 'plain\n'],
      ['\x1b[1;32mgreen\x1b[0m', 'green'],
      ['\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b', 'ab'],
      ['10%\r50%\r100%\ndone', '100%\ndone'],
      ['line\r\nnext\r\n', 'line\nnext\n'],
      ['a\x00\x08\x7fb\tc', 'ab\tc'],
      ['<b>x</b>', '<b>x</b>'],
    ] as const) {
      expect(printable(raw)).toBe(expected);
    }
  });
});

describe('credentials', () => {
  it('are read as they are documented, and from anything', () => {
    expect(parseCredentials({ configured: true, valid: true, user: 'a@b.c' })).toEqual({ configured: true, valid: true, user: 'a@b.c', host: null });
    expect(parseCredentials({ configured: false, valid: false, workspace_host: 'adb.example.com' })).toMatchObject({ valid: false, host: 'https://adb.example.com' });
    for (const nothing of [null, 5, {}, { configured: 'yes', valid: true }]) expect(parseCredentials(nothing)).toBeNull();
  });

  it('link only to what a link may lead to', () => {
    for (const [host, expected] of [
      ['https://x.cloud.example.com/', 'https://x.cloud.example.com'],
      ['https://x.example.com/path?q#f', 'https://x.example.com'],
      ['x.example.com', 'https://x.example.com'],
      ['http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
      ['http://x.example.com', null],
      ['javascript://x/%0aalert(1)', null],
      ['', null],
      ['https://', null],
      [null, null],
    ] as const) {
      expect(workspaceOf(host), String(host)).toBe(expected);
    }
    expect(tokenPage('https://x.example.com')).toBe('https://x.example.com/#setting/account/token');
  });

  it('tell of a token that can be none', () => {
    expect(tokenProblem('')).toMatch(/Paste/);
    expect(tokenProblem('dapi a')).toMatch(/spaces/);
    expect(tokenProblem('dapi0123')).toBeNull();
  });
});

describe('the parts of a daemon', () => {
  it('are those it names', () => {
    expect(parseAbout({ version: '0.4.0', commit: null })).toEqual({ version: '0.4.0', parts: new Set() });
    expect(parseAbout({ version: '1', parts: ['setup', 5, 'credentials'] }).parts).toEqual(new Set(['setup', 'credentials']));
    expect(parseAbout(null)).toEqual({ version: null, parts: new Set() });
  });
});
