// Generated from the Rust types by `make types`; do not edit. What they mean: docs/protocol.md.
// Times in session rows are epoch seconds; all others are RFC 3339, UTC. Offsets are bytes.

export type Reason = "exited" | "closed" | "idle" | "redeployed" | "unknown";

export type Exit = { 
/**
 * What the program passed to `exit`, 0–255.
 */
code: number | null, 
/**
 * The number of the signal that killed it.
 */
signal: number | null, at: string, reason: Reason, };

export type Receipt = { session_id: string, label: string, 
/**
 * A sentence: "the daemon was killed by signal 9".
 */
cause: string, down_at: string, back_at: string, 
/**
 * Output that the ring held beyond the journal's end.
 */
bytes_kept: number, 
/**
 * Output that is neither in the journal nor in the ring.
 */
bytes_lost: number, 
/**
 * Where the session's output continues.
 */
offset: number, };

export type Health = { status: string, };

export type Version = { version: string, commit: string | null, 
/**
 * What there is besides sessions: `setup`, `credentials`.
 */
parts: Array<string>, };

export type PatToken = { token: string, };

export type PatConfigured = { status: string, user?: string, message: string, };

export type PatTarget = { name: string, 
/**
 * `updated`, `unchanged`, `skipped` or `failed`.
 */
outcome: string, detail: string | null, };

export type PatStatus = { 
/**
 * A token was given and is not over.
 */
configured: boolean, 
/**
 * The workspace took it when it was last asked.
 */
valid: boolean, user: string | null, workspace_host: string | null, 
/**
 * `pat`: a person's token; `sp_oauth`: the service principal's bearer; `none`: there is no workspace.
 */
auth_mode: string, 
/**
 * `none`, `checking`, `valid`, `trouble` (valid, but without a successor so far) or `expired`.
 */
state: string, 
/**
 * What is wrong, if anything is.
 */
trouble: string | null, token_id: string | null, issued_at: string | null, expires_at: string | null, next_rotation_at: string | null, 
/**
 * Old tokens that are not revoked yet.
 */
waiting_for_revocation: number, targets: Array<PatTarget>, };

export type TraceLanded = { at: string, trace_id: string, session_id: string, agent: string, };

export type TraceTrouble = { at: string, message: string, };

export type TraceStatus = { enabled: boolean, 
/**
 * Address of the MLflow server; null when traces are off.
 */
server: string | null, 
/**
 * Null until it is known whose instance this is.
 */
experiment: string | null, 
/**
 * Null until MLflow has said it.
 */
experiment_id: string | null, 
/**
 * Prompts that have no answer yet.
 */
open: number, 
/**
 * Traces on the disk that have not landed.
 */
waiting: number, waiting_bytes: number, 
/**
 * Traces that were brought and read back.
 */
landed: number, 
/**
 * Calls of models that are in no trace, because there was too much at once.
 */
dropped_calls: number, 
/**
 * Traces that made room for newer ones, or that MLflow did not take.
 */
dropped_traces: number, last_landed: TraceLanded | null, last_error: TraceTrouble | null, };

export type GatewayTrouble = { at: string, agent: string, model: string, message: string, };

export type GatewayStatus = { 
/**
 * `gateway` or `direct`; null where there is no workspace, so that agents go their own ways.
 */
mode: string | null, 
/**
 * Where agents of this machine find it; null where they do not.
 */
url: string | null, 
/**
 * Kind of the place where models are: `gateway_host`, `workspace_gateway`, `dedicated_gateway` or
 * `serving_endpoints`; null until that is known.
 */
route: string | null, 
/**
 * Its address.
 */
base_url: string | null, 
/**
 * Whether the last request or look was answered; null before the first.
 */
reachable: boolean | null, 
/**
 * Whether there is a token to ask with.
 */
has_token: boolean, requests_in_flight: number, 
/**
 * Since the daemon started.
 */
requests: number, last_error: GatewayTrouble | null, };

