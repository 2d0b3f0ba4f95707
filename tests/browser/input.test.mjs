// What a person types and pastes, and what a reader may not.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { crash, LOST, paste, PROMPT, sessionRow, shown, suite, type, until, untilState, untilText } from './support.mjs';

const LINES = Array.from({ length: 2500 }, (_value, line) => `${String(line).padStart(5)} ${'the quick brown fox '.repeat(4)}`);
/** 200 KB in lines, as a terminal's line discipline takes them. */
const TEXT = `${LINES.join('\n').slice(0, 200_000 - 1)}\n`;
const SUM = createHash('sha256').update(TEXT).digest('hex');

suite('input', (stage) => {
  it('a paste of 200 KB arrives whole', async () => {
    const { page } = await stage.shell();
    await type(page, 'clear; stty -echo; cat > pasted; stty echo; echo stored');
    await untilText(page, /^\s*$/);
    await paste(page, TEXT);
    await page.getByRole('dialog').getByRole('button', { name: 'Paste', exact: true }).click();
    await page.keyboard.press('Control+d');
    await untilText(page, /^stored$/m);
    await type(page, 'sha256sum < pasted');
    await untilText(page, SUM);
  });

  it('a paste under which the daemon is killed arrives whole, once', async () => {
    const { page } = await stage.shell({ known: LOST });
    // Takes a line, then waits: most of the paste is still on its way when the daemon dies.
    const waits = 'IFS= read -r line; echo "$line"; until [ -e go ]; do sleep 0.05; done; cat';
    await type(page, `clear; stty -echo; { ${waits}; } > torn; stty echo; echo stored`);
    await untilText(page, /^\s*$/);
    const stored = () => statSync(join(stage.daemon.home, 'torn')).size;
    await paste(page, TEXT);
    await page.getByRole('dialog').getByRole('button', { name: 'Paste', exact: true }).click();
    await until(() => stored() > 0, 'the paste begins to arrive');
    await stage.daemon.kill();
    writeFileSync(join(stage.daemon.home, 'go'), '');
    await page.keyboard.press('Control+d');
    await untilText(page, /^stored$/m);
    await type(page, 'sha256sum < torn');
    await untilText(page, SUM);
    await untilState(page, 'live');
  });

  it('keys typed through crashes and kills arrive once and in order', async () => {
    const { page, id } = await stage.shell({ known: LOST });
    await type(page, 'clear; stty -echo; cat > keys; stty echo; echo stored');
    await untilText(page, /^\s*$/);
    const words = Array.from({ length: 60 }, (_value, word) => `${word}`);
    for (const word of words) {
      if (word % 20 === 7) await page.evaluate(crash, id).catch(() => undefined);
      if (word % 20 === 14) await stage.daemon.kill();
      await type(page, word);
    }
    await page.keyboard.press('Control+d');
    await untilText(page, /^stored$/m);
    assert.deepEqual(readFileSync(join(stage.daemon.home, 'keys'), 'utf8').trim().split('\n'), words);
    await untilState(page, 'live');
  });

  it('of a reader reaches nobody, also past the page', async () => {
    const writer = await stage.shell();
    const reader = await stage.shell();
    await reader.page.getByRole('button', { name: /^Sessions/ }).click();
    await reader.page.locator(`li[data-session="${writer.id}"]`).getByRole('button', { name: /^Attach read-only/ }).click();
    await reader.page.waitForFunction((id) => window.coda.sessionId() === id, writer.id);
    await untilState(reader.page, 'live');
    await untilText(reader.page, PROMPT);
    await reader.page.keyboard.type('from-a-reader');
    await typePast(reader.page, writer.id, 'past-the-page');
    await type(writer.page, 'echo from-a-$((1+1))-writer');
    await untilText(reader.page, 'from-a-2-writer');
    for (const { page } of [writer, reader]) assert.doesNotMatch(await shown(page), /from-a-reader|past-the-page/);
    await until(async () => (await sessionRow(reader.page, writer.id)).viewers === 2, 'two viewers');
  });
});

/** Sends input as a reader over a socket of its own; resolves once the server has dealt with it. */
async function typePast(page, id, text) {
  await page.evaluate(
    async ({ id, text }) => {
      const { ticket } = await (await fetch('/api/ws-ticket', { method: 'POST', body: '{}' })).json();
      const socket = new WebSocket(`ws://${location.host}/ws?ticket=${ticket}`, 'coda.v1');
      const heard = (type) =>
        new Promise((done) => {
          socket.addEventListener('message', ({ data }) => typeof data === 'string' && JSON.parse(data).type === type && done());
        });
      await new Promise((done) => socket.addEventListener('open', done));
      const joined = heard('joined');
      socket.send(JSON.stringify({ type: 'join_session', channel: 7, session_id: id, cols: 80, rows: 24, mode: 'read', input_id: 7 }));
      await joined;
      const answered = heard('heartbeat');
      socket.send(Uint8Array.of(1, 7, 0, 0, 0, ...new TextEncoder().encode(text)));
      socket.send(JSON.stringify({ type: 'heartbeat', session_ids: [id] }));
      await answered;
      socket.close();
    },
    { id, text },
  );
}
