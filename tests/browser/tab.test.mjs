// One person, one tab, a real shell.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { LOST, PROMPT, sessionId, shoot, shown, suite, type, untilState, untilText } from './support.mjs';

suite('a browser tab', (stage) => {
  it('shows a shell, takes keys and looks the same after a reload', async () => {
    const { page } = await stage.shell();
    assert.ok(!page.url().includes('token'), 'the token is gone from the address');
    await type(page, 'echo one-$((40+2)); printf "\\033[1;32mgreen\\033[0m\\n"');
    await untilText(page, 'one-42');
    await untilText(page, /^green/m);
    await shoot(page, 'live');
    const before = await shown(page);
    const session = await sessionId(page);
    await page.reload();
    await untilText(page, 'one-42');
    assert.equal(await shown(page), before);
    assert.equal(await sessionId(page), session);
  });

  it('survives kill -9 of the daemon while somebody types', async () => {
    const { page } = await stage.shell({ known: LOST });
    await type(page, 'kept=yes');
    const old = await stage.daemon.kill();
    await type(page, 'echo still-$kept');
    await untilText(page, 'still-yes');
    await untilState(page, 'live');
    assert.notEqual(stage.daemon.daemonPid(), old);
    await page.getByText(/killed by signal 9/i).first().waitFor();
    await shoot(page, 'resumed');
  });

  it('restores a full-screen program after a reload', async () => {
    const { page } = await stage.shell();
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
  });

  it('says how a session ended', async () => {
    const { page } = await stage.shell();
    await type(page, 'exit 3');
    await page.getByText(/exited with code 3/i).first().waitFor();
    await shoot(page, 'ended');
  });

  it('shows two browsers the same session', async () => {
    const first = await stage.shell();
    const session = await sessionId(first.page);
    const second = await stage.page();
    await second.page.waitForFunction((id) => window.coda.sessionId() === id, session);
    await untilState(second.page, 'live');
    assert.equal(await sessionId(second.page), session);
    await type(first.page, 'echo seen-by-$((1+1))');
    await untilText(first.page, 'seen-by-2');
    await untilText(second.page, 'seen-by-2');
    await shoot(second.page, 'second');
  });
});
