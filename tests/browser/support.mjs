// The built daemon on a free port, and a real browser that looks at it.
// CODA names the binary, CHROMIUM the browser, SHOTS the folder for pictures.

import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const HERE = fileURLToPath(new URL('.', import.meta.url));
export const BINARY = process.env.CODA ?? join(HERE, '../../target/debug/coda');
const SHOTS = process.env.SHOTS ?? join(HERE, 'shots');
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const ARGUMENTS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
/** How long a fact may take to become true, in milliseconds. Only failures reach it. */
export const DEADLINE = Number(process.env.DEADLINE_MS ?? 30_000);

/**
 * A suite whose tests share one daemon and one browser; `stage` holds them once the suite runs.
 * After each test every page it opened must have had nothing to complain about, and is closed; what
 * was open is forgotten, since a workplace outlives its page. `world`: starts what stands around the daemon, and says
 * which variables and lines of settings that makes, who asks (`headers`), where a browser goes (`front`), and what lies
 * in the home directory (`furnish`).
 */
export function suite(name, tests, world = async () => ({})) {
  const stage = new Stage(world);
  describe(name, () => {
    before(() => stage.start());
    afterEach(() => stage.clear());
    after(() => stage.stop());
    tests(stage);
  });
}

class Stage {
  daemon = null;
  world = null;
  #begin;
  #browser = null;
  #pages = [];

  constructor(begin) {
    this.#begin = begin;
  }

  async start() {
    this.world = await this.#begin();
    this.daemon = await startDaemon(this.world);
    if (this.world.front) this.daemon.url = await this.world.front(this.daemon.url);
    this.#browser = await startBrowser();
  }

  /** A page that looks at `url`. `known`: what a browser may say in its console; the rest goes to its context. */
  async page(url = this.daemon.url, options = {}) {
    const opened = await openPage(this.#browser, url, options);
    this.#pages.push(opened);
    return opened;
  }

  /** A page with a fresh shell in front, and that session's `id`. */
  async shell(options = {}) {
    const opened = await this.page(this.daemon.url, options);
    return { ...opened, id: await freshShell(opened.page) };
  }

  async clear() {
    const pages = this.#pages.splice(0);
    const complaints = pages.flatMap((page) => page.complaints);
    for (const { context } of pages) await context.close();
    await this.#forget();
    assert.deepEqual(complaints, []);
  }

  async stop() {
    await this.#browser?.close();
    await this.daemon?.stop();
    await this.world?.stop?.();
  }

  /** A page that goes may still have something to keep: then it is tried again. */
  async #forget() {
    const { origin, searchParams } = new URL(this.daemon.url);
    const headers = { authorization: `Bearer ${searchParams.get('token')}`, 'content-type': 'application/json', ...this.world.headers };
    const layout = { version: 1, mode: 'tabs', tabs: [], active: null, grid: null };
    const forgotten = async () => {
      const { revision } = await (await fetch(`${origin}/api/workplace`, { headers })).json();
      const body = JSON.stringify({ base: revision, layout });
      return (await fetch(`${origin}/api/workplace`, { method: 'POST', headers, body })).ok;
    };
    await until(() => forgotten().catch(() => false), 'the workplace is empty');
  }
}

async function startDaemon({ environment = {}, settings = '', furnish }) {
  const home = mkdtempSync(join(tmpdir(), 'coda-browser-'));
  furnish?.(home);
  // A browser that draws in software would leave programs behind the daemon next to nothing of a small machine.
  const config = `${home}.toml`;
  writeFileSync(config, `[sessions]\nniceness = 0\n${settings}`);
  const keeper = spawn(BINARY, ['serve', '--bind', '127.0.0.1:0', '--home', home, '--config', config, '--chaos'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PS1: '$ ', CODA_CGROUP_V2_ROOT: '/nonexistent', ...environment },
  });
  let log = '';
  keeper.stderr.on('data', (piece) => (log += piece));
  const url = await new Promise((resolve, reject) => {
    let said = '';
    keeper.stdout.on('data', (piece) => {
      said += piece;
      const found = said.match(/ready at (\S+)\n/);
      if (found) resolve(found[1]);
    });
    keeper.on('error', (error) => reject(new Error(`${BINARY} does not start: ${error.message}`)));
    keeper.on('exit', (code) => reject(new Error(`coda serve ended with ${code}: ${log}`)));
  });
  return {
    url,
    home,
    log: () => log,
    daemonPid: () => daemonOf(keeper.pid),
    async kill() {
      const old = daemonOf(keeper.pid);
      process.kill(old, 'SIGKILL');
      return old;
    },
    async stop() {
      keeper.kill('SIGTERM');
      await new Promise((resolve) => (keeper.exitCode === null ? keeper.on('exit', resolve) : resolve()));
      rmSync(home, { recursive: true, force: true });
      rmSync(config, { force: true });
    },
  };
}

