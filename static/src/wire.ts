// The types of docs/protocol.md and nothing else: no code, so that they can be generated.
// Times in session rows are epoch seconds; all others are RFC 3339, UTC. Offsets are bytes.

export type SessionState = 'running' | 'ended' | 'failed';

export interface Exit {
  code: number | null;
  signal: number | null;
  at: string;
  reason: 'exited' | 'closed' | 'unknown';
}

export interface Receipt {
  session_id: string;
  label: string;
  cause: string;
  down_at: string;
  back_at: string;
  bytes_kept: number;
  bytes_lost: number;
  offset: number;
}

export interface SessionRow {
  session_id: string;
  label: string;
  created_at: number;
  last_poll_time: number;
  exited: boolean;
  process: string;
  idle_seconds: number;
  state: SessionState;
  rows: number;
  cols: number;
  title: string;
  offset: number;
  viewers: number;
  exit: Exit | null;
  failure: string | null;
  receipt: Receipt | null;
}

export interface ErrorBody {
  error: string;
  code: string;
}

export interface CreateSession {
  label?: string;
  command?: string[];
  cwd?: string;
  rows?: number;
  cols?: number;
}

export interface SessionCreated {
  session_id: string;
}

export interface Ticket {
  ticket: string;
  expires_in: number;
}

export interface ReceiptList {
  receipts: Receipt[];
}

export type JoinMode = 'write' | 'read';

export type ClientMessage =
  | {
      type: 'join_session';
      channel: number;
      session_id: string;
      from?: number;
      cols: number;
      rows: number;
      mode: JoinMode;
      input_id?: number;
    }
  | { type: 'leave_session'; channel: number }
  | { type: 'terminal_resize'; channel: number; cols: number; rows: number }
  | { type: 'ack'; channel: number; offset: number }
  | { type: 'heartbeat'; session_ids: string[] }
  | { type: 'terminal_input'; channel: number; input: string };

export interface Joined {
  type: 'joined';
  channel: number;
  session_id: string;
  offset: number;
  /** What comes before is history; absent from an old server. */
  head?: number | null;
  cols: number;
  rows: number;
  label: string;
  owner: boolean;
  /** Bytes of this `input_id` that reached the program; absent when they are not counted. */
  input?: number | null;
}

export interface InputAck {
  type: 'input_ack';
  channel: number;
  offset: number;
}

export interface Resized {
  type: 'resized';
  channel: number;
  offset: number;
  cols: number;
  rows: number;
  owner: boolean;
}

export interface SessionExited {
  type: 'session_exited';
  channel: number;
  session_id: string;
  exit: Exit;
}

export interface SessionClosed {
  type: 'session_closed';
  channel: number;
  session_id: string;
}

export interface ServerEvent {
  type: 'event';
  name: string;
  session_id?: string;
  receipt?: Receipt;
}

export interface ServerError {
  type: 'error';
  channel?: number;
  code: string;
  message: string;
}

export type ServerMessage =
  | Joined
  | InputAck
  | Resized
  | SessionExited
  | SessionClosed
  | ServerEvent
  | ServerError
  | { type: 'shutting_down'; restart: boolean }
  | { type: 'heartbeat' };
