// The HTTP calls of docs/protocol.md. Every call has a deadline and fails with an `ApiError`
// that names what the server said; status 0 means it was not reached.

import type {
  AgentList,
  AgentRow,
  Attached,
  Batch,
  BatchRequest,
  ChangeWorkplace,
  CreateSession,
  CreateTask,
  ErrorBody,
  GatewayStatus,
  InputRequest,
  Output,
  OutputRequest,
  Receipt,
  ReceiptList,
  Replay,
  SearchAnswer,
  ResizeRequest,
  SessionId,
  SessionRow,
  TaskList,
  TaskReply,
  TaskRow,
  TaskWhole,
  Ticket,
  Typed,
  Usage,
  Workplace,
} from './wire';
import type { Order } from './model/setup';

const DEADLINE_MS = 10_000;
/** The whole journal is read for it. */
const REPLAY_MS = 30_000;
const CONFIGURE_MS = 120_000;
const TASK_WAIT_MS = 20_000;
const USAGE_DAYS = 30;

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** What the answer said besides. */
    readonly body: unknown = null,
  ) {
    super(message);
  }
}

export async function listSessions(): Promise<SessionRow[]> {
  const rows = await call<unknown>('GET', '/api/sessions');
  if (!Array.isArray(rows)) throw new ApiError(200, 'internal', 'the session list is not a list');
  return rows as SessionRow[];
}

export async function createSession(request: CreateSession): Promise<string> {
  return (await call<SessionId>('POST', '/api/session', request)).session_id;
}

/** What a new session may start. */
export async function listAgents(): Promise<AgentRow[]> {
  return (await call<AgentList>('GET', '/api/agents')).agents;
}

/** Ends a running session; dismisses an ended one. */
export async function closeSession(sessionId: string): Promise<void> {
  await call('POST', '/api/session/close', { session_id: sessionId });
}

export async function readoptSession(sessionId: string): Promise<void> {
  await call('POST', '/api/session/readopt', { session_id: sessionId });
}

export async function listReceipts(): Promise<Receipt[]> {
  return (await call<ReceiptList>('GET', '/api/receipts')).receipts ?? [];
}

export async function renameSession(sessionId: string, label: string): Promise<void> {
  await call('POST', '/api/session/rename', { session_id: sessionId, label });
}

export async function readWorkplace(): Promise<Workplace> {
  return call<Workplace>('GET', '/api/workplace');
}

/** Fails with 409 and the present one in `body.workplace` when `base` is not the present revision.
 *  `last`: the page is going away and does not wait for the answer. */
export async function keepWorkplace(change: ChangeWorkplace, last = false): Promise<Workplace> {
  return call<Workplace>('POST', '/api/workplace', change, { last });
}

/** In all that the server keeps of a session. `before`: where an answer ended. */
export function search(text: string, sessionId: string, before: string | null = null): Promise<SearchAnswer> {
  const query = new URLSearchParams({ q: text, session: sessionId, ...(before !== null && { before }) });
  return call('GET', `/api/search?${query}`);
}

/** A ticket opens one socket, once. */
export async function wsTicket(): Promise<string> {
  return (await call<Ticket>('POST', '/api/ws-ticket')).ticket;
}

/** `part`: between the offsets of two parts; without an end, up to the last. */
export function recordingUrl(sessionId: string, kind: 'cast' | 'txt', part?: { from: number; until: number | null }): string {
  const until = part?.until != null ? `&until=${part.until}` : '';
  return `/api/sessions/${encodeURIComponent(sessionId)}/recording.${kind}${part ? `?from=${part.from}${until}` : ''}`;
}

/** Whether a session is shown live or as a recording, and what the recording is like. */
export function readReplay(sessionId: string): Promise<Replay> {
  return call('GET', `/api/sessions/${encodeURIComponent(sessionId)}/replay`, undefined, { ms: REPLAY_MS });
}

// Without a socket (polling.ts)

/** The screen as it is now, with the offset where output goes on. */
export function attachSession(sessionId: string): Promise<Attached> {
  return call('POST', '/api/session/attach', { session_id: sessionId });
}

/** What follows an offset; with `wait_ms` the answer waits for news. */
export function readOutput(request: OutputRequest, stop: AbortSignal): Promise<Output> {
  return call('POST', '/api/output', request, { stop, ms: DEADLINE_MS + (request.wait_ms ?? 0) });
}

export function readOutputs(request: BatchRequest): Promise<Batch> {
  return call('POST', '/api/output-batch', request);
}

export function typeInput(request: InputRequest): Promise<Typed> {
  return call('POST', '/api/input', request);
}

export async function resizeSession(request: ResizeRequest): Promise<void> {
  await call('POST', '/api/resize', request);
}