function daemonOf(keeper) {
  const children = readFileSync(`/proc/${keeper}/task/${keeper}/children`, 'utf8').trim().split(/\s+/);
  const isDaemon = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === 'daemon';
  return Number(children.find((pid) => pid && isDaemon(pid)));
}

async function startBrowser() {
  return chromium.launch({ executablePath: findBrowser(), args: ARGUMENTS });
}

function findBrowser() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of BROWSERS) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // The next one.
    }
  }
  const own = chromium.executablePath();
  if (existsSync(own)) return own;
  throw new Error('no Chromium found: install one, or set CHROMIUM to its path');
}

/** A page that collects what a person would see in the console. `known`: what may be there. */
async function openPage(browser, url, { known = /^$/, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(DEADLINE);
  // A cold page waits for disks that others keep busy.
  context.setDefaultNavigationTimeout(2 * DEADLINE);
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !known.test(message.text()) && !isMerge(message) && !isGone(message)) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  const answer = await page.goto(url);
  return { context, page, complaints, answer };
}

/** Of two browsers that change the workplace at once one is refused, and merges: the browser reports the refusal. */
function isMerge(message) {
  return /409 \(Conflict\)/.test(message.text()) && new URL(message.location().url).pathname === '/api/workplace';
}

/** A session may be dismissed while its last lines are asked for. */
function isGone(message) {
  return /404 \(Not Found\)/.test(message.text()) && /^\/api\/sessions\/[^/]+\/screen$/.test(new URL(message.location().url).pathname);
}

/** Waits until the terminal's visible text satisfies `wanted`. */
export async function untilText(page, wanted) {
  const source = wanted instanceof RegExp ? { pattern: wanted.source, flags: wanted.flags } : { text: wanted };
  await page.waitForFunction(
    ({ text, pattern, flags }) => {
      const shown = window.coda?.text() ?? '';
      return pattern ? new RegExp(pattern, flags).test(shown) : shown.includes(text);
    },
    source,
    { timeout: DEADLINE },
  ).catch(async (error) => {
    const shown = await page.evaluate(() => window.coda?.text());
    throw new Error(`waited for ${wanted}; the terminal shows ${JSON.stringify(shown)}: ${error.message}`);
  });
}

/** The end of a shell's prompt, whoever runs it. */
export const PROMPT = /[$#] *$/m;
/** What a browser says by itself when the daemon dies under a request. */
export const LOST = /Failed to load resource|WebSocket connection to/;

/** Opens a new shell beside what is there, and names its session. */
export async function freshShell(page) {
  // The page has read what is open; the first of all opens a session by itself.
  await page.waitForFunction(() => window.coda && !document.querySelector('main [aria-busy=true]'));
  const first = await sessionId(page);
  await page.locator('[data-new-tab]').click();
  await page.waitForFunction((id) => ![id, null].includes(window.coda.sessionId()), first);
  await untilText(page, PROMPT);
  return sessionId(page);
}

/** In the page: breaks the session's actor, which its supervisor then starts again. */
export async function crash(id) {
  await fetch(`/api/admin/actors/${encodeURIComponent(`session:${id}`)}/crash`, { method: 'POST' });
}

export const sessionId = (page) => page.evaluate(() => window.coda.sessionId());

/** What the server lists, in the page's own name. */
export const sessionRow = (page, id) =>
  page.evaluate(async (id) => {
    const rows = await (await fetch('/api/sessions')).json();
    return rows.find((row) => row.session_id === id);
  }, id);

/** Waits for a fact that only asking can tell. */
export async function until(fact, what) {
  const end = Date.now() + DEADLINE;
  for (let seen = await fact(); !seen; seen = await fact()) {
    if (Date.now() > end) throw new Error(`never true: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Puts text on the clipboard of the event only, as a person who presses Ctrl+V. */
export async function paste(page, text) {
  await page.evaluate((pasted) => {
    const data = new DataTransfer();
    data.setData('text/plain', pasted);
    document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
  }, text);
}

export async function untilState(page, state) {
  await page.waitForFunction((state) => window.coda?.state() === state, state, { timeout: DEADLINE });
}

export const shown = (page) => page.evaluate(() => window.coda.text());

export async function type(page, text) {
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

export async function shoot(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * What axe finds wrong with the page, or with what `within` selects. The terminal's own innards are xterm's, and the
 * colours of programs, in the sample too, the palette's.
 */
export async function axe(page, within) {
  // Colours on their way to others are not the page's colours.
  await page.evaluate(() => Promise.all(document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime < 5_000).map((one) => one.finished.catch(() => undefined))));
  // By the driver and not as a script element: the content security policy holds in tests too.
  await page.evaluate(AXE);
  const found = await page.evaluate(async (within) => {
    const context = { include: [within ?? 'body'], exclude: ['.xterm', '.sample'] };
    const { violations } = await window.axe.run(context, { resultTypes: ['violations'] });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
  }, within);
  assert.deepEqual(found, [], 'axe finds nothing');
}
