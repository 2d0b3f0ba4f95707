// The session list, and the ends of tabs and sessions.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { crash, sessionId, sessionRow, shoot, suite, type, until, untilState, untilText } from './support.mjs';

suite('sessions', (stage) => {
  it('a closed tab detaches, and the list attaches again', async () => {
    const { page, id } = await stage.shell();
    await type(page, 'echo still-$((1+1))');
    await untilText(page, 'still-2');
    await page.keyboard.press('Control+Shift+W');
    await page.getByText('keeps running').waitFor();
    await page.waitForFunction((id) => window.coda.sessionId() !== id, id);
    await until(async () => (await sessionRow(page, id))?.viewers === 0, 'no viewer is left');
    assert.equal((await sessionRow(page, id)).state, 'running');
    await openList(page);
    await page.locator('dialog li', { hasNotText: 'open' }).locator('.row').click();
    await untilText(page, 'still-2');
    assert.equal(await sessionId(page), id);
    await type(page, 'echo again-$((1+1))');
    await untilText(page, 'again-2');
  });

  it('the list ends a session after asking, and dismisses it', async () => {
    // Its last lines may be asked for in the moment in which it goes.
    const { page, id } = await stage.shell({ known: /404 \(Not Found\)/ });
    await openList(page);
    await chosen(page, id).getByRole('button', { name: /^End / }).click();
    await page.getByText('End this session?').waitFor();
    await shoot(page, 'asks');
    await page.getByRole('button', { name: 'Keep' }).click();
    assert.equal((await sessionRow(page, id)).state, 'running');
    await chosen(page, id).getByRole('button', { name: /^End / }).click();
    await page.getByRole('button', { name: 'End', exact: true }).click();
    await until(async () => (await sessionRow(page, id))?.state === 'ended', 'it has ended');
    await chosen(page, id).getByText(/ended/i).first().waitFor();
    await chosen(page, id).getByRole('button', { name: /^Dismiss / }).click();
    await until(async () => (await sessionRow(page, id)) === undefined, 'it is gone');
    await chosen(page, id).waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    assert.notEqual(await sessionId(page), id);
  });

  it('Enter goes on from a session that has ended', async () => {
    const { page, id } = await stage.shell();
    await type(page, 'cd /tmp; echo kept-$((1+1))');
    await untilText(page, 'kept-2');
    await until(async () => (await sessionRow(page, id)).cwd === '/tmp', 'the shell is there');
    await type(page, 'exit 3');
    await page.locator('.banner', { hasText: 'exited with code 3' }).waitFor();
    await shoot(page, 'ended');
    await page.keyboard.press('Enter');
    await page.waitForFunction((id) => window.coda.sessionId() !== id, id);
    await untilText(page, 'ended with exit code 3');
    await type(page, 'echo now-in-$PWD.');
    await untilText(page, 'now-in-/tmp.');
    await untilText(page, 'kept-2');
    await shoot(page, 'went-on');
    assert.equal((await sessionRow(page, id)).state, 'ended', 'the old one is still listed');
  });

  it('one that crashes for ever says so, and is taken up again', async () => {
    const { page, id } = await stage.shell();
    await type(page, 'kept=through');
    const failed = async () => {
      await page.evaluate(crash, id);
      return (await sessionRow(page, id)).state === 'failed';
    };
    await until(failed, 'it has failed');
    await page.locator('.banner', { hasText: 'keeps running' }).waitFor();
    await untilState(page, 'failed');
    await shoot(page, 'failed');
    await page.getByRole('button', { name: 'Re-adopt' }).click();
    await untilState(page, 'live');
    await type(page, 'echo got-$kept');
    await untilText(page, 'got-through');
  });

  it('one that crashes once is not noticed', async () => {
    const { page, id } = await stage.shell();
    await type(page, 'kept=through');
    await page.evaluate(crash, id);
    await type(page, 'echo got-$kept');
    await untilText(page, /^got-through$/m);
    await untilState(page, 'live');
  });
});

async function openList(page) {
  await page.getByRole('button', { name: /^Sessions/ }).click();
  await page.locator('dialog li').first().waitFor();
}

const chosen = (page, id) => page.locator(`dialog li[data-session="${id}"]`);
