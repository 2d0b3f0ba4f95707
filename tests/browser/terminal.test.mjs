// What a terminal can do beside being typed into.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { axe, PROMPT, sessionRow, shoot, suite, type, until, untilText } from './support.mjs';

const CLIPBOARD = { permissions: ['clipboard-read', 'clipboard-write'] };
/** A red dot, 1 × 1, as PNG. */
const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';

suite('the terminal', (stage) => {
  it('finds text, counts it, and goes from one to the next', async () => {
    const { page } = await stage.shell();
    await type(page, 'clear; for i in 1 2 3; do echo needle$i Needle; done');
    await untilText(page, /needle3 Needle/);
    await page.keyboard.press('Control+Shift+F');
    await page.getByRole('search').waitFor();
    await page.keyboard.type('needle[0-9]');
    const said = page.getByRole('search').getByRole('status').first();
    await until(async () => (await said.textContent()) === 'nothing found', 'as plain text there is none');
    await page.getByRole('button', { name: 'Regular expression' }).click();
    await until(async () => /^\d of 3$/.test(await said.textContent()), 'three are counted');
    const first = await said.textContent();
    await page.getByLabel('Search for').press('Enter');
    await until(async () => (await said.textContent()) !== first, 'the next one is in front');
    await page.getByLabel('Search for').fill('Needle');
    await page.getByRole('button', { name: 'Match case' }).click();
    await page.getByRole('button', { name: 'Whole word' }).click();
    await page.getByRole('button', { name: 'Regular expression' }).click();
    await until(async () => /of [34]$/.test(await said.textContent()), 'only whole words in that case');
    await axe(page);
    await shoot(page, 'search');
    await page.keyboard.press('Escape');
    await page.getByRole('search').waitFor({ state: 'detached' });
    await type(page, 'echo back-$((1+1))');
    await untilText(page, 'back-2');
  });

  it('shows what is older than it holds', async () => {
    const { page } = await stage.shell();
    await type(page, 'clear; echo first-$((40+2)); seq 1 12000');
    await untilText(page, /^12000\n.*[$#]/m);
    await page.keyboard.press('Control+Shift+Home');
    await page.getByRole('button', { name: 'Older output' }).click();
    const dialog = page.getByRole('dialog', { name: 'Older output' });
    await dialog.getByText('12000', { exact: true }).waitFor();
    await axe(page);
    await shoot(page, 'older');
    await dialog.getByRole('region').evaluate((list) => (list.scrollTop = 0));
    await dialog.getByText('first-42', { exact: true }).waitFor();
  });

  it('says that there is new output below, and goes there', async () => {
    const { page } = await stage.shell();
    await type(page, 'clear; seq 1 300; sleep 1; read line; echo new-$line');
    await untilText(page, /^300$/m);
    await page.keyboard.press('Control+Shift+Home');
    await page.getByRole('button', { name: 'To the newest' }).waitFor();
    await page.evaluate((id) => fetch('/api/input', {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ session_id: id, input: 'x\r' }),
    }), await page.evaluate(() => window.coda.sessionId()));
    await page.getByRole('button', { name: 'New output' }).click();
    await untilText(page, 'new-x');
  });

  it('lets a program write to the clipboard after one yes, and never read it', async () => {
    const { page } = await stage.shell(CLIPBOARD);
    await page.evaluate(() => navigator.clipboard.writeText('secret'));
    await type(page, String.raw`printf '\033]52;c;%s\a' $(printf 'from-%s' program | base64)`);
    await page.getByRole('button', { name: 'Allow' }).click();
    await until(() => clipboard(page, 'from-program'), 'the text is on the clipboard');
    await type(page, String.raw`printf '\033]52;c;%s\a' $(printf again | base64)`);
    await until(() => clipboard(page, 'again'), 'it was not asked again');
    await type(page, String.raw`clear; printf '\033]52;c;?\a'; read -t 1 -n 1 answer; echo "answer:$answer."`);
    await untilText(page, /^answer:\.$/m);
  });

  it('remembers a no', async () => {
    const { page } = await stage.shell(CLIPBOARD);
    await page.evaluate(() => navigator.clipboard.writeText('mine'));
    const write = String.raw`printf '\033]52;c;%s\a' $(printf theirs | base64)`;
    await type(page, write);
    await page.getByRole('button', { name: 'Never here' }).click();
    await type(page, `clear; ${write}; echo done-$((1+1))`);
    await untilText(page, 'done-2');
    assert.equal(await page.getByRole('button', { name: 'Allow' }).count(), 0);
    assert.ok(await clipboard(page, 'mine'));
  });

  it('copies with Ctrl+C what is marked, else interrupts', async () => {
    const { page } = await stage.shell(CLIPBOARD);
    await type(page, 'clear; echo copy-me; sleep 600');
    await untilText(page, /^copy-me$/m);
    await mark(page, 0);
    await page.keyboard.press('Control+c');
    await until(() => clipboard(page, 'copy-me'), 'the line is on the clipboard');
    await page.keyboard.press('Control+c');
    await untilText(page, /\^C\n[^]*[$#] *$/m);
  });

  it('copies what is marked at once when somebody likes that', async () => {
    const { page } = await stage.shell(CLIPBOARD);
    await page.evaluate(() => localStorage.setItem('coda.settings', '{"copyOnSelect":true}'));
    await page.reload();
    await untilText(page, PROMPT);
    await type(page, 'clear; echo taken-at-once');
    await untilText(page, /^taken-at-once$/m);
    await mark(page, 0);
    await until(() => clipboard(page, 'taken-at-once'), 'the line is on the clipboard');
  });

  it('pastes with Ctrl+V and Ctrl+Shift+V', async () => {
    const { page } = await stage.shell(CLIPBOARD);
    await page.evaluate(() => navigator.clipboard.writeText('echo pasted-$((1+1))'));
    for (const keys of ['Control+v', 'Control+Shift+V']) {
      await type(page, 'clear');
      await page.keyboard.press(keys);
      await page.keyboard.press('Enter');
      await untilText(page, /^pasted-2$/m);
    }
  });

  it('has a menu under the pointer, for keys too', async () => {
    const { page } = await stage.shell(CLIPBOARD);
    await type(page, 'clear; echo in-the-menu');
    await untilText(page, /^in-the-menu$/m);
    await page.locator('.xterm:visible').first().click({ button: 'right', position: { x: 300, y: 200 } });
    const menu = page.getByRole('menu');
    await menu.waitFor();
    await axe(page);
    await shoot(page, 'menu');
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'detached' });
    await page.locator('.xterm:visible').first().click({ button: 'right', position: { x: 300, y: 200 } });
    await page.getByRole('menuitem', { name: 'Search' }).click();
    await page.getByRole('search').waitFor();
  });

  it('marks commands by how they ended, and jumps between prompts', async () => {
    const { page } = await stage.shell();
    await type(page, String.raw`clear; PROMPT_COMMAND=; trap - DEBUG; PS1='$ '; m() { printf '\033]133;A\a> '; printf '\033]133;C\a\n'; seq 1 60; (exit $1); printf '\033]133;D;%s\a' $1; }`);
    await type(page, 'm 0; m 3; echo end-$((1+1))');
    await untilText(page, 'end-2');
    await page.keyboard.press('Control+Shift+ArrowUp');
    await untilText(page, /^> *\n1\n2\n/);
    const marks = await page.evaluate(() => window.coda.marks());
    assert.deepEqual(marks.filter((exit) => exit !== null).slice(-2), [0, 3]);
    await page.locator('.command-mark.bad:visible').first().waitFor();
    assert.equal(await page.locator('.command-mark.bad:visible').first().getAttribute('title'), 'Command failed with exit status 3');
    await shoot(page, 'marks');
    await page.keyboard.press('Control+Shift+ArrowUp');
    await page.locator('.command-mark.ok:visible').first().waitFor();
    await page.keyboard.press('Control+Shift+ArrowDown');
    await page.locator('.command-mark.bad:visible').first().waitFor();
  });

  it('shows pictures, and loads what decodes them with the first', async () => {
    const { page } = await stage.shell();
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    await type(page, 'clear; echo none-yet');
    await untilText(page, /^none-yet$/m);
    assert.ok(!asked.some((url) => /addon-image/.test(url)));
    await type(page, String.raw`printf '\033Pq"1;1;20;20#1;2;100;0;0#1!20~-!20~-!20~-!20~\033\\'; echo; echo sixel-$((1+1))`);
    await untilText(page, 'sixel-2');
    assert.ok(asked.some((url) => /addon-image/.test(url)));
    await until(() => painted(page), 'a picture is painted');
    await type(page, String.raw`clear; printf '\033]1337;File=inline=1;size=70;width=4;height=2:${DOT}\a'; echo; echo iterm-$((1+1))`);
    await untilText(page, 'iterm-2');
    await until(() => painted(page), 'a picture is painted');
  });

  it('holds a frame back until it is whole', async () => {
    const { page } = await stage.shell();
    await type(page, String.raw`clear; stty -echo; printf '\033[?2026h\033[?2026$p'; read -t 2 -n 10 -s answer; printf '\033[?2026l'; stty echo; printf '%q\n' "$answer"`);
    await untilText(page, /\?2026;1/);
  });

  it('says to a screen reader what is there, when asked to', async () => {
    const { page } = await stage.shell();
    await page.evaluate(() => localStorage.setItem('coda.settings', '{"screenReader":true}'));
    await page.reload();
    await untilText(page, PROMPT);
    await type(page, 'clear; echo read-$((1+1))');
    await page.locator('.xterm-accessibility:visible').getByText('read-2').first().waitFor();
  });

  it('is drawn by WebGL or by the page, as one likes, and goes on without when the context is lost', async () => {
    const { page } = await stage.shell();
    const canvases = () => page.locator('[data-pane]:not([hidden]) .xterm-screen > canvas').count();
    const choose = async (name) => {
      await page.keyboard.press('Control+,');
      const settings = page.getByRole('dialog', { name: 'Settings' });
      await settings.getByLabel('Terminals are drawn by').selectOption(name);
      await page.keyboard.press('Escape');
      await settings.waitFor({ state: 'detached' });
    };
    assert.equal(await canvases(), 0, 'software draws slower than the page does');
    await choose('WebGL');
    await until(async () => (await canvases()) > 0, 'WebGL draws');
    await type(page, 'echo drawn-$((1+1))');
    await untilText(page, 'drawn-2');
    await shoot(page, 'webgl');
    await page.evaluate(() => {
      const canvases = [...document.querySelectorAll('[data-pane]:not([hidden]) .xterm-screen > canvas')];
      for (const canvas of canvases) canvas.getContext('webgl2')?.getExtension('WEBGL_lose_context')?.loseContext();
    });
    await page.locator('[data-pane]:not([hidden]) .xterm-rows', { hasText: 'drawn-2' }).waitFor();
    await type(page, 'echo lost-$((1+1))');
    await untilText(page, 'lost-2');
    await choose('The page');
    await type(page, 'echo page-$((1+1))');
    await untilText(page, 'page-2');
    assert.equal(await canvases(), 0);
  });

  it('shows no cursor once its program has ended, also where there is no WebGL', async () => {
    const { page, id } = await stage.shell();
    await page.addInitScript(() => {
      const real = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...how) {
        return kind.startsWith('webgl') ? null : real.call(this, kind, ...how);
      };
    });
    await page.reload();
    await untilText(page, PROMPT);
    await page.locator('.xterm-cursor:visible').waitFor();
    await type(page, 'exit');
    await until(async () => (await sessionRow(page, id)).state === 'ended', 'the session ended');
    await page.locator('.xterm-cursor:visible').waitFor({ state: 'detached' });
  });

  it('rings as somebody likes it', async () => {
    const { page } = await stage.shell();
    await page.evaluate(() => {
      window.flashes = 0;
      const animate = Element.prototype.animate;
      Element.prototype.animate = function (...how) {
        if (this.classList.contains('host')) window.flashes += 1;
        return animate.apply(this, how);
      };
    });
    await type(page, String.raw`printf '\a'; echo rung-$((1+1))`);
    await untilText(page, 'rung-2');
    await until(() => page.evaluate(() => window.flashes > 0), 'the pane flashed');
  });

  it('copies the place in a file that is followed', async () => {
    const { page } = await stage.shell(CLIPBOARD);
    await type(page, 'clear; echo src/main.rs:12:5 failed');
    await untilText(page, /^src\/main\.rs:12:5 failed$/m);
    const box = await page.locator('.xterm-screen:visible').first().boundingBox();
    await page.mouse.move(box.x + 40, box.y + 8);
    await page.mouse.move(box.x + 42, box.y + 9);
    await until(async () => {
      await page.mouse.click(box.x + 42, box.y + 9);
      return clipboard(page, 'src/main.rs:12');
    }, 'the place is on the clipboard');
  });
});

/** Marks a whole line of the screen with a triple click. */
async function mark(page, row) {
  const box = await page.locator('.xterm-screen:visible').first().boundingBox();
  await page.mouse.click(box.x + 30, box.y + 9 + row * 17, { clickCount: 3 });
}

const clipboard = async (page, text) => (await page.evaluate(() => navigator.clipboard.readText())).trim() === text;

/** Something red is to be seen; the layer of pictures cannot be read back. */
async function painted(page) {
  const shot = (await page.locator('.xterm:visible').first().screenshot()).toString('base64');
  return page.evaluate(async (shot) => {
    const image = await createImageBitmap(new Blob([Uint8Array.from(atob(shot), (char) => char.charCodeAt(0))]));
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const red = (_value, at) => at % 4 === 0 && data[at] > 200 && data[at + 1] < 60 && data[at + 2] < 60;
    return data.filter(red).length > 100;
  }, shot);
}
