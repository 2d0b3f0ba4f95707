// The agents that a new session may start: which version is there, and why one is not.

import type { AgentRow } from '../wire';
import type { Setup, Step } from './setup';

export interface AgentChoice {
  id: string;
  name: string;
  command: string[];
  version: string | null;
  state: 'ready' | 'coming' | 'absent' | 'failed';
  /** Of one that is not ready: why. Of one that is: that another version is on its way, or ''. */
  why: string;
}

/** What can be started first. The step that installs an agent has its id. */
export function agentChoices(agents: readonly AgentRow[], setup: Setup | null): AgentChoice[] {
  const choices = agents.map((agent) => choice(agent, stepOf(agent.id, setup)));
  return [...choices.filter(({ state }) => state === 'ready'), ...choices.filter(({ state }) => state !== 'ready')];
}

function stepOf(id: string, setup: Setup | null): Step | null {
  return (setup?.begun && setup.steps.find((step) => step.id === id)) || null;
}

function choice({ id, label: name, command, version, installed }: AgentRow, step: Step | null): AgentChoice {
  const common = { id, name, command, version };
  if (installed) return { ...common, state: 'ready', why: step?.state === 'running' ? 'being brought up to date' : '' };
  switch (step?.state) {
    case undefined:
      return { ...common, state: 'absent', why: 'not installed' };
    case 'running':
      return { ...common, state: 'coming', why: 'being installed' };
    case 'pending':
      return { ...common, state: 'coming', why: step.waitsForToken ? 'waits for the workspace token' : 'waits for its turn' };
    case 'error':
      return { ...common, state: 'failed', why: step.cancelled ? 'its installation was cancelled' : (firstLine(step.error) ?? 'its installation did not work') };
    case 'skipped':
      return { ...common, state: 'absent', why: firstLine(step.reason) ?? 'its installation was skipped' };
    case 'complete':
      return { ...common, state: 'absent', why: 'it was installed, but its program is gone' };
  }
}

function firstLine(text: string | null): string | null {
  return text?.split('\n')[0] || null;
}
