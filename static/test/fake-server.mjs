// A server for trying the page without the daemon: serves dist/ under the real content security
// policy and speaks docs/protocol.md with a scripted shell. POST /fake/<what> makes trouble.
// Development only.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { FakeSession } from './fake-session.mjs';

const DIST = join(fileURLToPath(new URL('.', import.meta.url)), '..', 'dist');
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; img-src 'self' data:; font-src 'self'";
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Starts on `port` (0 = any). Answers `{url, world, stop}`; `world` is what tests look into. */
export async function startFake(port = 0) {
  const world = {
    sessions: new Map(),
    receipts: [],
    sockets: new Set(),
    signedOut: false,
    listFails: false,
    refuse: false,
    /** Knows neither `head` nor input acknowledgements. */
    oldServer: false,
    /** Input arrives and never reaches the shell, as when the daemon dies. */
    loseInput: false,
    /** Input reaches the shell and is not acknowledged. */
    holdInputAcks: false,
    beforeTicket: 0,
    /** What `/api/version` says it has: "setup", "credentials". */
    parts: [],
    /** Answers of `/api/setup-status` and `/api/pat-status`. */
    setup: null,
    pat: null,
    /** The only token that is taken. */
    token: 'dapi-right',
    retried: [],
    workplace: { version: 1, revision: 0, layout: null, mode: 'tabs' },
    joins: [],
    acks: [],
    inputs: [],
  };
  const server = createServer((request, response) => {
    answer(world, request, response).catch((error) => send(response, 500, { error: String(error), code: 'internal' }));
  });
  attachSockets(server, world);
  await new Promise((done) => server.listen(port, '127.0.0.1', done));
  const stop = () => {
    for (const socket of world.sockets) socket.terminate();
    return new Promise((done) => server.close(done));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, world, stop };
}

async function answer(world, request, response) {
  const path = new URL(request.url, 'http://x').pathname;
  if (path.startsWith('/fake/')) return trouble(world, path.slice(6), await body(request), response);
  if (world.refuse) return request.socket.destroy();
  if (!path.startsWith('/api/')) return serve(path, response);
  if (world.signedOut) return send(response, 401, { error: 'not signed in', code: 'unauthorized' });
  const retried = /^\/api\/setup\/([^/]+)\/retry$/.exec(path);
  if (retried && request.method === 'POST') return retry(world, decodeURIComponent(retried[1]), response);
  const handler = ROUTES[`${request.method} ${path}`];
  if (!handler) return send(response, 404, { error: 'no such route', code: 'not_found' });
  return handler(world, response, request.method === 'POST' ? await body(request) : {});
}

const ROUTES = {
  'GET /api/sessions': (world, response) => {
    if (world.listFails) return send(response, 503, { error: 'the session list is not ready', code: 'unavailable' });
    return send(response, 200, [...world.sessions.values()].map((session) => session.row()));
  },
  'POST /api/session': (world, response, { label, cols, rows }) => {
    const session = new FakeSession(world, { label, cols, rows });
    world.sessions.set(session.id, session);
    broadcast(world, { type: 'event', name: 'session.created', session_id: session.id });
    return send(response, 200, { session_id: session.id });
  },
  'POST /api/session/close': (world, response, { session_id: id }) => {
    const session = world.sessions.get(id);
    if (session?.state === 'ended') {
      session.dismiss();
      world.sessions.delete(id);
    } else session?.end({ code: null, signal: 1, reason: 'closed' });
    return send(response, 200, { status: 'ok' });
  },
  'POST /api/session/readopt': (world, response, { session_id: id }) => {
    world.sessions.get(id)?.readopt();
    return send(response, 200, { status: 'ok' });
  },
  'GET /api/tasks': (world, response) => send(response, 200, { tasks: [], counts: {} }),
  'GET /api/receipts': (world, response) => send(response, 200, { receipts: world.receipts }),
  'GET /api/version': (world, response) => send(response, 200, { version: '1.2.3', commit: null, parts: world.parts }),
  'GET /api/workplace': (world, response) => send(response, 200, world.workplace),
  'POST /api/workplace': (world, response, { layout }) => {
    world.workplace = { ...world.workplace, revision: world.workplace.revision + 1, layout };
    return send(response, 200, world.workplace);
  },
  'GET /api/setup-status': (world, response) => send(response, world.setup ? 200 : 404, world.setup ?? {}),
  'GET /api/pat-status': (world, response) => send(response, world.pat ? 200 : 404, world.pat ?? {}),
  'POST /api/configure-pat': (world, response, { token }) => {
    if (token !== world.token) return send(response, 400, { error: 'the workspace does not know this token', code: 'invalid' });
    world.pat = { configured: true, valid: true, user: 'ada@example.com' };
    return send(response, 200, { status: 'ok', user: 'ada@example.com', message: 'connected' });
  },
  'POST /api/ws-ticket': async (world, response) => {
    if (world.beforeTicket > 0) await new Promise((done) => setTimeout(done, world.beforeTicket));
    return send(response, 200, { ticket: 'once', expires_in: 30 });
  },
};

