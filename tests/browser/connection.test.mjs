// How the page reaches the server when no WebSocket gets through, and how it comes back.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { axe, freshShell, LOST, sessionId, sessionRow, shoot, suite, type, until, untilState, untilText } from './support.mjs';

/** In the page, before it starts: while `blocked`, upgrades are refused as a proxy would refuse them. */
function blockable() {
  const Real = window.WebSocket;
  window.blocked = sessionStorage.getItem('free') === null;
  window.upgrades = 0;
  window.WebSocket = class extends Real {
    constructor(url, protocols) {
      super(window.blocked ? String(url).replace('/ws?', '/health?') : url, protocols);
      this.addEventListener('open', () => (window.upgrades += 1));
    }
  };
}

async function blocked(stage) {
  const { context, page } = await stage.page('about:blank', { known: LOST });
  await context.addInitScript(blockable);
  await page.goto(stage.daemon.url);
  await freshShell(page);
  await untilState(page, 'polling');
  return page;
}

suite('without WebSockets', (stage) => {
  it('sessions are live by polling, and every key arrives once', async () => {
    const page = await blocked(stage);
    const id = await page.evaluate(() => window.coda.sessionId());
    await shoot(page, 'polling');
    await axe(page);
    await type(page, 'echo typed-$((1+1)) ünï-✓');
    await untilText(page, /^typed-2 ünï-✓$/m);
    // Enter is a line's end only once the shell has given the terminal back.
    await type(page, "clear; echo tak''ing; cat > keys; echo stored");
    await untilText(page, /^taking$/m);
    const words = Array.from({ length: 30 }, (_value, word) => `word-${word}`);
    for (const word of words) await type(page, word);
    await page.keyboard.press('Control+d');
    await untilText(page, /^stored$/m);
    await type(page, 'clear; md5sum < keys; echo $(wc -l < keys) lines');
    await untilText(page, /^30 lines$/m);
    await page.setViewportSize({ width: 900, height: 500 });
    await until(async () => (await sessionRow(page, id)).cols < 140, 'the size follows the window');
    await type(page, 'stty size');
    const row = await sessionRow(page, id);
    await untilText(page, new RegExp(`^${row.rows} ${row.cols}$`, 'm'));
  });

  it('much output arrives whole, and so does what is no UTF-8', async () => {
    const page = await blocked(stage);
    await type(page, 'clear; seq 1 60000; printf "\\377\\376-odd-\\n"; echo all-$((1+1))');
    await untilText(page, /^60000$/m);
    await untilText(page, /-odd-$/m);
    await untilText(page, /^all-2$/m);
  });

  it('a session that is not in front goes on, and an end is told', async () => {
    const page = await blocked(stage);
    const first = await sessionId(page);
    const second = await freshShell(page);
    await type(page, 'sleep 0.5; echo later-$((1+1)); exit 4');
    await page.locator(`[role=tab][aria-controls="pane-${first}"]`).click();
    await page.locator(`[role=tab][aria-controls="pane-${second}"] .badge`).getByText('4').waitFor();
    await page.locator(`[role=tab][aria-controls="pane-${second}"]`).click();
    await untilText(page, 'later-2');
    await page.locator('.banner', { hasText: 'exited with code 4' }).waitFor();
  });

  it('it changes back to a WebSocket, and nothing is lost or doubled', async () => {
    const page = await blocked(stage);
    await type(page, 'clear; for i in $(seq 1 400); do echo "line $i"; sleep 0.02; done > >(tee seen)');
    await untilText(page, 'line 20');
    await page.evaluate(() => (window.blocked = false));
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await untilState(page, 'live');
    await untilText(page, /^line 400$/m);
    const numbers = await page.evaluate(() => window.coda.text().match(/^line (\d+)$/gm).map((line) => Number(line.slice(5))));
    assert.deepEqual(numbers, numbers.map((_number, at) => numbers[0] + at), 'each line once and in order');
    await type(page, 'clear; echo back-$((1+1))');
    await untilText(page, /^back-2$/m);
    assert.equal(await page.evaluate(() => window.coda.state()), 'live');
  });

  it('a daemon that is killed is found again', async () => {
    const page = await blocked(stage);
    await type(page, 'kept=through');
    await stage.daemon.kill();
    await type(page, 'echo got-$kept');
    await untilText(page, 'got-through');
    await untilState(page, 'polling');
  });
});

suite('a connection', (stage) => {
  it('that is lost is said calmly, with a countdown, and comes back', async () => {
    const { context, page } = await stage.shell({ known: LOST });
    await context.setOffline(true);
    await stage.daemon.kill();
    await untilState(page, 'reconnecting');
    await page.getByText(/Reconnecting in \d s/).waitFor();
    await shoot(page, 'reconnecting');
    await axe(page);
    await context.setOffline(false);
    await untilState(page, 'live');
    await type(page, 'echo here-$((1+1))');
    await untilText(page, 'here-2');
  });
});
