// Who waits for a person, in the tabs, the inbox and on the page of a task. The agent does what its prompt says; the
// sessions say what goes on in them.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { axe, DEADLINE, sessionId, shoot, suite, until, untilState, untilText } from './support.mjs';

const LOOKS = [
  ['dark', 360, 740],
  ['light', 360, 740],
  ['dark', 1280, 800],
  ['light', 1280, 800],
  ['dark', 2560, 1300],
  ['light', 2560, 1300],
];
/** Runs the text of its task as a script. `finish` leaves a result as it should be left. */
const AGENT = String.raw`
named=$(printf '%s' "$1" | sed -n 's/^Read the file \(.*\) and do what it says.*/\1/p')
set -- "${'$'}{named:-$1}"
DIR=$(dirname "$1")
finish() { printf '%s' "$1" > "$DIR/result.json.tmp"; mv "$DIR/result.json.tmp" "$DIR/result.json"; }
say() { printf '{"step": "%s", "message": "%s"}\n' "$1" "$2" >> "$DIR/status.jsonl"; }
answered() { grep -q '^ANSWERS:' "$DIR/prompt.txt"; }
task=$(awk '/^TASK:$/ {t = 1; next} t && /^\[begin / {p = 1; next} p && /^\[end / {exit} p' "$1")
eval "$task"
`;
const DONE = `finish '{"status": "completed", "summary": "The tests pass again.", "files_changed": ["src/api.rs", "tests/api.rs"]}'`;
const PUSH = 'git push --force origin main';
const APPROVAL = `# Release 2.4 to the registry
if answered; then ${DONE}; else say publish 'everything is built'; finish '{"status": "needs_approval", "feedback": "${PUSH}"}'; fi`;
const INPUT = `# Import the orders of last year
if answered; then ${DONE}; else finish '{"status": "info_needed", "feedback": "Which table do they go to?"}'; fi`;

async function world() {
  const furnish = (home) => writeFileSync(join(home, 'agent.sh'), AGENT);
  // The home is not known before it is there: the shell finds it.
  const agent = ['/bin/bash', '-c', '. "$HOME/agent.sh"', 'agent', '{prompt_file}'];
  const settings = `[tasks]\nsettle_ms = 100\ngrace_seconds = 1\n[tasks.commands]\nclaude = ${JSON.stringify(agent)}\n`;
  return { settings, furnish };
}