export async function heartbeat(sessionId: string | null): Promise<void> {
  if (sessionId === null) await call('GET', '/api/version');
  else await call('POST', '/api/heartbeat', { session_id: sessionId });
}

// The first run (model/setup.ts reads the answers)

export function readVersion(): Promise<unknown> {
  return call('GET', '/api/version');
}

export function readSetup(): Promise<unknown> {
  return call('GET', '/api/setup-status');
}

export async function startSetup(): Promise<void> {
  await call('POST', '/api/setup/start');
}

export async function orderStep(step: string, order: Order): Promise<void> {
  await call('POST', `/api/setup/${encodeURIComponent(step)}/${order}`);
}

export function readPatStatus(): Promise<unknown> {
  return call('GET', '/api/pat-status');
}

/** Whose it is. The workspace is asked, which may take a while. */
export async function configureToken(token: string): Promise<string | null> {
  const { user } = await call<{ user?: unknown }>('POST', '/api/configure-pat', { token }, { ms: CONFIGURE_MS });
  return typeof user === 'string' ? user : null;
}

// The use of models

export function readGateway(): Promise<GatewayStatus> {
  return call('GET', '/api/gateway');
}

export function readUsage(days: number, by: 'day' | 'session' | 'agent' | 'model'): Promise<Usage> {
  return call('GET', `/api/usage?days=${days}&group_by=${by}`);
}

/** Of one session, as far back as is told. */
export function readSessionUsage(sessionId: string): Promise<Usage> {
  return call('GET', `/api/usage?days=${USAGE_DAYS}&group_by=session&session_id=${encodeURIComponent(sessionId)}`);
}

// Tasks

export function listTasks(): Promise<TaskList> {
  return call('GET', '/api/tasks');
}

export function createTask(task: CreateTask): Promise<TaskRow> {
  return call('POST', '/api/tasks', task);
}

/** With a revision that was seen the answer waits for news, `TASK_WAIT_MS` at the most. */
export function readTask(taskId: string, seen: number | null, stop: AbortSignal): Promise<TaskWhole> {
  const wait = seen === null ? '' : `?seen=${seen}&wait_ms=${TASK_WAIT_MS}`;
  return call('GET', `/api/tasks/${encodeURIComponent(taskId)}${wait}`, undefined, { stop, ms: DEADLINE_MS + TASK_WAIT_MS });
}

export function replyToTask(taskId: string, reply: TaskReply): Promise<TaskRow> {
  return call('POST', `/api/tasks/${encodeURIComponent(taskId)}/reply`, reply);
}

export function cancelTask(taskId: string): Promise<TaskRow> {
  return call('POST', `/api/tasks/${encodeURIComponent(taskId)}/cancel`);
}

/** The last lines of a session as text. */
export async function lastLines(sessionId: string, lines: number): Promise<string> {
  const answer = await reach('GET', `/api/sessions/${encodeURIComponent(sessionId)}/screen?format=text&lines=${lines}`, undefined);
  if (!answer.ok) throw new ApiError(answer.status, 'internal', `the server answered ${answer.status}`);
  return answer.text();
}

export function downloadUrl(path: string): string {
  return `/api/download?path=${encodeURIComponent(path)}`;
}

interface Patience {
  /** The page goes away: the request outlives it. */
  last?: boolean;
  stop?: AbortSignal;
  ms?: number;
}

async function call<T>(method: 'GET' | 'POST', path: string, body?: unknown, patience: Patience = {}): Promise<T> {
  const answer = await reach(method, path, body, patience);
  const text = await answer.text().catch(() => '');
  const value = parse(text);
  if (answer.ok && value !== undefined) return value as T;
  const said = (value ?? {}) as Partial<ErrorBody>;
  const message = said.error ?? `the server answered ${answer.status}`;
  throw new ApiError(answer.status, said.code ?? 'internal', message, value);
}

async function reach(method: string, path: string, body: unknown, { stop, ms = DEADLINE_MS, last = false }: Patience = {}): Promise<Response> {
  const late = AbortSignal.timeout(ms);
  const request: RequestInit = {
    method,
    credentials: 'same-origin',
    cache: 'no-store',
    signal: stop ? AbortSignal.any([late, stop]) : late,
    headers: { accept: 'application/json' },
    keepalive: last,
  };
  if (method === 'POST') {
    request.headers = { ...request.headers, 'content-type': 'application/json' };
    request.body = JSON.stringify(body ?? {});
  }
  try {
    return await fetch(path, request);
  } catch (error) {
    const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
    throw new ApiError(0, 'unreachable', timedOut ? 'the server did not answer' : 'the server was not reached');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
