// One fake session: output kept whole, a window per viewer, and a small scripted shell. A snapshot
// is the raw history after a reset, in parts: good enough for a terminal that parses it quietly.

import { randomUUID } from 'node:crypto';

const INPUT_ACK_MS = 30;
const WINDOW = 256 * 1024;
const PART = 60 * 1024;
const PROMPT = '\x1b[38;5;110m~/coda\x1b[0m \x1b[38;5;246mmain\x1b[0m \x1b[1;32m❯\x1b[0m ';

export class FakeSession {
  constructor(world, { label = '', cols = 80, rows = 24 }) {
    Object.assign(this, { world, label, cols, rows, state: 'running', exit: null, failure: null });
    this.id = randomUUID();
    this.created = Date.now() / 1000;
    this.idle = 0;
    this.process = 'zsh';
    this.title = '';
    this.output = Buffer.alloc(0);
    this.viewers = new Set();
    /** input_id → bytes of it that reached the shell. */
    this.taken = new Map();
    this.owner = null;
    this.line = '';
    this.print(PROMPT);
  }

  row() {
    return {
      session_id: this.id, label: this.label, created_at: this.created, last_poll_time: Date.now() / 1000,
      exited: this.state === 'ended', process: this.process, idle_seconds: this.idle, state: this.state,
      rows: this.rows, cols: this.cols, title: this.title, offset: this.output.length,
      viewers: this.viewers.size, exit: this.exit, failure: this.failure, receipt: null, activity: null,
    };
  }

  print(text) {
    this.printBytes(Buffer.from(text));
  }

  printBytes(bytes) {
    this.output = Buffer.concat([this.output, Buffer.from(bytes)]);
    for (const viewer of this.viewers) viewer.pump();
  }

  join(socket, { channel, from, cols, rows, mode, input_id: inputId }) {
    const viewer = new Viewer(this, socket, channel, mode, inputId);
    if (this.state === 'failed') {
      viewer.say({ type: 'error', channel, code: 'unavailable', message: 'the session failed' });
      return viewer;
    }
    this.viewers.add(viewer);
    if (mode === 'write' && !this.owner) {
      this.owner = viewer;
      Object.assign(this, { cols, rows });
    }
    const resume = from !== undefined && from <= this.output.length;
    viewer.sent = viewer.acked = resume ? from : this.output.length;
    viewer.say({
      type: 'joined', channel, session_id: this.id, offset: viewer.sent, cols: this.cols,
      rows: this.rows, label: this.label, owner: this.owner === viewer,
      ...(this.world.oldServer ? {} : { head: this.output.length, input: this.taken.get(inputId) ?? 0 }),
    });
    if (!resume) viewer.snapshot();
    viewer.pump();
    if (this.state === 'ended') viewer.exited();
    return viewer;
  }

  input(viewer, bytes) {
    this.world.inputs.push(bytes.toString());
    if (viewer.mode === 'read' || this.state !== 'running') return;
    if (this.owner !== viewer) this.own(viewer, this.cols, this.rows);
    // A run of letters at once: one by one a long paste would copy the whole output for each.
    for (const keys of bytes.toString().match(/[^\x00-\x1f\x7f]+|[^]/gu) ?? []) this.key(keys);
  }

  key(char) {
    if (char === '\r') {
      this.print('\r\n');
      const command = this.line;
      this.line = '';
      this.run(command.trim());
    } else if (char === '\x7f') {
      if (this.line) this.print('\b \b');
      this.line = this.line.slice(0, -1);
    } else if (char === '\x03') {
      this.line = '';
      this.print(`^C\r\n${PROMPT}`);
    } else {
      this.line += char;
      this.print(char < ' ' ? `^${String.fromCharCode(char.charCodeAt(0) + 64)}` : char);
    }
  }

  run(command) {
    const [name, arg] = command.split(' ');
    if (name === 'exit') return this.end({ code: Number(arg ?? 0), signal: null, reason: 'exited' });
    if (name === 'flood') this.print(flood(Number(arg ?? 1000)));
    else if (name === 'query') this.print('\x1b[c\x1b[>c\x1b[6n\x1b[?6n\x1b]11;?\x07\x1b[?25$p\x1bP$qm\x1b\\asked\r\n');
    else if (name === 'title') this.print(`\x1b]0;${arg}\x07`);
    else if (name === 'size') this.print(`${this.cols}x${this.rows}\r\n`);
    else if (name) this.print(`${command}\r\n`);
    this.print(PROMPT);
  }

