// The first run: what the daemon says of its setup, its credentials and what a person must know
// first. Read from anything, since a daemon may be older or newer than the page: what is not
// understood is left out.
//
// Which of these parts a daemon has, `/api/version` says in `parts`; it is not asked for others.

export type StepState = 'pending' | 'running' | 'complete' | 'error' | 'skipped';

export interface Step {
  id: string;
  label: string;
  state: StepState;
  /** Seconds since the epoch. */
  startedAt: number | null;
  completedAt: number | null;
  error: string | null;
  /** Why it was skipped. */
  reason: string | null;
  /** Of what it installed or found. */
  version: string | null;
  /** Tries so far. */
  attempts: number;
  /** It has all it needs but the workspace's token. */
  waitsForToken: boolean;
  /** Somebody stopped it: that is no failure of its own. */
  cancelled: boolean;
  /** The last lines of what it printed. */
  log: string;
  /** It can be tried again, or gone on without. */
  retry: boolean;
}

/** What a person may ask of a step. */
export type Order = 'retry' | 'skip' | 'cancel';

export interface Setup {
  state: 'pending' | 'running' | 'complete' | 'error';
  startedAt: number | null;
  completedAt: number | null;
  steps: readonly Step[];
  /** Somebody has asked for it, or it began by itself. */
  begun: boolean;
  /** Grows when the notice changes; 0: there is none. */
  consent: number;
}

/** `null`: this daemon has no such part. */
export interface Credentials {
  configured: boolean;
  valid: boolean;
  user: string | null;
  /** Where tokens are made. */
  host: string | null;
}

/** Which parts the page may ask for, and the version. */
export interface About {
  version: string | null;
  parts: ReadonlySet<string>;
}

const STATES: readonly string[] = ['pending', 'running', 'complete', 'error', 'skipped'];
/** Characters of a step's log that are shown. */
const LOG = 64 * 1024;

export function parseAbout(value: unknown): About {
  const { version, parts } = record(value);
  return { version: text(version), parts: new Set(Array.isArray(parts) ? parts.filter((part) => typeof part === 'string') : []) };
}

export function parseSetup(value: unknown): Setup | null {
  const said = record(value);
  const { steps } = said;
  if (!isState(said.status) || said.status === 'skipped') return null;
  const read = Array.isArray(steps) ? steps.flatMap((step) => parseStep(step) ?? []) : [];
  const { version } = record(said.consent);
  return {
    state: said.status,
    startedAt: seconds(said.started_at),
    completedAt: seconds(said.completed_at),
    steps: read,
    begun: said.begun !== false,
    consent: typeof version === 'number' && version > 0 ? Math.floor(version) : 0,
  };
}

function parseStep(value: unknown): Step | null {
  const said = record(value);
  const id = text(said.id);
  if (id === null || !isState(said.status)) return null;
  const { status: state } = said;
  return {
    id,
    label: text(said.label) ?? id,
    state,
    startedAt: seconds(said.started_at),
    completedAt: seconds(said.completed_at),
    error: text(said.error),
    reason: text(said.reason),
    version: text(said.version),
    attempts: seconds(said.attempts) ?? 0,
    waitsForToken: said.state === 'waiting_for_token',
    cancelled: said.state === 'cancelled',
    log: logOf(said.log),
    retry: typeof said.retry === 'boolean' ? said.retry : state === 'error',
  };
}

export function parseCredentials(value: unknown): Credentials | null {
  const { configured, valid, user, workspace_host: host } = record(value);
  if (typeof configured !== 'boolean' || typeof valid !== 'boolean') return null;
  return { configured, valid, user: text(user), host: workspaceOf(host) };
}

