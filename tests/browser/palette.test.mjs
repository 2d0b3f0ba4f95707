// The palette and the help: everything by keyboard, keys that can be given away.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { axe, freshShell, sessionId, shoot, shown, suite, type, until, untilText } from './support.mjs';

const palette = (page) => page.getByRole('dialog', { name: 'Command palette' });
const chosenTitle = (page) => palette(page).locator('[aria-selected=true] .title').innerText();

suite('palette', (stage) => {
  it('opens, finds, runs and remembers, all by keyboard', async () => {
    const { page, id } = await stage.shell();
    await page.keyboard.press('Control+Shift+P');
    await palette(page).waitFor();
    await axe(page);
    await shoot(page, 'palette');
    await page.keyboard.type('nwsess');
    assert.equal(await chosenTitle(page), 'New session');
    await page.keyboard.press('Enter');
    await page.waitForFunction((id) => window.coda.sessionId() !== id, id);
    await palette(page).waitFor({ state: 'detached' });
    await type(page, 'echo typed-$((1+1))');
    await untilText(page, 'typed-2');
    await page.keyboard.press('Control+Shift+P');
    await palette(page).waitFor();
    assert.equal(await chosenTitle(page), 'New session');
    await page.keyboard.type('zzzz');
    await page.getByText('Nothing matches').waitFor();
    await page.keyboard.press('Escape');
    await palette(page).waitFor({ state: 'detached' });
    await type(page, 'echo back-$((1+1))');
    await untilText(page, 'back-2');
  });

  // Keys typed before the palette had come went to the shell, Enter among them.
  it('takes what is typed before it has come', async () => {
    const { page, context } = await stage.page('about:blank');
    let come;
    const asked = new Promise((resolve) => (come = resolve));
    let waits = 0;
    await context.route(/\/Palette-[^/]*\.js/, async (route) => {
      waits += 1;
      await asked;
      await route.continue();
    });
    await page.goto(stage.daemon.url);
    await freshShell(page);
    await page.keyboard.press('Control+Shift+P');
    await page.keyboard.type('shortcutt');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('s');
    await page.keyboard.press('Enter');
    await until(() => waits > 0, 'the palette is asked for');
    come();
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await type(page, 'echo clean-$((1+1))');
    await untilText(page, 'clean-2');
    assert.ok(!(await shown(page)).includes('shortcut'));
  });

  it('reaches another dialog', async () => {
    const { page } = await stage.shell();
    await page.keyboard.press('Control+Shift+P');
    await palette(page).waitFor();
    await page.keyboard.type('shortcuts');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await axe(page);
    await shoot(page, 'help');
  });
});

suite('shortcuts', (stage) => {
  it('are given other keys, conflicts are told, and all can be reset', async () => {
    const { page, id } = await stage.shell();
    await page.keyboard.press('Control+/');
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    const field = help.locator('[data-action="tab.new"]').locator('.field');
    await field.click();
    await page.keyboard.press('Control+c');
    await help.getByText('programs in the terminal need it').waitFor();
    await page.keyboard.press('Alt+S');
    await help.getByText('belongs to “Sessions”').waitFor();
    await axe(page);
    await help.getByRole('button', { name: 'Leave it' }).click();
    await field.click();
    await page.keyboard.press('F9');
    await help.getByText('Now F9.').waitFor();
    await page.reload();
    await untilText(page, /[$#] *$/m);
    await page.keyboard.press('F9');
    await page.waitForFunction((id) => window.coda.sessionId() !== id, id);
    const second = await sessionId(page);
    await untilText(page, /[$#] *$/m);
    await page.keyboard.press('Alt+Shift+N');
    await page.keyboard.press('Control+/');
    await help.getByRole('button', { name: 'Reset all' }).click();
    await page.keyboard.press('Escape');
    assert.equal(await sessionId(page), second, 'the old keys did nothing');
    await page.keyboard.press('Alt+Shift+N');
    await page.waitForFunction((id) => window.coda.sessionId() !== id, second);
  });

  it('leave everything else to the shell', async () => {
    const { page } = await stage.shell();
    await type(page, "clear; stty -icanon -echo; echo ra''w; cat -v");
    await untilText(page, 'raw');
    for (const key of ['Control+p', 'Control+t', 'Control+w', 'Alt+b', 'Alt+f', 'Control+Shift+_']) await page.keyboard.press(key);
    await untilText(page, /\^P\^T\^W\^\[b\^\[f\^_/);
    await page.keyboard.press('Control+c');
  });
});
