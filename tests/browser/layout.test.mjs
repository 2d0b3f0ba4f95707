// Tabs, splits and grids; and that they are the same in the next browser.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { freshShell, LOST, PROMPT, sessionId, sessionRow, shoot, shown, suite, type, until, untilState, untilText } from './support.mjs';

suite('a layout', (stage) => {
  it('splits panes, and their dividers move by mouse and by keys', async () => {
    const { page, id } = await stage.shell();
    const right = await splitRight(page);
    const below = await split(page, 'Alt+Shift+E');
    await shoot(page, 'splits');
    assert.deepEqual((await panes(page)).map(({ id }) => id).sort(), [id, right, below].sort());
    const before = await place(page, id);
    const divider = page.getByRole('separator', { name: /left and right/ });
    const box = await divider.boundingBox();
    // Not in its middle: there the other divider ends.
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 4);
    await page.mouse.down();
    await page.mouse.move(box.x - 200, box.y + box.height / 4, { steps: 4 });
    await page.mouse.up();
    const narrower = await place(page, id);
    assert.ok(narrower.width < before.width - 150, `${narrower.width} < ${before.width}`);
    await page.keyboard.press('Alt+Shift+R');
    await divider.or(page.getByRole('separator')).first().waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'separator');
    await divider.focus();
    await page.keyboard.press('Shift+ArrowRight');
    assert.ok((await place(page, id)).width > narrower.width + 100);
    await page.keyboard.press('Home');
    assert.ok((await place(page, id)).width >= 119, 'no pane gets too narrow to be read');
    await page.keyboard.press('Enter');
    await until(async () => (await focusedPane(page)) === below, 'the terminal has the keys again');
    // The programs learn of their new sizes.
    await until(async () => (await sessionRow(page, id)).cols < 40, 'the narrow one is told');
  });

  it('moves panes without losing what they show', async () => {
    const { page, id } = await stage.shell();
    await type(page, 'echo marked-$((40+2))');
    await untilText(page, 'marked-42');
    await page.evaluate((id) => (document.querySelector(`#pane-${CSS.escape(id)} .xterm`).dataset.kept = 'yes'), id);
    const right = await splitRight(page);
    const tabs = await page.getByRole('tab').count();
    await dragTo(page, head(page, id), page.locator('[data-new-tab]'));
    await until(async () => (await page.getByRole('tab').count()) === tabs + 1, 'it has a tab of its own');
    assert.equal(await sessionId(page), id);
    const other = page.locator(`[role=tab][aria-controls="pane-${right}"]`);
    await other.click();
    await splitRight(page);
    await page.getByRole('tab').nth(tabs).click();
    await untilText(page, 'marked-42');
    await splitRight(page);
    await dragTo(page, head(page, id), page.locator('[data-tab]').nth(tabs - 1));
    await page.waitForFunction((id) => window.coda.sessionId() === id, id);
    assert.deepEqual((await panes(page)).map(({ id }) => id).includes(right), true, 'it is beside the other one');
    await untilText(page, 'marked-42');
    assert.equal(await page.evaluate((id) => document.querySelector(`#pane-${CSS.escape(id)} .xterm`).dataset.kept, id), 'yes');
    await dragTo(page, head(page, id), page.locator(`#pane-${right} .content`), { x: 0.5, y: 0.9 });
    await until(async () => (await place(page, id)).y > (await place(page, right)).y, 'it lies below');
    await shoot(page, 'moved');
  });

  it('zooms one pane', async () => {
    const { page, id } = await stage.shell();
    await splitRight(page);
    await page.keyboard.press('Alt+Shift+ArrowLeft');
    await until(async () => (await focusedPane(page)) === id, 'the left one has the keys');
    await page.keyboard.press('Alt+Shift+Z');
    await until(async () => (await panes(page)).length === 1, 'it is alone');
    await until(async () => (await sessionRow(page, id)).cols > 100, 'it has the room');
    await page.keyboard.press('Alt+Shift+Z');
    await until(async () => (await panes(page)).length === 2, 'the other one is back');
  });

  it('types into a group of panes at once, and says so', async () => {
    const { page, id } = await stage.shell();
    const right = await splitRight(page);
    await page.keyboard.press('Alt+Shift+B');
    await page.getByText('What you type goes to 2 panes').waitFor();
    await type(page, 'echo both-$((40+2))');
    await shoot(page, 'broadcast');
    await untilText(page, /^both-42$/m);
    await page.keyboard.press('Alt+Shift+B');
    await page.getByText('What you type goes to').waitFor({ state: 'detached' });
    await type(page, 'echo one-$((40+2))');
    await untilText(page, /^one-42$/m);
    assert.equal(await sessionId(page), right);
    await page.keyboard.press('Alt+Shift+ArrowLeft');
    await page.waitForFunction((id) => window.coda.sessionId() === id, id);
    await untilText(page, /^both-42$/m);
    assert.ok(!(await shown(page)).includes('one-42'));
  });

  it('has grids with empty slots', async () => {
    const { page, id } = await stage.shell();
    for (const [name, cells] of [['3 columns, 2 rows', 6], ['5 columns, 4 rows', 20], ['2 columns, 2 rows', 4]]) {
      await page.keyboard.press('Alt+Shift+L');
      await page.getByRole('button', { name }).click();
      await until(async () => (await panes(page)).length === cells, `${cells} cells`);
      if (cells === 20) await shoot(page, 'grid-5x4');
    }
    assert.deepEqual((await panes(page)).map(({ id }) => id.startsWith('+')), [false, true, true, true]);
    const slot = page.locator('[data-pane^="+"]').first();
    await slot.getByRole('button', { name: 'New session', exact: true }).click();
    await page.waitForFunction((id) => ![id, null].includes(window.coda.sessionId()), id);
    assert.equal((await panes(page)).filter(({ id }) => id.startsWith('+')).length, 2);
    await page.locator('[data-pane^="+"]').first().getByRole('button', { name: 'Attach…' }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('switches between tabs and grid and loses nothing', async () => {
    const { page, id } = await stage.shell();
    await type(page, 'echo kept-$((40+2))');
    await untilText(page, 'kept-42');
    await splitRight(page);
    const before = await arrangement(page);
    const open = await page.evaluate(() => window.coda.sessions());
    await page.keyboard.press('Alt+Shift+G');
    await page.getByText(/^Grid/).first().waitFor();
    assert.deepEqual((await panes(page)).map(({ id }) => id).filter((id) => !id.startsWith('+')).sort(), [...open].sort());
    await shoot(page, 'grid');
    await page.keyboard.press('Alt+Shift+G');
    await page.getByRole('tab').first().waitFor();
    assert.deepEqual(await arrangement(page), before);
    await page.keyboard.press('Alt+Shift+ArrowLeft');
    await page.waitForFunction((id) => window.coda.sessionId() === id, id);
    await untilText(page, 'kept-42');
  });

  it('has tabs that are renamed and put into another order', async () => {
    const { page } = await stage.shell();
    await freshShell(page);
    const id = await freshShell(page);
    await page.locator(`[role=tab][aria-controls="pane-${id}"]`).dblclick();
    await page.getByRole('textbox', { name: 'Name of the tab' }).fill('builds');
    await page.keyboard.press('Enter');
    await until(async () => (await sessionRow(page, id)).label === 'builds', 'the session is renamed');
    await splitRight(page);
    await page.keyboard.press('Alt+0');
    await page.keyboard.press('F2');
    await page.getByRole('textbox', { name: 'Name of the tab' }).fill('work');
    await page.keyboard.press('Enter');
    const tab = page.getByRole('tab', { name: /work/ });
    await tab.waitFor();
    assert.equal((await sessionRow(page, id)).label, 'builds', 'a tab of several has a name of its own');
    const last = (await names(page)).length - 1;
    assert.match((await names(page))[last], /work/);
    await page.keyboard.press('Alt+0');
    await page.keyboard.press('Control+Shift+ArrowLeft');
    await until(async () => /work/.test((await names(page))[last - 1]), 'one to the left');
    await dragTo(page, tab, page.getByRole('tab').first(), { x: 0.1, y: 0.5 });
    await until(async () => /work/.test((await names(page))[0]), 'the first');
    await page.keyboard.press('Alt+Shift+PageDown');
    await until(async () => /work/.test((await names(page))[1]), 'the second');
  });

  it('comes back exactly after a reload and after kill -9 of the daemon', async () => {
    const { page } = await stage.shell({ known: LOST });
    await splitRight(page);
    await split(page, 'Alt+Shift+E');
    await page.keyboard.press('Alt+Shift+R');
    await page.keyboard.press('Shift+ArrowUp');
    await page.keyboard.press('Enter');
    const before = await arrangement(page);
    await page.reload();
    await untilState(page, 'live');
    assert.deepEqual(await arrangement(page), before);
    const old = await stage.daemon.kill();
    await until(async () => stage.daemon.daemonPid() !== old, 'another daemon');
    await untilState(page, 'live');
    assert.deepEqual(await arrangement(page), before);
    await page.reload();
    await untilState(page, 'live');
    assert.deepEqual(await arrangement(page), before);
  });

  it('is the same in two browsers, and both keep what they open', async () => {
    const first = await stage.shell();
    await splitRight(first.page);
    const before = await arrangement(first.page);
    await saved(first.page);
    const second = await stage.page();
    await untilState(second.page, 'live');
    assert.deepEqual(await arrangement(second.page), before);
    const third = await split(second.page, 'Alt+Shift+E');
    await first.page.waitForFunction((id) => window.coda.sessions().includes(id), third);
    await Promise.all([first.page.keyboard.press('Alt+Shift+N'), second.page.keyboard.press('Alt+Shift+N')]);
    const all = async (page) => (await page.evaluate(() => window.coda.sessions())).sort().join();
    const count = before.sessions.length + 3;
    await until(async () => (await first.page.evaluate(() => window.coda.sessions().length)) === count, 'both in the first');
    await until(async () => (await all(first.page)) === (await all(second.page)), 'both show the same sessions');
    // Which pane is in front is each browser's own.
    assert.notEqual(await sessionId(first.page), await sessionId(second.page));
  });

  it('is done without a mouse', async () => {
    const { page, id } = await stage.shell();
    const right = await splitRight(page);
    await page.keyboard.press('Control+Shift+ArrowLeft');
    await until(async () => (await place(page, right)).x < (await place(page, id)).x, 'they have changed places');
    await page.keyboard.press('Alt+Shift+]');
    await until(async () => (await focusedPane(page)) === id, 'the next pane');
    await page.keyboard.press('Alt+Shift+[');
    await until(async () => (await focusedPane(page)) === right, 'the one before');
    await page.keyboard.press('Alt+Shift+L');
    await page.getByRole('dialog', { name: 'Layout' }).waitFor();
    await page.getByRole('button', { name: '2 columns, 2 rows' }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await until(async () => (await place(page, id)).height > 300 && (await panes(page)).length === 2, 'one above the other');
    await page.keyboard.press('Alt+Shift+W');
    await until(async () => (await panes(page)).length === 1, 'a pane is closed');
    await page.getByText('keeps running').first().waitFor();
  });

  it('of twenty panes goes on while four print', async (t) => {
    const { page } = await stage.shell({ viewport: { width: 1600, height: 1000 } });
    await page.keyboard.press('Alt+Shift+L');
    await page.getByRole('button', { name: '5 columns, 4 rows' }).click();
    await page.evaluate(() => window.coda.run('pane.fill'));
    await until(async () => (await panes(page)).filter(({ id }) => !id.startsWith('+')).length === 20, 'twenty sessions');
    await page.waitForFunction(() => window.coda.rests());
    await page.evaluate(() => {
      window.long = [];
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => window.long.push(entry.duration))).observe({ type: 'longtask' });
    });
    const ids = (await panes(page)).slice(0, 4).map(({ id }) => id);
    await page.evaluate(async (ids) => {
      const say = (id, input) => fetch('/api/input', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ session_id: id, input }) });
      await Promise.all(ids.map((id) => say(id, 'timeout 5 yes "$(seq -s " " 1 30)"; echo; echo over-$((40+2))\r')));
    }, ids);
    await page.locator(`#pane-${ids[0]} .content`).click();
    await untilText(page, 'over-42');
    await shoot(page, 'twenty');
    // Told, not asserted: how long a task takes is the machine's business, too.
    const long = await page.evaluate(() => window.long);
    t.diagnostic(`tasks above 50 ms: ${long.length}, above 100 ms: ${long.filter((ms) => ms > 100).length}, longest ${Math.max(0, ...long)} ms`);
  });
});

