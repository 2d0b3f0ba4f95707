// The built page in a real browser against the fake server: facts first, then a picture of each
// state. `npm run build` before. CHROMIUM names the browser, SHOTS the folder for pictures.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { startFake } from './fake-server.mjs';
import { FACTS } from './browser-facts.mjs';
import { PICTURES } from './browser-pictures.mjs';

const SHOTS = process.env.SHOTS ?? join(tmpdir(), 'ui-shots');
const ARGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
/** How long a fact may take to become true, in milliseconds. Only failures reach it. */
const DEADLINE = 30_000;
const LOOKS = [
  { name: '1280-dark', width: 1280, height: 800, scheme: 'dark' },
  { name: '1280-light', width: 1280, height: 800, scheme: 'light' },
  { name: '360-dark', width: 360, height: 720, scheme: 'dark' },
  { name: '360-light', width: 360, height: 720, scheme: 'light' },
  { name: '2560-dark', width: 2560, height: 1300, scheme: 'dark' },
];

const only = process.argv[2];
await mkdir(SHOTS, { recursive: true });
const browser = await chromium.launch({ executablePath: findBrowser(), args: ARGS });
let failures = 0;
if (only !== 'pictures') for (const [name, fact] of Object.entries(FACTS)) await prove(name, fact);
if (only !== 'facts') {
  for (const look of LOOKS) {
    for (const [name, picture] of Object.entries(PICTURES)) await draw(look, name, picture);
  }
}
await browser.close();
process.exit(failures === 0 ? 0 : 1);

async function prove(name, fact) {
  if (only && only !== 'facts' && !name.includes(only)) return;
  const stage = await setStage({ width: 1280, height: 800, scheme: 'dark' });
  try {
    await fact(stage);
    assert.deepEqual(stage.complaints, []);
    console.log(`ok   ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL ${name}\n     ${error.message.split('\n').slice(0, 12).join('\n     ')}`);
    console.log(`     screen: ${JSON.stringify(await stage.text().catch(() => ''))}`.slice(0, 600));
    await stage.page.screenshot({ path: join(SHOTS, `fail-${name}.png`) }).catch(() => undefined);
  } finally {
    await stage.close();
  }
}

async function draw(look, name, picture) {
  if (only && only !== 'pictures' && !name.includes(only)) return;
  const stage = await setStage(look);
  try {
    await picture(stage);
    await stage.rests();
    await stage.page.screenshot({ path: join(SHOTS, `${name}-${look.name}.png`) });
  } catch (error) {
    failures += 1;
    console.log(`FAIL picture ${name} ${look.name}: ${error.message.split('\n')[0]}`);
    await stage.page.screenshot({ path: join(SHOTS, `${name}-${look.name}.png`) }).catch(() => undefined);
  } finally {
    await stage.close();
  }
}

/** In the page: the fonts are there, what was wanted is drawn, and nothing is about to move. */
async function atRest() {
  await document.fonts.ready;
  // A change of size is seen in the frame after it, and what follows from it is drawn in the next.
  for (const _frame of ['seen', 'drawn']) await new Promise(requestAnimationFrame);
  await new Promise((idle) => requestIdleCallback(idle));
  const ends = (animation) => animation.effect.getComputedTiming().endTime !== Infinity;
  const moves = document.getAnimations().some((animation) => animation.playState === 'running' && ends(animation));
  return window.coda.rests() && !moves;
}

/** A fresh server and a fresh browser profile. */
async function setStage({ width, height, scheme }) {
  const fake = await startFake();
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    reducedMotion: 'reduce',
    hasTouch: width < 500,
  });
  const page = await context.newPage();
  const complaints = listen(page, fake.url);
  const poke = (what, arg = {}) =>
    fetch(`${fake.url}/fake/${what}`, { method: 'POST', body: JSON.stringify(arg) }).then((answer) => {
      if (!answer.ok) throw new Error(`fake ${what}: ${answer.status}`);
    });
  return {
    page, context, complaints, poke,
    world: fake.world,
    url: fake.url,
    open: () => page.goto(fake.url),
    text: () => page.evaluate(() => window.coda.text()),
    id: () => page.evaluate(() => window.coda.sessionId()),
    sees: (text) => page.waitForFunction((wanted) => window.coda?.text().includes(wanted), text, { timeout: DEADLINE }),
    is: (state) => page.waitForFunction((wanted) => window.coda?.state() === wanted, state, { timeout: DEADLINE }),
    until: (fact) => until(fact),
    rests: () => until(() => page.evaluate(atRest), 'the page is at rest'),
    type: (text) => page.keyboard.type(text),
    close: async () => {
      await context.close();
      await fake.stop();
    },
  };
}

function listen(page, origin) {
  const complaints = [];
  page.on('console', (message) => {
    // The browser reports refused sockets, 4xx answers and a slow GPU, xterm.js a slow machine and a lost context.
    const known = /Failed to load resource|WebSocket connection to|GL Driver Message|webgl context not restored|task queue exceeded/;
    if (['error', 'warning'].includes(message.type()) && !known.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith('data:') && !url.startsWith('blob:')) complaints.push(`left the origin: ${url}`);
  });
  return complaints;
}

async function until(fact, what = fact) {
  const end = Date.now() + DEADLINE;
  while (!(await fact())) {
    if (Date.now() > end) throw new Error(`never true: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

function findBrowser() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const found = folders.flatMap((folder) => names.map((name) => join(folder, name))).find((file) => existsSync(file));
  if (!found) throw new Error('no Chromium on PATH; name one in CHROMIUM');
  return found;
}