suite('the inbox', (stage) => {
  const inbox = (page) => page.getByRole('dialog', { name: 'Inbox' });
  const taskPage = (page) => page.getByRole('dialog', { name: /^Task/ });
  const item = (page, name) => inbox(page).locator('[data-item]').filter({ has: page.getByRole('button', { name, exact: true }) });
  const button = (page) => page.getByRole('button', { name: /^Inbox/ });

  async function ask(method, path, body) {
    const { origin, searchParams } = new URL(stage.daemon.url);
    const headers = { authorization: `Bearer ${searchParams.get('token')}`, 'content-type': 'application/json' };
    const answer = await fetch(origin + path, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(DEADLINE) });
    const value = await answer.json();
    assert.equal(answer.ok, true, JSON.stringify(value));
    return value;
  }
  const handOver = (prompt) => ask('POST', '/api/tasks', { prompt });
  const task = (id) => ask('GET', `/api/tasks/${id}`);
  async function untilTask(id, state) {
    await until(async () => (await task(id)).state === state, `the task is ${state}`);
    return task(id);
  }
  async function cancelAll() {
    for (const one of (await ask('GET', '/api/tasks')).tasks) if (one.ended_at === null) await ask('POST', `/api/tasks/${one.task_id}/cancel`, {});
  }

  /** A session in which `say(text)` prints; `says(state, words)` with what it says of itself. */
  async function talker(label) {
    const file = join(stage.daemon.home, `say-${label.replace(/\W/g, '')}`);
    const script = `while :; do [ -e "${file}" ] && { printf '%b' "$(cat "${file}")"; rm "${file}"; }; sleep 0.02; done`;
    const { session_id: id } = await ask('POST', '/api/session', { label, command: ['/bin/bash', '-c', script] });
    const say = async (text) => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
      await until(() => !existsSync(file), 'it is said');
    };
    const says = (state, words = '') => say(`\\033]7501;${state}${words && `:msg=${Buffer.from(words).toString('base64')}`}\\033\\\\`);
    const end = () => ask('POST', '/api/session/close', { session_id: id });
    return { id, says, end };
  }

  async function opened(options) {
    const { page } = await stage.page(stage.daemon.url, options);
    await untilState(page, 'live');
    return page;
  }

  it('is empty while nobody waits, and goes on Escape', async () => {
    const { page, id } = await stage.shell();
    await page.getByRole('button', { name: 'Inbox', exact: true }).waitFor();
    await page.keyboard.press('Alt+Shift+I');
    await inbox(page).getByText('Nobody waits for you.').waitFor();
    await axe(page);
    await shoot(page, 'inbox-empty');
    await page.keyboard.press('Escape');
    await inbox(page).waitFor({ state: 'detached' });
    await page.keyboard.type('echo back-$((6*7))\n');
    await untilText(page, 'back-42');
    assert.equal(await sessionId(page), id);
  });

  it('has a session that waits at once, and so have its tab, the title and the icon; it leads to the pane', async () => {
    const { page } = await stage.shell();
    const talks = await talker('builder');
    await page.keyboard.press('Control+Shift+L');
    await talks.says('state=blocked:kind=permission', 'Bash: rm -r build');
    await item(page, 'builder').getByText('needs approval').waitFor();
    assert.equal(await item(page, 'builder').locator('pre').innerText(), 'Bash: rm -r build');
    assert.match(await page.title(), /^\(needs you\) /);
    await page.waitForFunction(() => document.querySelector('link[rel=icon]').getAttribute('href') === '/favicon-calls.svg');
    await axe(page);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await until(async () => (await sessionId(page)) === talks.id, 'its pane is in front');
    const tab = page.getByRole('tab', { name: /builder/ });
    await tab.getByText('needs approval').waitFor({ state: 'attached' });
    await axe(page);
    await talks.says('state=working');
    await tab.getByText('at work').waitFor({ state: 'attached' });
    await page.waitForFunction(() => !document.title.startsWith('('));
    await page.getByRole('button', { name: 'Inbox', exact: true }).waitFor();
    await talks.end();
  });

  it('answers a question in place, by keys alone, and the agent goes on', async () => {
    const { page } = await stage.shell();
    const { task_id: id } = await handOver(INPUT);
    await untilTask(id, 'needs_input');
    await page.getByRole('button', { name: 'Inbox, 1 waits for you' }).waitFor();
    await page.keyboard.press('Alt+Shift+I');
    await inbox(page).getByText('Which table do they go to?').waitFor();
    await page.waitForFunction(() => document.activeElement?.matches('[data-item]'));
    await axe(page);
    for (let at = 0; at < 3 && !(await page.evaluate(() => document.activeElement?.matches('textarea'))); at += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Control+Enter');
    await inbox(page).getByRole('alert').getByText('the answer is empty').waitFor();
    await page.keyboard.type('main.sales.orders');
    await page.keyboard.press('Control+Enter');
    await inbox(page).getByRole('heading', { name: /^Waits for you/ }).waitFor({ state: 'detached' });
    const { receipt } = await untilTask(id, 'completed');
    assert.equal(receipt.answered[0].text, 'main.sales.orders');
    await inbox(page).getByText('The tests pass again.').waitFor();
    await inbox(page).getByRole('button', { name: 'Close' }).click();
    await page.keyboard.press('Alt+Shift+I');
    await inbox(page).getByText('Nobody waits for you.').waitFor();
  });

  it('approves and denies what is shown to the letter, and tells of an answer that was not taken', async () => {
    const { page } = await stage.shell({ known: /Failed to load resource/ });
    const { task_id: id } = await handOver(APPROVAL);
    await untilTask(id, 'needs_approval');
    await page.keyboard.press('Alt+Shift+I');
    await inbox(page).getByText(PUSH).waitFor();
    for (const name of ['Approve', 'Approve for session', 'Deny']) assert.equal(await inbox(page).getByRole('button', { name, exact: true }).count(), 1);
    await page.route('**/reply', (route) => route.fulfill({ status: 503, json: { error: 'the store is busy', code: 'busy' } }));
    await inbox(page).getByRole('button', { name: 'Deny' }).click();
    await inbox(page).getByRole('alert').getByText('Not taken: the store is busy').waitFor();
    await axe(page);
    await page.unroute('**/reply');
    await inbox(page).getByRole('textbox').fill('on Friday');
    await inbox(page).getByRole('button', { name: 'Deny' }).click();
    const { receipt } = await untilTask(id, 'completed');
    assert.deepEqual([receipt.answered[0].decision, receipt.answered[0].text], ['deny', 'on Friday']);
    const again = (await handOver(APPROVAL)).task_id;
    await inbox(page).getByText(PUSH).waitFor();
    await inbox(page).getByRole('button', { name: 'Approve', exact: true }).click();
    assert.equal((await untilTask(again, 'completed')).receipt.answered[0].decision, 'approve');
  });

  it('keeps what failed until it is put away', async () => {
    const page = await opened();
    const { task_id: id } = await handOver(`# Bring the database up to date\nfinish '{"status": "failed", "summary": "The database is locked."}'`);
    await untilTask(id, 'failed');
    await button(page).click();
    await inbox(page).getByRole('heading', { name: /^In doubt/ }).waitFor();
    await inbox(page).getByText('The database is locked.', { exact: true }).waitFor();
    await inbox(page).getByText('failed: its agent says so').waitFor();
    await axe(page);
    await inbox(page).getByRole('listitem').filter({ hasText: 'locked' }).getByRole('button', { name: 'Put away' }).click();
    await inbox(page).getByText('The database is locked.', { exact: true }).waitFor({ state: 'detached' });
    await page.reload();
    await untilState(page, 'live');
    await button(page).click();
    await inbox(page).getByText('Nobody waits for you.').or(inbox(page).getByRole('heading', { name: /^Done/ })).waitFor();
    assert.equal(await inbox(page).getByText('The database is locked.', { exact: true }).count(), 0);
  });

  it('says so when the tasks cannot be read, and shows who waits in sessions nevertheless', async () => {
    const talks = await talker('lonely');
    await talks.says('state=blocked:kind=question', 'Which one?');
    const { page } = await stage.page('about:blank', { known: /Failed to load resource/ });
    await page.route('**/api/tasks', (route) => route.fulfill({ status: 503, json: { error: 'the registry rests', code: 'busy' } }));
    await page.goto(stage.daemon.url);
    await untilState(page, 'live');
    await button(page).click();
    await inbox(page).getByRole('alert').getByText('The tasks could not be read: the registry rests').waitFor();
    await item(page, 'lonely').getByText('Which one?').waitFor();
    await axe(page);
    await page.unroute('**/api/tasks');
    await inbox(page).getByRole('button', { name: 'Try again' }).click();
    await inbox(page).getByRole('alert').waitFor({ state: 'detached' });
    await talks.end();
  });

  it('opens a task by its address: how it stands, what happens, its verdict and its receipt', async () => {
    const gate = join(stage.daemon.home, 'gate');
    const { task_id: id } = await handOver(`# Make the tests green\nsay look 'reading the code'; while [ ! -e "${gate}" ]; do sleep 0.02; done; ${DONE}; exit 3`);
    await untilTask(id, 'working');
    const page = await opened();
    await page.goto(`${new URL(page.url()).origin}/?task=${id}`);
    await taskPage(page).getByText('at work', { exact: true }).waitFor();
    await taskPage(page).getByText('look: reading the code').waitFor();
    await axe(page);
    await taskPage(page).getByRole('button', { name: 'Watch live' }).waitFor();
    writeFileSync(gate, '');
    await taskPage(page).getByRole('heading', { name: 'Verdict' }).waitFor();
    await taskPage(page).getByText('completed, with a doubt').waitFor();
    await taskPage(page).getByText('src/api.rs').waitFor();
    assert.equal(new URL(page.url()).searchParams.get('task'), id);
    await axe(page);
    const download = page.waitForEvent('download');
    await taskPage(page).getByRole('link', { name: 'Receipt' }).click();
    const receipt = JSON.parse(readFileSync(await (await download).path(), 'utf8'));
    assert.equal(receipt.task_id, id);
    await taskPage(page).getByRole('button', { name: 'Replay' }).click();
    await page.getByRole('dialog', { name: /^Recording/ }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).search, '');
  });

  it('says of a task that is not kept that it is not', async () => {
    const page = await opened({ known: /Failed to load resource/ });
    await page.goto(`${new URL(page.url()).origin}/?task=task_00000000000000000000000000000000`);
    await taskPage(page).getByText('This task is not kept any more').waitFor();
    await axe(page);
  });

  it('lists all tasks, leads to one that is watched live and cancelled', async () => {
    const { page } = await stage.shell();
    const { task_id: id, session_id } = await handOver(`# Wait for the nightly build\necho it-runs; while :; do sleep 0.05; done`);
    await untilTask(id, 'working');
    await page.keyboard.press('Control+Shift+P');
    await page.keyboard.type('tasks: work');
    await page.keyboard.press('Enter');
    const tasks = page.getByRole('dialog', { name: 'Tasks' });
    await tasks.getByRole('button', { name: /^Under way/ }).click();
    const row = tasks.getByRole('button', { name: /Wait for the nightly build/ });
    await row.waitFor();
    await axe(page);
    await row.focus();
    await page.keyboard.press('Enter');
    await taskPage(page).getByRole('button', { name: 'Watch live' }).click();
    await until(async () => (await sessionId(page)) === session_id, 'its session is in front');
    await untilText(page, 'it-runs');
    await page.keyboard.press('Alt+Shift+I');
    await inbox(page).getByRole('button', { name: 'All tasks' }).click();
    await row.click();
    await taskPage(page).getByRole('button', { name: 'Cancel task' }).click();
    await taskPage(page).getByRole('button', { name: 'Stop it' }).click();
    await taskPage(page).getByText('cancelled', { exact: true }).waitFor();
    await taskPage(page).getByRole('button', { name: 'Back to all tasks' }).click();
    await tasks.getByRole('button', { name: /^Not completed/ }).click();
    await tasks.getByText('cancelled').first().waitFor();
  });

  it('can be looked at everywhere', async () => {
    await cancelAll();
    const builder = await talker('the builder');
    await builder.says('state=blocked:kind=permission', 'Bash: rm -r build && make release');
    const other = await talker('api tests');
    await other.says('state=done', 'All 214 tests pass.');
    const shellful = await talker('docs');
    await shellful.says('state=working');
    const asks = (await handOver(APPROVAL)).task_id;
    await untilTask(asks, 'needs_approval');
    const wants = (await handOver(INPUT)).task_id;
    await untilTask(wants, 'needs_input');
    const odd = (await handOver(`# Clean up the old branches\n${DONE}; exit 3`)).task_id;
    await untilTask(odd, 'completed');
    for (const [colorScheme, width, height] of LOOKS) {
      const page = await opened({ colorScheme, viewport: { width, height }, deviceScaleFactor: 1 });
      await page.evaluate((hash) => (location.hash = hash), `#tabs=${[other, shellful, builder].map((one) => one.id)}&active=${builder.id}`);
      await page.getByRole('tab', { name: /the builder/ }).getByText('needs approval').waitFor({ state: 'attached' });
      await axe(page);
      await shoot(page, `inbox-tabs-${colorScheme}-${width}`);
      if (width === 1280) {
        await page.evaluate(() => window.coda.run('layout.mode'));
        await page.locator('.head').getByText('needs approval').waitFor();
        await axe(page);
        await shoot(page, `inbox-grid-${colorScheme}-${width}`);
        await page.evaluate(() => window.coda.run('layout.mode'));
      }
      const beside = async (panel) => assert.deepEqual(await panel.locator('.body').evaluate((body) => body.scrollWidth === body.clientWidth ? [] : [...body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > body.getBoundingClientRect().right || one.scrollWidth > body.clientWidth).map((one) => `${one.tagName}.${one.className}: ${one.textContent.slice(0, 60)}`)), [], `nothing lies beside it at ${width} px`);
      await button(page).click();
      await inbox(page).getByRole('heading', { name: /^In doubt/ }).waitFor();
      await axe(page);
      await shoot(page, `inbox-${colorScheme}-${width}`);
      await beside(inbox(page));
      await inbox(page).getByRole('heading', { name: /^In doubt/ }).scrollIntoViewIfNeeded();
      await shoot(page, `inbox-below-${colorScheme}-${width}`);
      await inbox(page).getByRole('button', { name: 'Clean up the old branches', exact: false }).first().click();
      await taskPage(page).getByRole('heading', { name: 'What happened' }).waitFor();
      await axe(page);
      await shoot(page, `task-${colorScheme}-${width}`);
      await beside(taskPage(page));
      await taskPage(page).getByRole('button', { name: 'Back to the inbox' }).click();
      await inbox(page).getByRole('button', { name: 'All tasks' }).click();
      await page.getByRole('dialog', { name: 'Tasks' }).getByRole('listitem').first().waitFor();
      await axe(page);
      await shoot(page, `tasks-${colorScheme}-${width}`);
    }
    await cancelAll();
    for (const one of [builder, other, shellful]) await one.end();
  });
}, world);
