// Recordings: what `/?session=` opens, and the player.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { axe, DEADLINE, sessionId, sessionRow, shoot, shown, suite, type, until, untilText } from './support.mjs';

const LOOKS = [
  ['dark', 1280, 800],
  ['light', 1280, 800],
  ['dark', 360, 720],
  ['light', 2560, 1300],
];

const player = (page) => page.getByRole('dialog', { name: /^Recording of/ });
const position = (page) => player(page).getByRole('slider', { name: 'Position' });
const replay = (page) => page.evaluate(() => window.coda.replay());

/** Waits until the player's terminal shows where it is, and that is as wanted. */
async function untilReplay(page, what, wanted) {
  let seen = null;
  await until(async () => (seen = await replay(page)) && seen.rests && wanted(seen), what).catch((error) => {
    throw new Error(`${error.message}; the player says ${JSON.stringify(seen)}`);
  });
}

/** A session that ran two commands and ended, and a page that looks at its recording. */
async function recorded(stage, options) {
  const { page, id } = await stage.shell(options);
  await type(page, 'echo first-$((1+1))');
  await untilText(page, 'first-2');
  await type(page, 'false; echo second-$((2+2)); (exit 7)');
  await untilText(page, 'second-4');
  await type(page, 'exit 3');
  await page.locator('.banner', { hasText: 'exited with code 3' }).waitFor();
  await look(page, id);
  return { page, id };
}

async function look(page, id) {
  await page.goto(new URL(`/?session=${id}`, page.url()).href);
  await player(page).waitFor();
  await page.waitForFunction(() => window.coda.replay() !== null, null, { timeout: DEADLINE });
}

