// What agents ask their models through the gateway, as the usage panel shows it. Workspace and models are the emulators.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { order, platform } from './platform.mjs';
import { axe, DEADLINE, sessionId, shoot, suite, until, untilState, untilText } from './support.mjs';

const LOOKS = [
  ['dark', 360, 740],
  ['light', 360, 740],
  ['dark', 1280, 800],
  ['light', 1280, 800],
  ['dark', 2560, 1300],
  ['light', 2560, 1300],
];
const SONNET = 'databricks-claude-sonnet-4-5';

suite('usage', (stage) => {
  const post = (path, body) => order(new URL(path, stage.daemon.url), body, stage.world.headers);
  const panel = (page) => page.getByRole('dialog', { name: 'Usage' });

  /** A session, and what it has in its environment. */
  async function session(label) {
    const script = 'env > "$HOME/env-$CODA_SESSION_ID.new"; mv "$HOME/env-$CODA_SESSION_ID"{.new,}; exec sleep 1000';
    const { session_id: id } = await post('/api/session', { label, command: ['/bin/bash', '-c', script] });
    const path = join(stage.daemon.home, `env-${id}`);
    await until(() => existsSync(path), 'the session tells its environment');
    const text = readFileSync(path, 'utf8');
    const value = (name) => text.match(new RegExp(`^${name}=(.*)$`, 'm'))[1];
    return { id, url: value('CODA_GATEWAY_URL'), key: value('CODA_GATEWAY_KEY') };
  }

  /** Asks a model as an agent does, and waits for the end of its answer. */
  async function ask(told, model = SONNET, agent = 'claude-cli/2.0.1 (external, cli)') {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${told.key}`, 'user-agent': agent };
    const body = JSON.stringify({ model, max_tokens: 99, stream: true, messages: [{ role: 'user', content: 'hi' }] });
    const answer = await fetch(`${told.url}/anthropic/v1/messages`, { method: 'POST', headers, body, signal: AbortSignal.timeout(DEADLINE) });
    await answer.text();
    return answer.status;
  }

  /** Without a token the page asks for one first. */
  async function later(page) {
    const { valid } = await page.evaluate(async () => (await fetch('/api/pat-status')).json());
    if (!valid) await page.getByRole('button', { name: 'Later' }).click();
  }

  /** A page with the panel open, on the last week. */
  async function opened(options) {
    const { page } = await stage.page(stage.daemon.url, options);
    await untilState(page, 'live');
    await later(page);
    await page.keyboard.press('Control+Shift+P');
    await page.keyboard.type('usage');
    await page.keyboard.press('Enter');
    await panel(page).waitFor();
    return page;
  }

  /** CSS pixels that lie beside the panel. */
  const sideways = (page) => panel(page).locator('.body').evaluate((body) => body.scrollWidth - body.clientWidth);
  const tile = (page, name) => panel(page).locator('.tile').filter({ has: page.getByText(name, { exact: true }) }).locator('dd').first();

  it('says so while nothing was used', async () => {
    const page = await opened();
    await panel(page).getByText('Nothing was used in the last 7 days').waitFor();
    await panel(page).getByText('The gateway waits for the workspace token').waitFor();
    await axe(page);
    await panel(page).getByRole('button', { name: 'Today' }).click();
    await panel(page).getByText('Nothing was used today').waitFor();
    await panel(page).getByRole('button', { name: '7 days' }).click();
  });

  it('shows what a session asked, while it is open, and leads to its pane', async () => {
    await post('/api/configure-pat', { token: await stage.world.token() });
    const told = await session('the builder');
    const page = await opened();
    await panel(page).getByText('Nothing was used').waitFor();
    await stage.world.script({ say: 'a rather long answer', usage: { input: 1200, output: 345, cached: 6000, written: 70 } });
    assert.equal(await ask(told), 200);
    await panel(page).getByText('1,200').first().waitFor();
    assert.match(await tile(page, 'Cost').innerText(), /^\$0\.0\d+$/);
    assert.equal(await tile(page, 'Tokens out').innerText(), '345');
    assert.equal(await tile(page, 'Cached').innerText(), '6,070');
    const cells = async (what, name) => (await panel(page).getByRole('table', { name: what }).getByRole('row', { name }).getByRole('cell').allInnerTexts()).map((text) => text.trim());
    assert.deepEqual((await cells('By session', /the builder/)).slice(0, 4), ['1', '1,200', '6,070', '345']);
    assert.deepEqual((await cells('By agent', /claude/)).slice(0, 1), ['1']);
    assert.deepEqual((await cells('By model', new RegExp(SONNET))).slice(0, 1), ['1']);
    await panel(page).getByRole('img', { name: /^Cost by day: the most on/ }).waitFor();
    await panel(page).getByRole('button', { name: 'the builder' }).click();
    await panel(page).waitFor({ state: 'detached' });
    await until(async () => (await sessionId(page)) === told.id, 'its pane is in front');
  });

  it('tells honestly what the numbers leave out', async () => {
    const told = await session('odd ones');
    assert.equal(await ask(told, 'a-model-nobody-sells', 'something/1.0'), 200);
    await stage.world.script({ refusal: { status: 429 } });
    assert.equal(await ask(told), 429);
    const page = await opened();
    await panel(page).getByText('The price of 1 request is unknown').waitFor();
    await panel(page).getByText('1 asked too often').waitFor();
    await until(async () => /\+$/.test(await tile(page, 'Cost').innerText()), 'the cost is not all');
    const row = panel(page).getByRole('table', { name: 'By model' }).getByRole('row', { name: /a-model-nobody-sells/ });
    assert.equal(await row.getByRole('cell').last().innerText(), 'unknown');
    await axe(page);
  });

  it('has every number of its bars in a table', async () => {
    const page = await opened();
    await panel(page).getByText('The days as a table').click();
    const days = panel(page).getByRole('region', { name: 'The days as a table' }).getByRole('row');
    assert.equal(await days.count(), 8);
    await axe(page);
    await panel(page).getByRole('button', { name: '30 days' }).click();
    await until(async () => (await days.count()) === 31, 'all thirty days are there');
    await panel(page).getByRole('button', { name: 'Today' }).click();
    await until(async () => (await days.count()) === 0, 'of one day there is no chart');
    await panel(page).getByRole('button', { name: '7 days' }).click();
  });

  it('goes on Escape, and the terminal has the focus again', async () => {
    const { page, id } = await stage.shell();
    await page.getByRole('button', { name: 'Usage' }).click();
    await panel(page).getByRole('heading', { name: 'By session' }).waitFor();
    await page.keyboard.press('Escape');
    await panel(page).waitFor({ state: 'detached' });
    await page.keyboard.type('echo back-$((6*7))\n');
    await untilText(page, 'back-42');
    assert.equal(await sessionId(page), id);
  });

  it('keeps what it has when the server does not answer, and says so', async () => {
    const page = await opened({ known: /Failed to load resource/ });
    await panel(page).getByRole('heading', { name: 'By session' }).waitFor();
    await page.route('**/api/usage?*', (route) => route.fulfill({ status: 503, json: { error: 'the counters are busy', code: 'busy' } }));
    const said = panel(page).getByRole('alert');
    await said.getByText('What you see is not fresh: the counters are busy').waitFor();
    assert.equal(await panel(page).getByRole('heading', { name: 'By session' }).isVisible(), true);
    await axe(page);
    await page.unroute('**/api/usage?*');
    await said.getByRole('button', { name: 'Try again' }).click();
    await said.waitFor({ state: 'detached' });
  });

  it('has room for a month on a phone', async () => {
    const page = await opened({ viewport: { width: 360, height: 740 } });
    await panel(page).getByRole('heading', { name: 'By session' }).waitFor();
    await page.route(/api\/usage\?.*group_by=day/, async (route) => {
      const answer = await (await route.fetch()).json();
      const days = Math.round((Date.parse(answer.until) - Date.parse(answer.since)) / 86_400_000) + 1;
      const row = (at) => ({ ...answer.total, day: new Date(Date.parse(answer.until) - at * 86_400_000).toISOString().slice(0, 10), cost_usd: (at * 37) % 11 });
      await route.fulfill({ json: { ...answer, rows: Array.from({ length: days }, (_, at) => row(at)) } });
    });
    await panel(page).getByRole('button', { name: '30 days' }).click();
    await page.waitForFunction(() => document.querySelectorAll('dialog svg .bar').length === 30);
    await panel(page).getByRole('img', { name: /\$10\.00$/ }).waitFor();
    assert.equal(await sideways(page), 0);
    await axe(page);
    await panel(page).getByRole('heading', { name: 'By day' }).scrollIntoViewIfNeeded();
    await shoot(page, 'usage-month-360');
    await page.setViewportSize({ width: 1280, height: 800 });
    await shoot(page, 'usage-month-1280');
    await page.unrouteAll({ behavior: 'wait' });
    await panel(page).getByRole('button', { name: '7 days' }).click();
  });

  it('can be looked at everywhere', async () => {
    const more = [];
    for (const label of ['release notes', 'a session with a name that is rather long for where it stands', 'migration']) more.push(await session(label));
    for (const [at, told] of more.entries()) {
      await stage.world.script({ say: 'ok', usage: { input: 180_000 * (at + 1), output: 22_000 * (at + 1), cached: 900_000, written: 40_000 } });
      assert.equal(await ask(told, at === 1 ? 'databricks-claude-opus-4-5' : SONNET), 200);
    }
    for (const [colorScheme, width, height] of LOOKS) {
      const page = await opened({ colorScheme, viewport: { width, height }, deviceScaleFactor: 1 });
      await panel(page).getByRole('table', { name: 'By session' }).getByRole('row', { name: /migration/ }).waitFor();
      await axe(page);
      await shoot(page, `usage-${colorScheme}-${width}`);
      assert.equal(await sideways(page), 0, `nothing lies beside the panel at ${width} px`);
      await panel(page).getByRole('heading', { name: 'By model' }).scrollIntoViewIfNeeded();
      await shoot(page, `usage-below-${colorScheme}-${width}`);
    }
  });
}, platform);

suite('usage without a workspace', (stage) => {
  it('says that nobody counts', async () => {
    const { page } = await stage.shell();
    assert.equal(await page.getByRole('button', { name: 'Usage' }).count(), 0, 'nothing leads there by itself');
    await page.keyboard.press('Control+Shift+P');
    await page.keyboard.type('usage');
    await page.keyboard.press('Enter');
    const panel = page.getByRole('dialog', { name: 'Usage' });
    await panel.getByText('There is no gateway here').waitFor();
    await panel.getByText('Nothing was counted in the last 7 days').waitFor();
    await axe(page);
    await shoot(page, 'usage-nowhere');
  });
});