/** Only an address that a link may lead to. */
export function workspaceOf(host: unknown): string | null {
  if (typeof host !== 'string' || host.trim() === '') return null;
  try {
    const url = new URL(/^[a-z]+:\/\//i.test(host) ? host : `https://${host}`);
    return url.protocol === 'https:' || url.hostname === 'localhost' || url.hostname === '127.0.0.1' ? url.origin : null;
  } catch {
    return null;
  }
}

/** Where a person makes a token. */
export function tokenPage(host: string): string {
  return `${host}/#setting/account/token`;
}

/** Why this is no token, or `null`. Only what a person can see at once. */
export function tokenProblem(token: string): string | null {
  if (token === '') return 'Paste a token first.';
  if (/\s/.test(token)) return 'A token has no spaces or line breaks in it: copy it again.';
  return null;
}

export interface Progress {
  done: number;
  total: number;
  failed: readonly Step[];
  running: readonly Step[];
}

/** What is over counts as done, however it ended. */
export function progress({ steps }: Setup): Progress {
  const inState = (...states: StepState[]): Step[] => steps.filter(({ state }) => states.includes(state));
  return {
    done: inState('complete', 'error', 'skipped').length,
    total: steps.length,
    failed: inState('error'),
    running: inState('running'),
  };
}

/** One line on how far it is; '' when there is nothing to tell any more. */
export function headline(setup: Setup): string {
  const { done, total, failed, running } = progress(setup);
  if (setup.state === 'complete' || !setup.begun) return '';
  if (setup.state === 'error' && running.length === 0) {
    const [first] = failed;
    return failed.length === 1 && first ? `${first.label} did not work` : failed.length > 1 ? `${failed.length} steps did not work` : 'The setup did not work';
  }
  const now = running[0]?.label ?? 'Preparing this machine';
  return total > 0 ? `${now} (${done} of ${total})` : now;
}

const WORDS: Record<StepState, string> = { pending: 'waiting', running: 'running', complete: 'done', error: 'did not work', skipped: 'skipped' };

/** The server's reason for a step that somebody went on without. */
const BY_HAND = 'skipped by hand';

/** It looked, and all was as it should be. */
export function wasRight({ state, startedAt, reason }: Step): boolean {
  return state === 'skipped' && startedAt !== null && reason !== BY_HAND;
}

/** How a step is, in a word or two. */
export function wordOf(step: Step): string {
  if (step.waitsForToken) return 'waits for the token';
  if (step.cancelled) return 'cancelled';
  if (wasRight(step)) return 'nothing to do';
  if (step.state === 'pending' && step.attempts > 0) return `waits for try ${step.attempts + 1}`;
  if (step.state === 'running' && step.attempts > 1) return `running, try ${step.attempts}`;
  return WORDS[step.state];
}

/** What can be asked of a step now; nothing before the setup has begun. */
export function ordersFor(step: Step, { begun }: Setup): Order[] {
  if (!begun) return [];
  switch (step.state) {
    case 'pending':
    case 'running':
      return ['skip', 'cancel'];
    case 'error':
      return ['retry', 'skip'];
    case 'complete':
      return ['retry'];
    case 'skipped':
      // What never began is switched off, or lacks what it needs: asking again changes nothing.
      return wasRight(step) || step.reason === BY_HAND ? ['retry'] : [];
  }
}

/** Seconds a step took, or takes until now. */
export function took(step: Step, now: number): number | null {
  if (step.startedAt === null) return null;
  const end = step.completedAt ?? (step.state === 'running' ? now / 1_000 : null);
  return end === null ? null : Math.max(0, end - step.startedAt);
}

function logOf(value: unknown): string {
  const log = Array.isArray(value) ? value.filter((line) => typeof line === 'string').join('\n') : (text(value) ?? '');
  return printable(log.slice(-LOG));
}

/** Without escape sequences and what else a terminal would act upon; of a line drawn over, its last state. */
export function printable(log: string): string {
  return log
    .replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])/g, '')
    .replace(/\r+\n/g, '\n')
    .replace(/[^\n]*\r(?!$)/gm, '')
    .replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '');
}

function isState(value: unknown): value is StepState {
  return typeof value === 'string' && STATES.includes(value);
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function seconds(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
