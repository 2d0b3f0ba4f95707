// What is handed in: lines that would run by themselves, pictures, files; and files fetched.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { axe, LOST, paste, shoot, shown, suite, type, until, untilText } from './support.mjs';

const question = (page) => page.getByRole('dialog', { name: /^Paste/ });

/** As a person who pastes or drops files. */
async function hand(page, how, files) {
  await page.evaluate(
    ({ how, files }) => {
      const data = new DataTransfer();
      for (const { name, text, type } of files) data.items.add(new File([text], name, { type }));
      const target = document.activeElement;
      const made = how === 'paste' ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true }) : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
      target.dispatchEvent(made);
    },
    { how, files },
  );
}

suite('paste', (stage) => {
  it('of lines that would run is shown first, and asks until told not to', async () => {
    const { page } = await stage.shell();
    await type(page, 'clear; cat > lines; echo stored');
    await untilText(page, /^\s*$/);
    await paste(page, 'one\ntwo\x1b[A\n');
    await question(page).getByText('two').waitFor();
    await axe(page);
    await shoot(page, 'paste');
    await page.keyboard.press('Escape');
    await question(page).waitFor({ state: 'detached' });
    await paste(page, 'three\nfour\n');
    await question(page).getByRole('checkbox').check();
    await question(page).getByRole('button', { name: 'Paste', exact: true }).click();
    await question(page).waitFor({ state: 'detached' });
    await paste(page, 'five\nsix\n');
    await untilText(page, /^six$/m);
    await page.keyboard.press('Control+d');
    await untilText(page, /^stored$/m);
    assert.equal(readFileSync(join(stage.daemon.home, 'lines'), 'utf8'), 'three\nfour\nfive\nsix\n');
  });

  it('of one line, or into a program that knows pastes, does not ask', async () => {
    const { page } = await stage.shell();
    await type(page, 'clear; printf "\\033[?2004h"; cat -v');
    await untilText(page, /^\s*$/);
    await paste(page, 'a\nb');
    await page.keyboard.press('Enter');
    await untilText(page, /\^\[\[200~a/);
    assert.equal(await question(page).count(), 0);
  });

  it('of pictures, and files that are dropped, arrive and are typed as paths', async () => {
    const { page } = await stage.shell();
    await type(page, "clear; PS1='> '; printf '\\033[?2004l'");
    await page.keyboard.type('ls -1 ');
    await hand(page, 'paste', [{ name: 'image.png', text: 'png', type: 'image/png' }]);
    await untilText(page, /uploads\/\w+_clipboard-\d+\.png /);
    await hand(page, 'drop', [{ name: "it's.txt", text: 'x', type: 'text/plain' }, { name: 'two.txt', text: 'yy', type: 'text/plain' }]);
    await untilText(page, /_two\.txt/);
    const stored = readdirSync(join(stage.daemon.home, 'uploads'));
    assert.equal(stored.length, 3);
    await page.keyboard.press('Enter');
    await until(async () => !/cannot access/.test(await shown(page)), 'every path is one word');
    await axe(page);
  });

  it('that is too large says why', async () => {
    const { page } = await stage.shell({ known: LOST });
    await page.route('**/api/upload', (route) => route.fulfill({ status: 413, contentType: 'application/json', body: '{"error":"larger than 32 MiB; send it in parts","code":"too_large"}' }));
    await hand(page, 'drop', [{ name: 'big.bin', text: 'x', type: 'application/octet-stream' }]);
    await page.getByText('larger than 32 MiB').waitFor();
    await axe(page);
    await page.getByRole('button', { name: 'Dismiss big.bin' }).click();
  });
});

suite('download', (stage) => {
  it('fetches a file of home, and says what cannot be had', async () => {
    const { page } = await stage.shell({ known: LOST });
    writeFileSync(join(stage.daemon.home, 'notes.txt'), 'remember');
    const open = async () => {
      await page.keyboard.press('Control+Shift+P');
      await page.getByRole('dialog', { name: 'Command palette' }).waitFor();
      await page.keyboard.type('download a file');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Download a file' }).waitFor();
    };
    await open();
    await page.keyboard.type('/etc/passwd');
    await page.keyboard.press('Enter');
    await page.getByText('leads out of the home directory').waitFor();
    await axe(page);
    await page.keyboard.press('Escape');
    await open();
    await page.keyboard.type('~/notes.txt');
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    assert.equal(download.suggestedFilename(), 'notes.txt');
    assert.equal(readFileSync(await download.path(), 'utf8'), 'remember');
  });
});
