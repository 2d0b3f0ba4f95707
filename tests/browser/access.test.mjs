// Who gets in, and whether everybody can use what is there (WCAG by axe-core).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { it } from 'node:test';
import { LOST, shoot, suite, type, untilState, untilText } from './support.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** A browser reports each 401 by itself. */
const REFUSED = /Failed to load resource.*401/;

suite('access', (stage) => {
  it('a browser without the token is told how to sign in, and nothing else', async () => {
    const { page, answer } = await stage.page(new URL('/', stage.daemon.url).href, { known: REFUSED });
    assert.match(answer.headers()['content-type'], /^text\/html/);
    await page.getByRole('heading', { name: 'Signed out' }).waitFor();
    await untilState(page, 'signed out');
    assert.equal(await page.getByRole('tab').count(), 0);
    await page.goto(stage.daemon.url);
    await untilState(page, 'live');
  });

  it('so is one that comes with an old token', async () => {
    const { page } = await stage.page(new URL('/?token=old', stage.daemon.url).href, { known: REFUSED });
    await page.getByRole('heading', { name: 'Signed out' }).waitFor();
  });

  for (const scheme of ['dark', 'light']) {
    it(`nothing stands in anybody's way, ${scheme}`, async () => {
      const look = { colorScheme: scheme, reducedMotion: 'reduce' };
      const { page } = await stage.shell(look);
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
    });

    it(`nor where one is turned away, ${scheme}`, async () => {
      const look = { colorScheme: scheme, reducedMotion: 'reduce', known: new RegExp(`${REFUSED.source}|${LOST.source}`) };
      const { page, context } = await stage.shell(look);
      await untilState(page, 'live');
      await context.clearCookies();
      await stage.daemon.kill();
      await page.getByRole('heading', { name: 'Signed out' }).waitFor();
      await assertUsable(page, `signed-out-${scheme}`);
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
