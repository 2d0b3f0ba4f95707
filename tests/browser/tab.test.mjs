// One person, one tab, a real shell.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openPage, shoot, shown, startBrowser, startDaemon, type, untilState, untilText } from './support.mjs';

/** The end of a shell's prompt, whoever runs it. */
const PROMPT = /[$#] *$/m;

describe('a browser tab', () => {
  let daemon;
  let browser;

  before(async () => {
    daemon = await startDaemon();
    browser = await startBrowser();
  });

  after(async () => {
    await browser?.close();
    await daemon?.stop();
  });

  /** A page with a fresh shell in front. */
  async function freshShell() {
    const stage = await openPage(browser, daemon.url);
    await untilState(stage.page, 'live');
    await untilText(stage.page, PROMPT);
    const first = await stage.page.evaluate(() => window.coda.sessionId());
    await stage.page.getByRole('button', { name: 'New session' }).click();
    await stage.page.waitForFunction((id) => window.coda.sessionId() !== id, first);
    await untilText(stage.page, PROMPT);
    return stage;
  }

  it('shows a shell, takes keys and looks the same after a reload', async () => {
    const { page, context, complaints } = await freshShell();
    assert.ok(!page.url().includes('token'), 'the token is gone from the address');
    await type(page, 'echo one-$((40+2)); printf "\\033[1;32mgreen\\033[0m\\n"');
    await untilText(page, 'one-42');
    await untilText(page, /^green/m);
    await shoot(page, 'live');
    const before = await shown(page);
    const session = await page.evaluate(() => window.coda.sessionId());
    await page.reload();
    await untilText(page, 'one-42');
    assert.equal(await shown(page), before);
    assert.equal(await page.evaluate(() => window.coda.sessionId()), session);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  it('survives kill -9 of the daemon while somebody types', async () => {
    const { page, context } = await freshShell();
    await type(page, 'kept=yes');
    const old = await daemon.kill();
    await type(page, 'echo still-$kept');
    await untilText(page, 'still-yes');
    await untilState(page, 'live');
    assert.notEqual(daemon.daemonPid(), old);
    await page.getByText(/killed by signal 9/i).first().waitFor();
    await shoot(page, 'resumed');
    await context.close();
  });

  it('restores a full-screen program after a reload', async () => {
    const { page, context } = await freshShell();
    await type(page, 'clear; seq 1 500 > numbers; less numbers');
    await untilText(page, /^numbers|^1\n2\n3/m);
    await page.keyboard.press('Space');
    await untilText(page, /^40$/m);
    const before = await shown(page);
    await page.reload();
    await untilText(page, /^40$/m);
    assert.equal(await shown(page), before);
    await page.keyboard.press('q');
    await untilText(page, PROMPT);
    await context.close();
  });

  it('says how a session ended', async () => {
    const { page, context } = await freshShell();
    await type(page, 'exit 3');
    await page.getByText(/exited with code 3/i).first().waitFor();
    await shoot(page, 'ended');
    await context.close();
  });

  it('shows two browsers the same session', async () => {
    const first = await freshShell();
    const session = await first.page.evaluate(() => window.coda.sessionId());
    const second = await openPage(browser, daemon.url);
    await untilState(second.page, 'live');
    await second.page.getByRole('tab').last().click();
    assert.equal(await second.page.evaluate(() => window.coda.sessionId()), session);
    await type(first.page, 'echo seen-by-$((1+1))');
    await untilText(first.page, 'seen-by-2');
    await untilText(second.page, 'seen-by-2');
    await shoot(second.page, 'second');
    await first.context.close();
    await second.context.close();
  });
});
