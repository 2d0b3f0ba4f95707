// The first run: what one must know, the token, the setup, a greeting. The daemon that says all this
// is played by the page's own fake server.

import assert from 'node:assert/strict';
import { after, before, beforeEach, it } from 'node:test';
import { startFake } from '../../static/test/fake-server.mjs';
import { axe, shoot, suite, until, untilState, untilText } from './support.mjs';

const LOOKS = [
  ['dark', 1280, 800],
  ['light', 1280, 800],
  ['dark', 360, 720],
  ['light', 2560, 1300],
];
const SECRET = 'dapi-right';

const steps = () => [
  { id: 'git', label: 'Configuring git identity', status: 'complete', started_at: 100, completed_at: 100.8, error: null, log: ['name: Ada', 'email: ada@example.com'] },
  { id: 'gh', label: 'Installing GitHub CLI', status: 'error', started_at: 101, completed_at: 131, error: 'the mirror did not answer within 30 s', log: ['GET https://mirror.example.com/gh', '\x1b[31mno answer\x1b[0m'] },
  { id: 'node', label: 'Ensuring Node.js 22', status: 'running', started_at: 101, completed_at: null, error: null, log: ['fetching node-v22', 'unpacking'] },
  { id: 'claude', label: 'Configuring Claude', status: 'pending', started_at: null, completed_at: null, error: null },
  { id: 'mlflow', label: 'Enabling MLflow tracing', status: 'skipped', started_at: null, completed_at: null, error: null },
];

