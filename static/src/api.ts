// The HTTP calls of docs/protocol.md. Every call has a deadline and fails with an `ApiError`
// that names what the server said; status 0 means it was not reached.

import type {
  CreateSession,
  ErrorBody,
  Receipt,
  ReceiptList,
  SessionId,
  SessionRow,
  Ticket,
} from './wire';

const DEADLINE_MS = 10_000;

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
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

/** A line of a session's output that matches, with lines around it. */
export interface SearchMatch {
  session_id: string;
  label: string;
  offset: number;
  time: string;
  line: string;
  before: string[];
  after: string[];
  count: number;
}

export interface SearchAnswer {
  matches: SearchMatch[];
  complete: boolean;
  next: string | null;
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

export function recordingUrl(sessionId: string, kind: 'cast' | 'txt'): string {
  return `/api/sessions/${encodeURIComponent(sessionId)}/recording.${kind}`;
}

async function call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
  const answer = await reach(method, path, body);
  const text = await answer.text().catch(() => '');
  const value = parse(text);
  if (answer.ok && value !== undefined) return value as T;
  const said = (value ?? {}) as Partial<ErrorBody>;
  const message = said.error ?? `the server answered ${answer.status}`;
  throw new ApiError(answer.status, said.code ?? 'internal', message);
}

async function reach(method: string, path: string, body: unknown): Promise<Response> {
  const request: RequestInit = {
    method,
    credentials: 'same-origin',
    cache: 'no-store',
    signal: AbortSignal.timeout(DEADLINE_MS),
    headers: { accept: 'application/json' },
  };
  if (method === 'POST') {
    request.headers = { ...request.headers, 'content-type': 'application/json' };
    request.body = JSON.stringify(body ?? {});
  }
  try {
    return await fetch(path, request);
  } catch (error) {
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    throw new ApiError(0, 'unreachable', late ? 'the server did not answer' : 'the server was not reached');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
