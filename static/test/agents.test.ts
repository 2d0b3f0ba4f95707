import { describe, expect, it } from 'vitest';
import { agentChoices } from '../src/model/agents';
import { parseSetup } from '../src/model/setup';
import type { AgentRow } from '../src/wire';

const row = (change: Partial<AgentRow> = {}): AgentRow => ({ id: 'codex', label: 'Codex', installed: false, version: null, binary: null, command: ['codex'], ...change });
const setup = (step: object | null, begun = true) => parseSetup({ status: 'running', begun, steps: step === null ? [] : [{ id: 'codex', label: 'Installing Codex', ...step }] });

describe('the agents of a new session', () => {
  it('say what is there, and why one is not', () => {
    const there = { installed: true, version: '1.2.3' };
    for (const [agent, step, state, why] of [
      [there, { status: 'complete' }, 'ready', ''],
      [there, { status: 'running' }, 'ready', 'being brought up to date'],
      [there, null, 'ready', ''],
      [{}, null, 'absent', 'not installed'],
      [{}, { status: 'running' }, 'coming', 'being installed'],
      [{}, { status: 'pending' }, 'coming', 'waits for its turn'],
      [{}, { status: 'pending', state: 'waiting_for_token' }, 'coming', 'waits for the workspace token'],
      [{}, { status: 'error', error: 'no answer\nat all' }, 'failed', 'no answer'],
      [{}, { status: 'error' }, 'failed', 'its installation did not work'],
      [{}, { status: 'error', state: 'cancelled', error: 'cancelled by hand' }, 'failed', 'its installation was cancelled'],
      [{}, { status: 'skipped', reason: 'it is switched off (ENABLE_CODEX)' }, 'absent', 'it is switched off (ENABLE_CODEX)'],
      [{}, { status: 'skipped' }, 'absent', 'its installation was skipped'],
      [{}, { status: 'complete' }, 'absent', 'it was installed, but its program is gone'],
    ] as const) {
      expect(agentChoices([row(agent)], setup(step))).toMatchObject([{ state, why, name: 'Codex', command: ['codex'] }]);
    }
    expect(agentChoices([row()], setup({ status: 'pending' }, false))).toMatchObject([{ state: 'absent', why: 'not installed' }]);
    expect(agentChoices([row()], null)).toMatchObject([{ state: 'absent', why: 'not installed' }]);
  });

  it('begin with what can be started', () => {
    const rows = [row({ id: 'a' }), row({ id: 'b', installed: true }), row({ id: 'c' }), row({ id: 'd', installed: true, version: '2' })];
    expect(agentChoices(rows, null).map(({ id, version }) => [id, version])).toEqual([['b', null], ['d', '2'], ['a', null], ['c', null]]);
  });
});