// ---- What the page shows

const head = (page, id) => page.locator(`#pane-${id} .head .name`);

/** The panes in front, in reading order, with what they take of the area in thousandths. */
async function panes(page) {
  return page.evaluate(() => {
    const area = document.querySelector('.panes').getBoundingClientRect();
    const share = (part, whole) => Math.round((1000 * part) / whole);
    const found = [...document.querySelectorAll('[data-pane]:not([hidden])')].map((frame) => {
      const box = frame.getBoundingClientRect();
      return {
        id: frame.dataset.pane,
        x: share(box.left - area.left, area.width),
        y: share(box.top - area.top, area.height),
        width: share(box.width, area.width),
        height: share(box.height, area.height),
      };
    });
    return found.sort((a, b) => a.y - b.y || a.x - b.x);
  });
}

const names = (page) => page.getByRole('tab').allInnerTexts();

async function place(page, id) {
  return page.locator(`#pane-${id}`).boundingBox();
}

const focusedPane = (page) => page.evaluate(() => document.activeElement?.closest('[data-pane]')?.dataset.pane);

/** Everything that must come back: tabs, panes, sizes, what is in front. */
async function arrangement(page) {
  return {
    tabs: await names(page),
    active: await page.getByRole('tab', { selected: true }).getAttribute('aria-controls'),
    panes: await panes(page),
    front: await sessionId(page),
    sessions: (await page.evaluate(() => window.coda.sessions())).sort(),
  };
}

/** The server has what the page shows. */
async function saved(page) {
  const kept = () => page.evaluate(async () => (await (await fetch('/api/workplace')).json()).layout.active);
  const active = (await page.getByRole('tab', { selected: true }).getAttribute('id')).replace('tab-', '');
  await until(async () => (await kept()) === active, 'the layout is kept');
}

// ---- What a person does

async function split(page, chord) {
  const before = await sessionId(page);
  await page.keyboard.press(chord);
  await page.waitForFunction((id) => ![id, null].includes(window.coda.sessionId()), before);
  await untilState(page, 'live');
  await untilText(page, PROMPT);
  return sessionId(page);
}

const splitRight = (page) => split(page, 'Alt+Shift+D');

async function dragTo(page, from, to, at = { x: 0.5, y: 0.5 }) {
  const [start, end] = [await from.boundingBox(), await to.boundingBox()];
  await page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
  await page.mouse.down();
  await page.mouse.move(end.x + end.width * at.x, end.y + end.height * at.y, { steps: 8 });
  await page.mouse.up();
}