export type UsageSums = { requests: number, errors_unauthorized: number, errors_throttled: number, errors_invalid: number, errors_failed: number, errors_network: number, cancelled: number, input_tokens: number, cached_tokens: number, cache_write_tokens: number, output_tokens: number, 
/**
 * US dollars by the list of prices; null when none of it has a known price.
 */
cost_usd: number | null, 
/**
 * Requests whose cost is not in `cost_usd`, because nobody knows their model's price.
 */
requests_without_price: number, 
/**
 * Requests whose answer did not say how many tokens it took.
 */
requests_without_usage: number, 
/**
 * Milliseconds until the first byte of an answer, and until its end, on average; null before the first.
 */
first_byte_ms: number | null, total_ms: number | null, };

export type UsageRow = { day: string | null, session_id: string | null, agent: string | null, 
/**
 * Empty for requests that name none, such as lists of models.
 */
model: string | null, requests: number, errors_unauthorized: number, errors_throttled: number, errors_invalid: number, errors_failed: number, errors_network: number, cancelled: number, input_tokens: number, cached_tokens: number, cache_write_tokens: number, output_tokens: number, 
/**
 * US dollars by the list of prices; null when none of it has a known price.
 */
cost_usd: number | null, 
/**
 * Requests whose cost is not in `cost_usd`, because nobody knows their model's price.
 */
requests_without_price: number, 
/**
 * Requests whose answer did not say how many tokens it took.
 */
requests_without_usage: number, 
/**
 * Milliseconds until the first byte of an answer, and until its end, on average; null before the first.
 */
first_byte_ms: number | null, total_ms: number | null, };

export type Usage = { since: string, until: string, 
/**
 * The newest day first; at most 5,000.
 */
rows: Array<UsageRow>, total: UsageSums, 
/**
 * There are more rows than are shown, which `total` leaves out.
 */
truncated: boolean, };

export type SetupState = "pending" | "waiting_for_token" | "running" | "complete" | "skipped" | "error" | "cancelled";

export type SetupStep = { id: string, label: string, 
/**
 * `pending`, `running`, `complete`, `skipped` or `error`.
 */
status: string, 
/**
 * The same, and more closely: a pending step may be waiting for the token, a failed one may have been cancelled.
 */
state: SetupState, started_at: number | null, completed_at: number | null, started: string | null, finished: string | null, 
/**
 * How long it took, or has taken so far.
 */
seconds: number | null, error: string | null, 
/**
 * Why it was skipped.
 */
reason: string | null, 
/**
 * The last lines of what it printed.
 */
log: Array<string>, attempts: number, 
/**
 * Steps, `token` or `workspace`.
 */
needs: Array<string>, 
/**
 * Of what it installed or found.
 */
version: string | null, 
/**
 * It may be worth trying again.
 */
retry: boolean, };

export type SetupStatus = { 
/**
 * `pending`, `running`, `complete` or `error`.
 */
status: string, 
/**
 * Somebody has asked for it; if not, `POST /api/setup/start` does.
 */
begun: boolean, started_at: number | null, completed_at: number | null, started: string | null, finished: string | null, 
/**
 * Of the first step that did not work.
 */
error: string | null, 
/**
 * The profile is `lab`.
 */
lab_mode: boolean, steps: Array<SetupStep>, };

export type AgentRow = { id: string, label: string, installed: boolean, 
/**
 * If it is known without starting it.
 */
version: string | null, 
/**
 * Where its program is.
 */
binary: string | null, 
/**
 * What to run in a session.
 */
command: Array<string>, };

export type AgentList = { agents: Array<AgentRow>, };

export type SyncAccepted = { name: string, turn: number, };

export type SyncNote = { path: string, text: string, };

export type SyncNotes = { count: number, files: Array<SyncNote>, };

export type SyncRow = { 
/**
 * `project`, `restore` or `state`.
 */
what: string, name: string, 
/**
 * `idle`, `waiting` or `running`.
 */
standing: string, 
/**
 * Turns begun and ended since this daemon began.
 */
started: number, finished: number, 
/**
 * Files of the turn under way: done, and all.
 */
done: number, total: number, last_success: string | null, last_end: string | null, 
/**
 * What went wrong in the last turn; null: nothing.
 */
error: string | null, 
/**
 * Another turn follows by itself.
 */
again: boolean, uploaded: number, downloaded: number, deleted: number, same: number, 
/**
 * Both sides changed: the other content is beside, under the name in `text`.
 */
kept: SyncNotes, 
/**
 * Changed in the workspace alone, and left as they are there.
 */
theirs: SyncNotes, 
/**
 * Cannot be synchronised, and why.
 */
skipped: SyncNotes, failed: SyncNotes, };

