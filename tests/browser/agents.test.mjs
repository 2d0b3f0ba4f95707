// Agents in the menu of a new session.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { axe, sessionId, shoot, suite, until, untilText } from './support.mjs';

/** A program that stands for Claude Code where the setup puts it. */
function install(home) {
  const bin = join(home, '.local', 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'claude'), '#!/bin/sh\necho the-agent-$((5+1)); exec sleep 1000\n', { mode: 0o755 });
}

suite('agents', (stage) => {
  it('are started from the menu once they are installed', async () => {
    const { page, id } = await stage.shell();
    const ask = async () => {
      await page.keyboard.press('Control+Shift+P');
      await page.keyboard.type('New session in a directory');
      await page.keyboard.press('Enter');
      const menu = page.getByRole('dialog', { name: 'New session' });
      await menu.waitFor();
      return menu.getByRole('button', { name: /^Claude Code/ });
    };
    await (await ask()).getByText('not installed').waitFor();
    await page.keyboard.press('Escape');
    install(stage.daemon.home);
    const agent = await ask();
    await agent.waitFor();
    await agent.getByText('not installed').waitFor({ state: 'detached' });
    await axe(page);
    await shoot(page, 'new-session');
    await agent.click();
    await untilText(page, 'the-agent-6');
    await until(async () => (await sessionId(page)) !== id, 'it is another session');
  });
});