suite('replay', (stage) => {
  it('plays what a session printed, by keys alone', async () => {
    const { page } = await recorded(stage);
    await page.keyboard.press('End');
    await untilReplay(page, 'the end', ({ text, playing }) => text.includes('second-4') && !playing);
    await page.keyboard.press('0');
    await untilReplay(page, 'the beginning', ({ at, text }) => at === 0 && !text.includes('first-2'));
    for (let speed = 1; speed < 16; speed *= 2) await page.keyboard.press('>');
    await page.keyboard.press('Space');
    await untilReplay(page, 'the end, played', ({ text, playing }) => text.includes('second-4') && !playing);
    await player(page).getByRole('button', { name: 'Play again' }).waitFor();
    const { at: end } = await replay(page);
    await page.keyboard.press('ArrowLeft');
    await untilReplay(page, 'a step back', ({ at }) => at < end);
    await page.keyboard.press('5');
    await untilReplay(page, 'the middle', ({ at }) => at > 0 && at < end);
    assert.match(await position(page).getAttribute('aria-valuetext'), /^0:\d\d of 0:\d\d, /);
    await page.keyboard.press('Escape');
    await player(page).waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).search, '');
  });

  it('goes to commands and to what a search finds', async () => {
    const { page, id } = await recorded(stage);
    await page.keyboard.press('End');
    const places = player(page).getByRole('complementary', { name: 'Places in the recording' });
    const command = places.getByRole('button', { name: /^false; echo second/ });
    await command.click();
    await untilReplay(page, 'the command', ({ text }) => text.includes('first-2') && !text.includes('second-4'));
    assert.equal(await command.getAttribute('aria-current'), 'step');
    await page.keyboard.press('ArrowUp');
    await untilReplay(page, 'the command before', ({ text }) => !text.includes('first-2'));
    await page.keyboard.press('/');
    await page.keyboard.type('second-4');
    const hit = places.getByRole('button', { name: /second-4/ });
    await hit.waitFor();
    await axe(page);
    await hit.click();
    await untilReplay(page, 'the line', ({ text }) => text.includes('second-4'));
    const [download] = await Promise.all([page.waitForEvent('download'), player(page).getByRole('link', { name: '.cast' }).click()]);
    assert.equal(download.suggestedFilename(), `coda-${id}.cast`);
    const [header, ...events] = readFileSync(await download.path(), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    assert.equal(header.version, 3);
    assert.ok(events.some(([, kind, label]) => kind === 'm' && label.startsWith('false; echo')), 'commands are markers');
  });

  it('reaches no session, however one types', async () => {
    const { page, id } = await stage.shell();
    await type(page, 'echo begun-$((1+1))');
    await untilText(page, 'begun-2');
    const { offset } = await sessionRow(page, id);
    await page.keyboard.press('Alt+Shift+R');
    await player(page).waitFor();
    await untilReplay(page, 'the end', ({ text, playing }) => text.includes('begun-2') && !playing);
    await player(page).locator('.xterm').click();
    await page.keyboard.type('echo evil');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+C');
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.setData('text/plain', 'evil');
      document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
    });
    await player(page).getByRole('button', { name: 'Watch live' }).click();
    await player(page).waitFor({ state: 'detached' });
    await type(page, 'echo after-$((1+1))');
    await untilText(page, 'after-2');
    assert.ok(!(await shown(page)).includes('evil'));
    assert.ok((await sessionRow(page, id)).offset > offset);
  });

  it('opens a session that runs as it is', async () => {
    const { page, id } = await stage.shell();
    await page.goto(new URL(`/?session=${id}`, page.url()).href);
    await page.waitForFunction((id) => window.coda?.sessionId() === id, id, { timeout: DEADLINE });
    await until(async () => new URL(page.url()).search === '', 'the address is its own');
    assert.equal(await player(page).count(), 0);
  });

  it('says calmly when a recording is no longer kept', async () => {
    const { page, id } = await stage.shell({ known: /404/ });
    await page.goto(new URL('/?session=00000000-nobody', page.url()).href);
    const page404 = page.getByRole('dialog', { name: 'Recording' });
    await page404.getByRole('heading', { name: 'This recording is no longer kept' }).waitFor();
    await axe(page);
    await shoot(page, 'replay-expired');
    await page404.getByRole('button', { name: 'Go to the sessions' }).click();
    await page404.waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).search, '');
    assert.ok(await sessionId(page), `${id} or another is in front`);
  });

  it('can be looked at everywhere', async () => {
    for (const [colorScheme, width, height] of LOOKS) {
      const { page } = await recorded(stage, { colorScheme, viewport: { width, height } });
      await page.keyboard.press('End');
      await untilReplay(page, 'the end', ({ text }) => text.includes('second-4'));
      await page.keyboard.press('7');
      await untilReplay(page, 'there', () => true);
      await axe(page);
      await shoot(page, `replay-${colorScheme}-${width}`);
    }
  });

  it('stays awake in a long recording, wherever one jumps', async (t) => {
    const { page, id } = await stage.shell();
    await type(page, 'for part in 1 2 3 4; do seq -f "part $part line %.0f of a long recording with some text in it" 40000; sleep 0.3; done; echo over-$((1+1)); exit 0');
    await page.locator('.banner', { hasText: 'exited with code 0' }).waitFor({ timeout: 4 * DEADLINE });
    await look(page, id);
    await page.evaluate(() => {
      window.longest = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.longest = Math.max(window.longest, entry.duration)))).observe({ type: 'longtask' });
    });
    const { recording } = await page.evaluate(async (id) => (await fetch(`/api/sessions/${id}/replay`)).json(), id);
    assert.ok(recording.parts.length > 1, `${recording.parts.length} parts`);
    await page.keyboard.press('End');
    await untilReplay(page, 'the end', ({ text }) => text.includes('over-2'));
    for (const key of ['9', '0', '8', '7', '9']) {
      await page.keyboard.press(key);
      await untilReplay(page, `a jump to ${key}0 %`, ({ text }) => (key === '0' ? !text.includes('line') : /part \d line \d+/.test(text)));
    }
    await page.keyboard.press('End');
    await untilReplay(page, 'the end again', ({ text }) => text.includes('over-2'));
    t.diagnostic(`longest task: ${await page.evaluate(() => Math.round(window.longest))} ms`);
  });
});
