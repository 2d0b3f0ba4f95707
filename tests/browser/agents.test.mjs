// Agents in the menu of a new session.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sessionId, suite, until, untilText } from './support.mjs';

suite('agents', (stage) => {
  it('an agent that is installed is started from the menu', async () => {
    const { page, id } = await stage.shell();
    await page.route('**/api/agents', (route) =>
      route.fulfill({
        json: {
          agents: [
            { id: 'sixth', label: 'Sixth', installed: true, version: '1.0', binary: '/bin/sh', command: ['/bin/sh', '-c', 'echo the-$((5+1))th; exec sleep 1000'] },
            { id: 'absent', label: 'Absent', installed: false, version: null, binary: null, command: ['absent'] },
          ],
        },
      }),
    );
    await page.keyboard.press('Control+Shift+P');
    await page.keyboard.type('New session in a directory');
    await page.keyboard.press('Enter');
    const list = page.getByRole('list', { name: 'Agents' });
    await list.getByRole('button', { name: 'Sixth' }).waitFor();
    assert.equal(await list.getByRole('button').count(), 1);
    await list.getByRole('button', { name: 'Sixth' }).click();
    await untilText(page, 'the-6th');
    await until(async () => (await sessionId(page)) !== id, 'it is another session');
  });
});