export type SyncStatus = { enabled: boolean, user: string | null, folders: Array<SyncRow>, 
/**
 * What broke so often that it was given up until the next start.
 */
given_up: Array<string>, };

export type SessionState = "running" | "ended" | "failed";

export type Activity = "working" | "needs_approval" | "needs_input" | "done" | "idle" | "error" | "uncertain";

export type ActivitySource = "protocol" | "program" | "hook" | "title" | "models";

export type DoubtRow = { state: Activity, source: ActivitySource, evidence: string, since: number, };

export type ActivityRow = { state: Activity, source: ActivitySource, 
/**
 * What it was concluded from: the command that waits for approval, the last words.
 */
evidence: string, since: number, 
/**
 * What does not fit to it.
 */
doubts: Array<DoubtRow>, 
/**
 * For how long people were waited for so far, in seconds.
 */
waited_seconds: number, };

export type SessionRow = { session_id: string, label: string, created_at: number, last_poll_time: number, exited: boolean, process: string, idle_seconds: number, state: SessionState, rows: number, cols: number, title: string, offset: number, viewers: number, exit: Exit | null, failure: string | null, receipt: Receipt | null, 
/**
 * Output that could not be stored (full disk), in bytes.
 */
journal_gap: number, command: Array<string>, 
/**
 * The directory it works in.
 */
cwd: string, 
/**
 * Bells rung so far.
 */
bells: number, 
/**
 * Seconds since the last output, the last input, and since somebody was last watching.
 */
output_idle_seconds: number, input_idle_seconds: number, viewer_idle_seconds: number, 
/**
 * Seconds until the session is ended for want of attention; null: it will not be.
 */
ends_in_seconds: number | null, 
/**
 * Four fifths of that time are over.
 */
timeout_warning: boolean, 
/**
 * What goes on in it; null: nobody says so.
 */
activity: ActivityRow | null, };

export type CreateSession = { label?: string, command?: Array<string>, cwd?: string, rows?: number, cols?: number, 
/**
 * Go on from this session: in its directory, and below its history if it has ended.
 */
from?: string, 
/**
 * Which tmux session to attach to or to make, where sessions run in tmux.
 */
pane_id?: number, };

export type SessionId = { session_id: string, };

export type CreatedSession = { session_id: string, pane_id: number | null, reattached: boolean, 
/**
 * Where a person looks at it, if it is known what we are called.
 */
viewer_url: string | null, };

export type ActiveSession = { session_id: string, pane_id: number | null, alive: boolean, };

export type ActiveSessions = { sessions: Array<ActiveSession>, };

export type TmuxSessions = { sessions: Array<number>, };

export type CapacityState = "ok" | "pressure" | "unavailable";

export type SessionSlots = { current: number, pending: number, limit: number, accepting: boolean, };

export type Capacity = { current: number | null, limit: number | null, percent: number | null, telemetry_available: boolean, state: CapacityState, observed_at: number, high_watermark_percent: number, resume_threshold_percent: number, reserve_mb: number, browser_sessions: SessionSlots, 
/**
 * Resident memory of CoDA and all that runs in its sessions; null until it was looked at.
 */
process_tree_rss_mb: number | null, };

export type LimitReached = { error: string, code: string, message: string, current: number, limit: number, retry_guidance: string, capacity: Capacity | null, };

export type UploadKind = "image" | "file";

export type Uploaded = { path: string, name: string, bytes: number, kind: UploadKind, media_type: string, };

export type Attached = { session_id: string, label: string, output: Array<string>, offset: number, process: string, created_at: number, exited: boolean, exit: Exit | null, };

export type Done = { status: string, detail?: string, };

export type OutputRequest = { session_id: string, offset?: number, 
/**
 * How long to wait for news when there is none, in milliseconds (at most 20,000).
 */
wait_ms?: number, client?: string, };