suite('first run', (stage) => {
  let fake;
  before(async () => (fake = await startFake()));
  after(() => fake.stop());
  beforeEach(() => Object.assign(fake.world, { parts: [], setup: null, pat: null, retried: [] }));

  const dialog = (page, name) => page.getByRole('dialog', { name });
  const says = (more) => Object.assign(fake.world, { parts: ['setup', 'credentials'], ...more });
  const connected = { configured: true, valid: true, user: 'ada@example.com' };

  it('shows nothing when the daemon has nothing to say', async () => {
    const { page } = await stage.page(fake.url);
    await untilState(page, 'live');
    assert.equal(await page.locator('dialog').count(), 0);
    assert.equal(await page.locator('.banner').count(), 0);
  });

  it('tells once what one must know, and again when that changes', async () => {
    says({ setup: { status: 'complete', steps: [], consent: { version: 1 } }, pat: connected });
    const { page } = await stage.page(fake.url);
    const notice = dialog(page, 'Before you begin');
    await notice.waitFor();
    await axe(page);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    assert.equal(await notice.isVisible(), true, 'Escape is no answer');
    await page.keyboard.press('Enter');
    await notice.waitFor({ state: 'detached' });
    await Promise.all([page.waitForResponse(/setup-status/), page.reload()]);
    await untilState(page, 'live');
    assert.equal(await notice.count(), 0);
    fake.world.setup.consent.version = 2;
    await page.reload();
    await notice.waitFor();
  });

  it('takes the token in a form, and only there', async () => {
    says({ setup: { status: 'complete', steps: [] }, pat: { configured: false, valid: false, workspace_host: 'https://adb.example.com' } });
    const { page } = await stage.page(fake.url, { known: /400/ });
    const form = dialog(page, 'Workspace token');
    await form.waitFor();
    await axe(page);
    const field = form.getByLabel('Token', { exact: true });
    assert.equal(await field.getAttribute('type'), 'password');
    assert.equal(await form.getByRole('link').getAttribute('href'), 'https://adb.example.com/#setting/account/token');
    const inputs = fake.world.inputs.length;
    await page.keyboard.type('dapi-wrong');
    await page.keyboard.press('Enter');
    await form.getByRole('alert').getByText('does not know this token').waitFor();
    assert.equal(await field.inputValue(), '', 'it is forgotten at once');
    await axe(page);
    await page.keyboard.type(SECRET);
    await page.keyboard.press('Enter');
    await form.getByText('ada@example.com').waitFor();
    await page.keyboard.press('Enter');
    await form.waitFor({ state: 'detached' });
    const left = await page.evaluate(() => document.documentElement.outerHTML + JSON.stringify({ ...localStorage, ...sessionStorage }) + location.href + window.coda.text());
    assert.ok(!left.includes('dapi-'), 'nothing of it is left in the page');
    assert.equal(fake.world.inputs.length, inputs, 'nothing of it was typed');
  });

  it('can be put off, and stays in sight', async () => {
    says({ setup: { status: 'complete', steps: [] }, pat: { configured: true, valid: false } });
    const { page } = await stage.page(fake.url);
    await dialog(page, 'Workspace token').getByRole('button', { name: 'Later' }).click();
    const banner = page.locator('.banner', { hasText: 'The workspace token has run out' });
    await banner.getByRole('button', { name: 'Connect' }).click();
    await dialog(page, 'Workspace token').getByText('The token has run out').waitFor();
  });

  it('follows the setup, shows what a step printed, and tries again', async () => {
    says({ setup: { status: 'running', steps: steps() }, pat: connected });
    const { page } = await stage.page(fake.url);
    await page.locator('.banner', { hasText: 'Ensuring Node.js 22 (3 of 5)' }).getByRole('button', { name: 'Details' }).click();
    const setup = dialog(page, 'Setup');
    const log = setup.getByRole('log');
    await log.getByText('no answer').waitFor();
    await axe(page);
    await setup.getByRole('button', { name: /^Ensuring Node/ }).click();
    await log.getByText('unpacking').waitFor();
    fake.world.setup.steps[2].log.push('linking');
    await log.getByText('linking').waitFor();
    await setup.getByRole('button', { name: 'Try Installing GitHub CLI again' }).click();
    await until(() => fake.world.retried.join() === 'gh', 'it is tried again');
    await setup.getByRole('button', { name: /^Installing GitHub CLI ?, running/ }).waitFor();
    for (const step of fake.world.setup.steps) Object.assign(step, { status: 'complete', error: null });
    fake.world.setup.status = 'complete';
    await setup.getByRole('heading', { name: 'This machine is ready' }).waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.banner').count(), 0);
  });

  it('says what did not work until it is put away', async () => {
    const all = steps().map((step) => (step.status === 'running' ? { ...step, status: 'complete' } : step));
    says({ setup: { status: 'error', steps: all }, pat: connected });
    const { page } = await stage.page(fake.url);
    const banner = page.locator('.banner', { hasText: 'Installing GitHub CLI did not work' });
    await banner.getByRole('button', { name: 'Hide' }).click();
    await banner.waitFor({ state: 'detached' });
    await page.keyboard.press('Control+Shift+P');
    await page.keyboard.type('setup of');
    await page.keyboard.press('Enter');
    await dialog(page, 'Setup').waitFor();
  });

  it('greets in a new shell until somebody types', async () => {
    const { page } = await stage.page(fake.url);
    await untilState(page, 'live');
    await page.getByRole('button', { name: 'New session', exact: true }).click();
    const welcome = page.getByRole('note', { name: 'Welcome' });
    await welcome.getByText('1.2.3').waitFor();
    await untilText(page, '❯');
    await axe(page);
    await shoot(page, 'splash');
    await page.keyboard.type('ls');
    await welcome.waitFor({ state: 'detached' });
  });

  it('can be looked at everywhere', async () => {
    for (const [colorScheme, width, height] of LOOKS) {
      const look = { colorScheme, viewport: { width, height } };
      const name = `${colorScheme}-${width}`;
      says({ setup: { status: 'running', steps: steps(), consent: { version: 9 } }, pat: { configured: false, valid: false, workspace_host: 'https://adb.example.com' } });
      const { page } = await stage.page(fake.url, look);
      await dialog(page, 'Before you begin').waitFor();
      await axe(page);
      await shoot(page, `consent-${name}`);
      await page.keyboard.press('Enter');
      await dialog(page, 'Workspace token').waitFor();
      await axe(page);
      await shoot(page, `token-${name}`);
      await page.keyboard.press('Escape');
      await page.locator('.banner', { hasText: 'Setting up this machine' }).getByRole('button', { name: 'Details' }).click();
      await dialog(page, 'Setup').waitFor();
      await axe(page);
      await shoot(page, `setup-${name}`);
      await page.keyboard.press('Escape');
      await axe(page);
      await shoot(page, `first-run-${name}`);
    }
  });
});
