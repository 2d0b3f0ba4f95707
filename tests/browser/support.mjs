// The built daemon on a free port, and a real browser that looks at it.
// CODA names the binary, CHROMIUM the browser, SHOTS the folder for pictures.

import { spawn, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const BINARY = process.env.CODA ?? join(HERE, '../../target/debug/coda');
const SHOTS = process.env.SHOTS ?? join(HERE, 'shots');
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const ARGUMENTS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
/** How long a fact may take to become true, in milliseconds. Only failures reach it. */
export const DEADLINE = 30_000;

export async function startDaemon() {
  const home = mkdtempSync(join(tmpdir(), 'coda-browser-'));
  const keeper = spawn(BINARY, ['serve', '--bind', '127.0.0.1:0', '--home', home, '--chaos'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PS1: '$ ' },
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
    keeper.on('exit', (code) => reject(new Error(`coda serve ended with ${code}: ${log}`)));
  });
  return {
    url,
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
    },
  };
}

function daemonOf(keeper) {
  const children = readFileSync(`/proc/${keeper}/task/${keeper}/children`, 'utf8').trim().split(/\s+/);
  const isDaemon = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === 'daemon';
  return Number(children.find((pid) => pid && isDaemon(pid)));
}

export async function startBrowser() {
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

/** A page that collects what a person would see in the console. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return { context, page, complaints };
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