export type Output = { output: string, 
/**
 * More than what was asked for when the older output is not kept any more.
 */
from: number, 
/**
 * Where to go on.
 */
offset: number, 
/**
 * The program has ended and this was the last of its output.
 */
exited: boolean, exit: Exit | null, 
/**
 * The daemon ends and will not be back.
 */
shutting_down: boolean, 
/**
 * Told once: without this request the session would have been ended soon for want of attention.
 */
timeout_warning: boolean, };

export type BatchRequest = { session_ids: Array<string>, offsets?: { [key in string]: number }, client?: string, };

export type Batch = { outputs: { [key in string]: Output }, missing: Array<string>, shutting_down: boolean, };

export type InputRequest = { session_id: string, input: string, wait_ms?: number, offset?: number, client?: string, };

export type Typed = { status: string, } | { status: string, output: string, 
/**
 * More than what was asked for when the older output is not kept any more.
 */
from: number, 
/**
 * Where to go on.
 */
offset: number, 
/**
 * The program has ended and this was the last of its output.
 */
exited: boolean, exit: Exit | null, 
/**
 * The daemon ends and will not be back.
 */
shutting_down: boolean, 
/**
 * Told once: without this request the session would have been ended soon for want of attention.
 */
timeout_warning: boolean, };

export type ResizeRequest = { session_id: string, cols?: number, rows?: number, client?: string, };

export type Attended = { status: string, timeout_warning: boolean, };

export type RenameRequest = { session_id: string, 
/**
 * One line, at most 200 characters.
 */
label: string, };

export type Ticket = { ticket: string, expires_in: number, };

export type ReceiptList = { receipts: Array<Receipt>, };

export type CommandRow = { 
/**
 * As typed; null where the shell did not say.
 */
command: string | null, cwd: string | null, started_at: string, 
/**
 * Null while it runs.
 */
ended_at: string | null, 
/**
 * Seconds; null while it runs.
 */
duration: number | null, 
/**
 * Null while it runs, and where nobody said.
 */
exit_code: number | null, 
/**
 * Where its output begins in the session's, in bytes.
 */
offset: number, 
/**
 * Where its output ends.
 */
end_offset: number | null, 
/**
 * Its marks carry the session's nonce: they are no file's that somebody printed.
 */
trusted: boolean, };

export type CommandList = { commands: Array<CommandRow>, 
/**
 * Asks for older ones; null: there are none.
 */
before: number | null, };

export type SearchMatch = { session_id: string, label: string, 
/**
 * Where the line begins in the session's output, in bytes; up to 4 KiB before it where a program moves the
 * cursor about.
 */
offset: number, 
/**
 * RFC 3339, UTC.
 */
time: string, line: string, 
/**
 * Lines before and after it, two at most each.
 */
before: Array<string>, after: Array<string>, 
/**
 * How often the same line was seen in this session; the newest is shown.
 */
count: number, };

export type SearchAnswer = { matches: Array<SearchMatch>, 
/**
 * Everything was looked at.
 */
complete: boolean, 
/**
 * Goes on as `before`; null when complete.
 */
next: string | null, };

export type Show = "live" | "replay" | "expired";

export type RecordingPart = { offset: number, at: number, };

export type RecordingPause = { at: number, seconds: number, };

export type RecordingCommand = { at: number, 
/**
 * As typed; null where the shell did not say.
 */
command: string | null, 
/**
 * Null while it runs, and where nobody said.
 */
exit_code: number | null, };

export type Recording = { began_at: string, seconds: number, cols: number, rows: number, 
/**
 * Where it can be entered; the first is where it begins.
 */
parts: Array<RecordingPart>, 
/**
 * Where the output ends, in bytes.
 */
end_offset: number, 
/**
 * Spans of a second and more in which nothing happens; of very many, the longest.
 */
pauses: Array<RecordingPause>, 
/**
 * Of very many, the newest.
 */
commands: Array<RecordingCommand>, };

export type Replay = { session_id: string, label: string, show: Show, exit: Exit | null, 
/**
 * Null when nothing is kept.
 */
recording: Recording | null, };

export type TaskState = "queued" | "starting" | "working" | "needs_approval" | "needs_input" | "completed" | "failed" | "cancelled" | "interrupted";

export type QuestionKind = "approval" | "input";

export type TaskDecision = "approve" | "approve_for_session" | "deny" | "answer";

