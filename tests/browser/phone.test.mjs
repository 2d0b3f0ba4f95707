// A phone: everything fits 360 pixels, the key bar has the keys, the page can be installed.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { axe, sessionId, sessionRow, shoot, suite, type, until, untilText } from './support.mjs';

const PHONE = { viewport: { width: 360, height: 700 }, hasTouch: true, isMobile: true };
const key = (page, name) => page.getByRole('toolbar', { name: 'Keys' }).getByRole('button', { name, exact: true });

suite('phone', (stage) => {
  it('has the keys that its keyboard lacks', async () => {
    const { page, id } = await stage.shell(PHONE);
    assert.ok(id);
    await axe(page);
    await shoot(page, 'phone');
    await type(page, 'clear; cat -v');
    await untilText(page, /^\s*$/);
    for (const name of ['Esc', 'Up', 'Left']) await key(page, name).tap();
    await page.keyboard.press('Enter');
    await untilText(page, /\^\[\^\[\[A\^\[\[D/);
    await key(page, 'Alt').tap();
    await page.keyboard.insertText('b');
    await page.keyboard.press('Enter');
    await untilText(page, /\^\[b/);
    await key(page, 'Ctrl').tap();
    await page.keyboard.insertText('c');
    await untilText(page, /\^C/);
    await type(page, 'echo free-$((1+1))');
    await untilText(page, 'free-2');
  });

  it('shows nothing wider than its screen', async () => {
    const { page } = await stage.shell(PHONE);
    for (const name of ['sessions', 'palette', 'help', 'new', 'download']) {
      await key(page, 'All actions').tap();
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      if (name !== 'palette') {
        const find = { sessions: 'sessions', help: 'keyboard', new: 'in a directory', download: 'download' }[name];
        await page.keyboard.type(find);
        await page.keyboard.press('Enter');
        await page.getByRole('dialog', { name: { sessions: 'Sessions', help: 'Keyboard shortcuts', new: 'New session', download: 'Download a file' }[name] }).waitFor();
      }
      const over = await page.evaluate(() => [...document.querySelectorAll('dialog, dialog *')].filter((node) => node.getBoundingClientRect().right > innerWidth + 1 && !node.closest('ul, .list, .groups, .visually-hidden')).map((node) => node.className));
      assert.deepEqual(over, [], `${name} fits`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
      await axe(page);
      await shoot(page, `phone-${name}`);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    }
  });

  it('shows one of several panes at a time, and leads to the others', async () => {
    const wide = await stage.shell();
    const { columns } = await wide.page.evaluate(() => ({ columns: innerWidth }));
    assert.ok(columns > 600);
    await wide.page.keyboard.press('Alt+Shift+D');
    await until(async () => (await wide.page.locator('.frame:not([hidden])').count()) === 2, 'two panes beside each other');
    const { page: phone } = await stage.page(undefined, PHONE);
    await until(async () => (await phone.locator('.frame:not([hidden])').count()) === 1, 'one pane on the phone');
    const first = await phone.locator('.frame:not([hidden])').getAttribute('data-pane');
    await axe(phone);
    await shoot(phone, 'phone-panes');
    await phone.getByRole('button', { name: 'Next pane' }).tap();
    await until(async () => (await phone.locator('.frame:not([hidden])').getAttribute('data-pane')) !== first, 'the other pane');
    assert.equal(await wide.page.locator('.frame:not([hidden])').count(), 2, 'the wide page still shows both');
  });

  it('asks for a new size once when its keyboard comes, not on each step', async () => {
    const { page } = await stage.shell(PHONE);
    const id = await sessionId(page);
    const before = (await sessionRow(page, id)).rows;
    await page.evaluate(() => {
      window.sizes = 0;
      const send = WebSocket.prototype.send;
      WebSocket.prototype.send = function (data) {
        if (typeof data === 'string' && data.includes('terminal_resize')) window.sizes += 1;
        return send.call(this, data);
      };
    });
    for (let height = 680; height >= 400; height -= 40) await page.setViewportSize({ width: 360, height });
    await until(async () => (await sessionRow(page, id)).rows < before, 'the session is as high as what is seen');
    assert.ok((await page.evaluate(() => window.sizes)) <= 3);
  });

  it('can be installed, and the worker keeps nothing of the page', async () => {
    const { page } = await stage.page();
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    const kept = await page.evaluate(async () => {
      const names = await caches.keys();
      const all = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map((request) => new URL(request.url).pathname)));
      return all.flat();
    });
    assert.deepEqual(kept, ['/offline.html']);
    const manifest = await page.evaluate(async () => (await fetch('/manifest.webmanifest')).json());
    assert.equal(manifest.display, 'standalone');
    assert.ok(manifest.icons.some(({ sizes }) => sizes === '512x512'));
  });
});
