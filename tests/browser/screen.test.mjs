// What is on the screen: its size, full-screen programs, and floods.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';
import { LOST, shown, suite, type, untilState, untilText } from './support.mjs';

/** Longer than this without a turn, a page feels stuck. */
const STUCK_MS = 2_000;

suite('the screen', (stage) => {
  it('follows the window', async () => {
    const { page } = await stage.shell();
    const before = await size(page);
    await page.setViewportSize({ width: 900, height: 600 });
    await page.waitForFunction((old) => document.querySelector('footer [title^=Columns]').textContent !== old, before);
    const [cols, rows] = (await size(page)).split('×');
    assert.ok(Number(cols) < 130 && Number(rows) < 40, `${cols}×${rows}`);
    await type(page, 'stty size');
    await untilText(page, new RegExp(`^${rows} ${cols}$`, 'm'));
  });

  it('of vim is the same after kill -9 of the daemon and after a reload', { skip: !have('vim') }, async () => {
    const { page } = await stage.shell({ known: LOST });
    await type(page, 'seq 1 300 > lines; vim -u NONE -N -n lines');
    await untilText(page, /^1\n2\n3\n/);
    await page.keyboard.type('120Gonew line');
    await page.keyboard.press('Escape');
    await untilText(page, /^120\nnew line\n121$(?![^]*INSERT)/m);
    const before = await shown(page);
    const old = await stage.daemon.kill();
    await untilState(page, 'reconnecting');
    await untilState(page, 'live');
    assert.notEqual(stage.daemon.daemonPid(), old);
    assert.equal(await shown(page), before);
    await page.reload();
    await untilText(page, /^120\nnew line\n121$/m);
    assert.equal(await shown(page), before);
    await page.keyboard.type(':wq');
    await page.keyboard.press('Enter');
    await type(page, 'clear; wc -l lines');
    await untilText(page, /^301 lines$/m);
  });

  it('shows a character whole that comes in two halves', async () => {
    const { page } = await stage.shell();
    await type(page, String.raw`clear; stty -echo; printf 'a\342\200'; read rest; printf '\224b\n'; stty echo`);
    await untilText(page, /^a$/m);
    await page.keyboard.press('Enter');
    await untilText(page, /^a—b$/m);
  });

  it('ends a flood with its last line, and the page answers meanwhile', async () => {
    const { page } = await stage.shell();
    await page.evaluate(watchTurns);
    await type(page, 'seq 1 200000');
    await page.getByRole('button', { name: /^Sessions/ }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await untilText(page, /^199999\n200000\n.*[$#]/m);
    await untilState(page, 'live');
    const longest = await page.evaluate(() => window.longestTurn);
    assert.ok(longest < STUCK_MS, `the page stood still for ${longest} ms`);
    await type(page, 'echo after-$((1+1))');
    await untilText(page, 'after-2');
  });
});

const size = (page) => page.locator('footer [title^=Columns]').textContent();

/** In the page: keeps the longest time between two turns of its loop. */
function watchTurns() {
  window.longestTurn = 0;
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    window.longestTurn = Math.max(window.longestTurn, now - last);
    last = now;
  }, 10);
}

function have(program) {
  try {
    execFileSync('which', [program]);
    return true;
  } catch {
    return false;
  }
}