export type TaskDoubt = { 
/**
 * `denied`, `api_error`, `exit`, `unseen`, `busy`, `timed_out`, `errors`, `result` or `agent`.
 */
kind: string, what: string, };

export type TaskFailure = "reported" | "timed_out" | "api_error" | "denied" | "not_started" | "crashed" | "no_result";

export type TaskStep = { step: string, message: string, at: string, };

export type TaskQuestion = { id: string, kind: QuestionKind, what: string, 
/**
 * The exact command or change.
 */
detail: string | null, asked_at: string, };

export type TaskRow = { task_id: string, 
/**
 * Of its present or last run.
 */
session_id: string, viewer_url: string | null, state: TaskState, 
/**
 * The same as clients have always known it: `running`, `info_needed`, `timeout` …
 */
status: string, 
/**
 * Grows with each change.
 */
revision: number, owner: string, agent: string, cwd: string | null, prompt_summary: string, previous_session_id: string | null, runs: number, 
/**
 * Among those that wait; 1 is next.
 */
position: number | null, created_at: string, started_at: string | null, ended_at: string | null, 
/**
 * From its order to its end, or so far.
 */
elapsed_s: number, progress: TaskStep | null, 
/**
 * What waits for a person.
 */
questions: Array<TaskQuestion>, 
/**
 * Somebody has asked to stop it.
 */
cancelling: boolean, failure: TaskFailure | null, 
/**
 * How it was judged, in a sentence.
 */
why: string | null, 
/**
 * What speaks against its result.
 */
doubts: Array<TaskDoubt>, summary: string, feedback: string, };

export type TaskCounts = { queued: number, running: number, needs_approval: number, info_needed: number, completed: number, failed: number, cancelled: number, interrupted: number, };

export type TaskList = { tasks: Array<TaskRow>, counts: TaskCounts, };

export type TaskTaken = { again: boolean, task_id: string, 
/**
 * Of its present or last run.
 */
session_id: string, viewer_url: string | null, state: TaskState, 
/**
 * The same as clients have always known it: `running`, `info_needed`, `timeout` …
 */
status: string, 
/**
 * Grows with each change.
 */
revision: number, owner: string, agent: string, cwd: string | null, prompt_summary: string, previous_session_id: string | null, runs: number, 
/**
 * Among those that wait; 1 is next.
 */
position: number | null, created_at: string, started_at: string | null, ended_at: string | null, 
/**
 * From its order to its end, or so far.
 */
elapsed_s: number, progress: TaskStep | null, 
/**
 * What waits for a person.
 */
questions: Array<TaskQuestion>, 
/**
 * Somebody has asked to stop it.
 */
cancelling: boolean, failure: TaskFailure | null, 
/**
 * How it was judged, in a sentence.
 */
why: string | null, 
/**
 * What speaks against its result.
 */
doubts: Array<TaskDoubt>, summary: string, feedback: string, };

export type TaskEvent = { at: string, what: string, detail: string, };

export type TaskWhole = { 
/**
 * What its agent left.
 */
result: unknown, 
/**
 * Once it is over.
 */
receipt: unknown, events: Array<TaskEvent>, task_id: string, 
/**
 * Of its present or last run.
 */
session_id: string, viewer_url: string | null, state: TaskState, 
/**
 * The same as clients have always known it: `running`, `info_needed`, `timeout` …
 */
status: string, 
/**
 * Grows with each change.
 */
revision: number, owner: string, agent: string, cwd: string | null, prompt_summary: string, previous_session_id: string | null, runs: number, 
/**
 * Among those that wait; 1 is next.
 */
position: number | null, created_at: string, started_at: string | null, ended_at: string | null, 
/**
 * From its order to its end, or so far.
 */
elapsed_s: number, progress: TaskStep | null, 
/**
 * What waits for a person.
 */
questions: Array<TaskQuestion>, 
/**
 * Somebody has asked to stop it.
 */
cancelling: boolean, failure: TaskFailure | null, 
/**
 * How it was judged, in a sentence.
 */
why: string | null, 
/**
 * What speaks against its result.
 */
doubts: Array<TaskDoubt>, summary: string, feedback: string, };