function retry(world, id, response) {
  const step = world.setup?.steps.find((other) => other.id === id);
  if (!step) return send(response, 404, { error: 'there is no such step', code: 'not_found' });
  world.retried.push(id);
  Object.assign(step, { status: 'running', error: null, completed_at: null });
  world.setup.status = 'running';
  return send(response, 200, { status: 'ok' });
}

function trouble(world, what, arg, response) {
  const session = world.sessions.get(arg.session_id);
  const acts = {
    kill: () => (Object.assign(world, arg), world.sockets.forEach((socket) => socket.terminate())),
    restart: () => {
      broadcast(world, { type: 'shutting_down', restart: true });
      world.sockets.forEach((socket) => socket.close(1012));
    },
    close: () => world.sockets.forEach((socket) => socket.close(arg.code)),
    set: () => Object.assign(world, arg),
    receipt: () => world.receipts.unshift(arg),
    event: () => broadcast(world, arg),
    print: () => session.print(arg.text),
    print_bytes: () => session.printBytes(arg.bytes),
    set_session: () => Object.assign(session, arg.fields),
    fail: () => session.fail(arg.text),
    exit: () => session.end(arg.exit),
    resize: () => session.resizeByOther(arg.cols, arg.rows),
    snapshot: () => session.snapshotAll(),
    gap: () => session.gap(arg.bytes),
    overlap: () => session.overlap(arg.bytes),
  };
  if (!acts[what]) return send(response, 404, { error: `no such trouble: ${what}`, code: 'not_found' });
  acts[what]();
  return send(response, 200, { status: 'ok' });
}

function attachSockets(server, world) {
  const sockets = new WebSocketServer({ server, path: '/ws', handleProtocols: () => 'coda.v1' });
  sockets.on('connection', (socket) => {
    const channels = new Map();
    world.sockets.add(socket);
    socket.on('message', (data, binary) => {
      if (binary) channels.get(data.readUInt32LE(1))?.input(data.subarray(5));
      else hear(world, socket, channels, JSON.parse(String(data)));
    });
    socket.on('close', () => {
      world.sockets.delete(socket);
      for (const viewer of channels.values()) viewer.leave();
    });
  });
}

function hear(world, socket, channels, message) {
  const viewer = channels.get(message.channel);
  switch (message.type) {
    case 'join_session': {
      world.joins.push(message);
      const session = world.sessions.get(message.session_id);
      if (session) channels.set(message.channel, session.join(socket, message));
      else say(socket, { type: 'error', channel: message.channel, code: 'session_not_found', message: 'no such session' });
      return;
    }
    case 'leave_session':
      viewer?.leave();
      channels.delete(message.channel);
      return;
    case 'terminal_resize':
      return viewer?.resize(message.cols, message.rows);
    case 'ack':
      world.acks.push(message);
      return viewer?.ack(message.offset);
    case 'heartbeat':
      return say(socket, { type: 'heartbeat' });
  }
}

function broadcast(world, message) {
  for (const socket of world.sockets) say(socket, message);
}

function say(socket, message) {
  socket.send(JSON.stringify(message));
}

async function serve(path, response) {
  const file = normalize(path === '/' ? '/index.html' : path);
  try {
    const path = join(DIST, file);
    const headers = { 'content-type': TYPES[extname(file)] ?? 'text/plain', 'content-security-policy': CSP };
    const plain = await readFile(path).catch(() => null);
    const content = plain ?? (await readFile(`${path}.gz`));
    response.writeHead(200, plain ? headers : { ...headers, 'content-encoding': 'gzip' });
    response.end(content);
  } catch {
    send(response, 404, { error: 'not found', code: 'not_found' });
  }
}

async function body(request) {
  let text = '';
  for await (const part of request) text += part;
  return text === '' ? {} : JSON.parse(text);
}

function send(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startFake(Number(process.env.PORT ?? 4173));
  console.log(`fake server at ${url}`);
}
