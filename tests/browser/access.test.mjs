// Who gets in, and whether everybody can use what is there (WCAG by axe-core).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { freshShell, LOST, openPage, shoot, startBrowser, startDaemon, type, untilState, untilText } from './support.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** A browser reports each 401 by itself. */
const REFUSED = /Failed to load resource.*401/;

describe('access', () => {
  let daemon;
  let browser;

  before(async () => {
    daemon = await startDaemon();
    browser = await startBrowser();
  });

  after(async () => {
    await browser?.close();
    await daemon?.stop();
  });

  it('a browser without the token is told how to sign in, and nothing else', async () => {
    const { page, context, complaints, answer } = await openPage(browser, new URL('/', daemon.url).href, { known: REFUSED });
    assert.match(answer.headers()['content-type'], /^text\/html/);
    await page.getByRole('heading', { name: 'Signed out' }).waitFor();
    await untilState(page, 'signed out');
    assert.equal(await page.getByRole('tab').count(), 0);
    await page.goto(daemon.url);
    await untilState(page, 'live');
    assert.deepEqual(complaints, []);
    await context.close();
  });

  for (const scheme of ['dark', 'light']) {
    it(`nothing stands in anybody's way, ${scheme}`, async () => {
      const look = { colorScheme: scheme, reducedMotion: 'reduce' };
      const { page, context, complaints } = await freshShell(browser, daemon, look);
      await type(page, 'echo ready-$((1+1))');
      await untilText(page, 'ready-2');
      await assertUsable(page, `live-${scheme}`);
      await page.getByRole('button', { name: /^Sessions/ }).click();
      await page.locator('dialog li').first().waitFor();
      await assertUsable(page, `list-${scheme}`);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await type(page, 'exit 3');
      await page.getByText(/exited with code 3/).first().waitFor();
      await assertUsable(page, `ended-${scheme}`);
      assert.deepEqual(complaints, []);
      await context.close();
    });

    it(`nor where one is turned away, ${scheme}`, async () => {
      const look = { colorScheme: scheme, reducedMotion: 'reduce', known: new RegExp(`${REFUSED.source}|${LOST.source}`) };
      const { page, context, complaints } = await openPage(browser, daemon.url, look);
      await untilState(page, 'live');
      await context.clearCookies();
      await daemon.kill();
      await page.getByRole('heading', { name: 'Signed out' }).waitFor();
      await assertUsable(page, `signed-out-${scheme}`);
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }
});

async function assertUsable(page, name) {
  await shoot(page, name);
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
  });
  assert.deepEqual(found, []);
}