export type CreateTask = { prompt: string, 
/**
 * An object, or the text of one.
 */
context?: unknown, agent?: string, 
/**
 * Absolute, below `~/`, or below `~/projects`.
 */
cwd?: string, 
/**
 * Go on from the task that ran in this session.
 */
previous_session_id?: string, 
/**
 * `smart` or `yolo`.
 */
permissions?: string, 
/**
 * In seconds; 0: the default.
 */
timeout_s?: number, workflow_protocol?: boolean, 
/**
 * The same key of the same person names the same task.
 */
idempotency_key?: string, };

export type TaskReply = { 
/**
 * May be missing if there is only one.
 */
question_id?: string, decision: TaskDecision, text?: string, };

export type ActorRow = { name: string, state: string, restarts: number, crashes: number, last_panic: string | null, busy_us: number, longest_turn_us: number, };

export type AuditRow = { number: number, time: string, identity: string, act: string, subject: string, outcome: string, peer: string, detail: string, count: number, last_time: string, };

export type AuditPage = { rows: Array<AuditRow>, next: number | null, };

export type AppState = { app_owner: string | null, owner_resolved_at: string | null, last_rotation_time: number | null, last_rotation_iso: string | null, last_token_id: string | null, };

export type UiMode = "tabs" | "grid";

export type Workplace = { version: number, 
/**
 * What a change must name as its `base`; 0 while nothing is kept.
 */
revision: number, 
/**
 * How a page begins whose layout does not say it.
 */
mode: UiMode, layout: Record<string, unknown> | null, settings: Record<string, unknown> | null, };

export type ChangeWorkplace = { 
/**
 * The revision that the page has seen.
 */
base: number, layout?: object, settings?: object, };

export type WorkplaceConflict = { error: string, code: string, workplace: Workplace, };

export type ErrorBody = { error: string, code: string, };

export type JoinMode = "write" | "read";

export type History = "with" | "after";

export type Widths = "unicode11" | "graphemes";

export type ClientMessage = { "type": "join_session", channel: number, session_id: string, from?: number, cols: number, rows: number, mode: JoinMode, input_id?: number, differences?: boolean, history?: History, } | { "type": "history", channel: number, bytes?: number, } | { "type": "leave_session", channel: number, } | { "type": "terminal_resize", channel: number, cols: number, rows: number, } | { "type": "ack", channel: number, offset: number, } | { "type": "heartbeat", session_ids: Array<string>, } | { "type": "terminal_input", channel: number, input: string, };

export type ServerEvent = { "name": "session.created", session_id: string, label: string, } | { "name": "session.ended", session_id: string, exit: Exit, } | { "name": "session.closed", session_id: string, } | { "name": "session.renamed", session_id: string, label: string, } | { "name": "session.activity", session_id: string, activity: Activity | null, } | { "name": "session.idle_warning", session_id: string, ends_in_seconds: number, } | { "name": "session.recovered", session_id: string, receipt: Receipt, } | { "name": "credentials.changed", state: string, } | { "name": "setup.step", step: string, state: SetupState, } | { "name": "setup.changed", } | { "name": "task.changed", task_id: string, session_id: string, status: string, } | { "name": "session.failed", session_id: string, failure: string, } | { "name": "repository.moved", repository: string, } | { "name": "workplace.changed", revision: number, };

export type ServerMessage = { "type": "joined", channel: number, session_id: string, offset: number, head?: number, cols: number, rows: number, label: string, owner: boolean, input?: number | null, widths?: Widths, } | { "type": "input_ack", channel: number, offset: number, } | { "type": "resized", channel: number, offset: number, cols: number, rows: number, owner: boolean, } | { "type": "session_exited", channel: number, session_id: string, exit: Exit, } | { "type": "session_closed", channel: number, session_id: string, } | { "type": "shutting_down", restart: boolean, } | { "type": "event" } & ServerEvent | { "type": "heartbeat", } | { "type": "error", channel?: number, code: string, message: string, };

export type Joined = Extract<ServerMessage, { type: "joined" }>;

export type InputAck = Extract<ServerMessage, { type: "input_ack" }>;

export type Resized = Extract<ServerMessage, { type: "resized" }>;

export type SessionExited = Extract<ServerMessage, { type: "session_exited" }>;

export type SessionClosed = Extract<ServerMessage, { type: "session_closed" }>;

export type ServerError = Extract<ServerMessage, { type: "error" }>;