  end({ code = null, signal = null, reason = 'exited' }) {
    this.exit = { code, signal, reason, at: new Date().toISOString() };
    this.state = 'ended';
    for (const viewer of this.viewers) viewer.exited();
  }

  dismiss() {
    for (const viewer of this.viewers) viewer.say({ type: 'session_closed', channel: viewer.channel, session_id: this.id });
  }

  fail(text) {
    this.state = 'failed';
    this.failure = text;
    for (const viewer of this.viewers) {
      viewer.say({ type: 'event', name: 'session.failed', session_id: this.id });
      viewer.say({ type: 'error', channel: viewer.channel, code: 'unavailable', message: 'the session failed' });
    }
  }

  readopt() {
    this.state = 'running';
    this.failure = null;
  }

  own(viewer, cols, rows) {
    this.owner = viewer;
    Object.assign(this, { cols, rows });
    for (const other of this.viewers) other.resized();
  }

  resizeByOther(cols, rows) {
    this.own({ other: true }, cols, rows);
  }

  snapshotAll() {
    for (const viewer of this.viewers) viewer.snapshot();
  }

  /** Skips bytes for every viewer: a correct client notices and joins again. */
  gap(bytes) {
    for (const viewer of this.viewers) viewer.sent += bytes;
    this.print('x'.repeat(bytes + 1));
  }

  /** Sends the last bytes again. */
  overlap(bytes) {
    for (const viewer of this.viewers) viewer.sent -= bytes;
    this.print('!');
  }
}

class Viewer {
  constructor(session, socket, channel, mode, inputId) {
    Object.assign(this, { session, socket, channel, mode, inputId, sent: 0, acked: 0, inputTimer: null });
  }

  say(message) {
    this.socket.send(JSON.stringify(message));
  }

  frame(kind, offset, payload) {
    const head = Buffer.alloc(13);
    head.writeUInt8(kind, 0);
    head.writeUInt32LE(this.channel, 1);
    head.writeBigUInt64LE(BigInt(offset), 5);
    this.socket.send(Buffer.concat([head, payload]));
  }

  pump() {
    const { output } = this.session;
    while (this.sent < output.length && this.sent - this.acked <= WINDOW) {
      const payload = output.subarray(this.sent, this.sent + PART);
      this.frame(1, this.sent, payload);
      this.sent += payload.length;
    }
  }

  snapshot() {
    const { output } = this.session;
    const kept = output.subarray(Math.max(0, output.length - 3 * PART));
    for (let at = 0; at === 0 || at < kept.length; at += PART) {
      this.frame(at + PART >= kept.length ? 3 : 2, output.length, kept.subarray(at, at + PART));
    }
    this.sent = this.acked = output.length;
  }

  ack(offset) {
    this.acked = Math.max(this.acked, offset);
    this.pump();
  }

  input(bytes) {
    const { world, taken } = this.session;
    if (world.loseInput) return;
    this.session.input(this, bytes);
    if (world.oldServer || this.inputId === undefined) return;
    taken.set(this.inputId, (taken.get(this.inputId) ?? 0) + bytes.length);
    this.inputTimer ??= setTimeout(() => this.inputAck(), INPUT_ACK_MS);
  }

  inputAck() {
    this.inputTimer = null;
    if (this.session.world.holdInputAcks || this.socket.readyState !== 1) return;
    this.say({ type: 'input_ack', channel: this.channel, offset: this.session.taken.get(this.inputId) });
  }

  resize(cols, rows) {
    this.session.own(this, cols, rows);
  }

  resized() {
    const { cols, rows, owner, output } = this.session;
    this.say({ type: 'resized', channel: this.channel, offset: output.length, cols, rows, owner: owner === this });
  }

  exited() {
    this.say({ type: 'session_exited', channel: this.channel, session_id: this.session.id, exit: this.session.exit });
  }

  leave() {
    clearTimeout(this.inputTimer);
    this.session.viewers.delete(this);
    if (this.session.owner === this) this.session.owner = null;
  }
}

function flood(lines) {
  let text = '';
  for (let line = 1; line <= lines; line += 1) {
    text += `\x1b[38;5;${100 + (line % 100)}m${String(line).padStart(6)}\x1b[0m  ${'the quick brown fox jumps over the lazy dog '.repeat(2)}\r\n`;
  }
  return text;
}
