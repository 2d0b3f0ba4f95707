// What stands around an instance on the platform: a workspace, its models, and the proxy that says who asks. The first
// two are the emulators of tests/workspace and tests/model_gateway, which lie beside the daemon.

import { spawn } from 'node:child_process';
import http from 'node:http';
import net from 'node:net';
import { dirname, join } from 'node:path';
import { BINARY } from './support.mjs';

export const ANN = 'ann@example.com';

/** For `suite`: an instance of Ann's, without a token; `world.connect()` gives it one. */
export async function platform() {
  const models = await program('model_gateway', ['--any-token']);
  const workspace = await program('workspace', []);
  const proxies = [];
  return {
    environment: { DATABRICKS_HOST: workspace.url, DATABRICKS_GATEWAY_HOST: models.url, APP_OWNER_EMAIL: ANN, CODA_INSTANCE_NAME: 'ann-1' },
    headers: { 'x-forwarded-email': ANN, authorization: 'Bearer x' },
    models,
    /** Where a browser goes: through the proxy. */
    async front(url) {
      const proxy = await startProxy(new URL(url));
      proxies.push(proxy);
      return proxy.url;
    },
    async token() {
      return (await order(`${workspace.url}/_workspace/people`, { email: ANN })).token;
    },
    /** The next answers of the models, as tests/model_gateway/README.md has them. */
    script: (turns) => order(`${models.url}/_model/script`, turns),
    async stop() {
      for (const proxy of proxies) proxy.stop();
      await Promise.all([models.stop(), workspace.stop()]);
    },
  };
}

export async function order(url, body, headers = {}) {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Runs until it is stopped; its first line ends with its address. */
async function program(name, more) {
  const path = join(dirname(BINARY), name);
  const child = spawn(path, ['--bind', '127.0.0.1:0', ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (piece) => {
      said += piece;
      const found = said.match(/ is at (\S+)\n/);
      if (found) resolve(found[1]);
    });
    child.on('error', (error) => reject(new Error(`${path} does not start, build it with cargo build --workspace: ${error.message}`)));
    child.on('exit', (code) => reject(new Error(`${path} ended with ${code}`)));
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  return { url, stop: () => (child.kill(), ended) };
}

/** Adds who asks to everything, as the platform does. */
async function startProxy(target) {
  const told = { 'x-forwarded-email': ANN, authorization: 'Bearer x' };
  const sockets = new Set();
  const server = http.createServer((request, response) => {
    const { method, url: path } = request;
    const onward = http.request({ host: target.hostname, port: target.port, method, path, headers: { ...request.headers, ...told } }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket, head) => {
    const onward = net.connect(Number(target.port), target.hostname, () => {
      const headers = Object.entries({ ...request.headers, ...told }).map(([name, value]) => `${name}: ${value}\r\n`);
      onward.write(`GET ${request.url} HTTP/1.1\r\n${headers.join('')}\r\n`);
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    for (const [one, other] of [[socket, onward], [onward, socket]]) one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
