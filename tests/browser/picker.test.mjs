// The session picker: previews, watching, resuming, new sessions where one worked before.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { axe, PROMPT, sessionId, sessionRow, shoot, suite, type, until, untilText } from './support.mjs';

const picker = (page) => page.getByRole('dialog', { name: 'Sessions' });
const row = (page, id) => picker(page).locator(`li[data-session="${id}"]`);

suite('picker', (stage) => {
  it('shows the last lines of the chosen session, and filters as one types', async () => {
    const { page, id } = await stage.shell();
    await type(page, 'cd /usr/lib; clear; echo preview-$((1+1))');
    await untilText(page, 'preview-2');
    await until(async () => (await sessionRow(page, id)).cwd === '/usr/lib', 'the shell is there');
    await page.keyboard.press('Alt+s');
    await picker(page).waitFor();
    await page.keyboard.type('/usr/lib');
    await row(page, id).waitFor();
    await picker(page).getByRole('region', { name: /^Last lines/ }).getByText('preview-2').waitFor();
    await axe(page);
    await shoot(page, 'picker');
    await page.keyboard.press('Enter');
    await picker(page).waitFor({ state: 'detached' });
    assert.equal(await sessionId(page), id);
  });

  it('resumes one that has ended, in its directory', async () => {
    const { page, id } = await stage.shell();
    await type(page, 'cd /tmp; echo kept-$((1+1))');
    await until(async () => (await sessionRow(page, id)).cwd === '/tmp', 'the shell is there');
    await type(page, 'exit 0');
    await page.locator('.banner').waitFor();
    await page.keyboard.press('Alt+s');
    await row(page, id).getByRole('button', { name: /^Resume/ }).click();
    await page.waitForFunction((id) => window.coda.sessionId() !== id, id);
    await untilText(page, 'kept-2');
    await untilText(page, PROMPT);
    assert.equal((await sessionRow(page, await sessionId(page))).cwd, '/tmp');
  });

  it('starts a session in a recent directory, by keyboard alone', async () => {
    const { page, id } = await stage.shell();
    await type(page, 'cd /usr/share');
    await until(async () => (await sessionRow(page, id)).cwd === '/usr/share', 'the shell is there');
    await page.keyboard.press('Control+Shift+P');
    await page.getByRole('dialog', { name: 'Command palette' }).waitFor();
    await page.keyboard.type('in a directory');
    await page.keyboard.press('Enter');
    const menu = page.getByRole('dialog', { name: 'New session' });
    await menu.waitFor();
    await axe(page);
    await page.keyboard.type('share');
    await menu.getByRole('button', { name: '/usr/share' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForFunction((id) => window.coda.sessionId() !== id, id);
    await untilText(page, PROMPT);
    await until(async () => (await sessionRow(page, await sessionId(page)))?.cwd === '/usr/share', 'it starts there');
  });
});
