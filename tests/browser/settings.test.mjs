// What a person likes: themes, fonts, sizes; shown at once, and kept.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { axe, shoot, suite, until, untilState } from './support.mjs';

const THEMES = ['Dark', 'Light', 'Dracula', 'Solarized Dark', 'Solarized Light', 'Nord', 'Monokai', 'GitHub Dark'];
const GROUNDS = ['#101216', '#ffffff', '#282a36', '#002b36', '#fdf6e3', '#2e3440', '#272822', '#0d1117'];

suite('settings', (stage) => {
  it('dress the page and the terminal in each theme, and everything can be read', async () => {
    const { page } = await stage.shell();
    await open(page);
    for (const [at, theme] of THEMES.entries()) {
      await page.getByRole('radio', { name: theme, exact: true }).click();
      assert.equal(await ground(page), GROUNDS[at], theme);
      await axe(page);
    }
  });

  it('are kept over a reload', async () => {
    const { page } = await stage.shell();
    await open(page);
    await page.getByRole('radio', { name: 'Nord' }).click();
    await page.getByRole('combobox', { name: 'Font' }).selectOption('Fira Code');
    await page.getByRole('combobox', { name: 'Size' }).selectOption('18 px');
    await page.getByRole('combobox', { name: 'Line height' }).selectOption('1.45');
    await page.reload();
    await untilState(page, 'live');
    assert.equal(await ground(page), '#2e3440');
    await until(() => page.evaluate(() => document.fonts.check('18px "Fira Code"')), 'the font is there');
    const cell = await page.evaluate(() => window.coda.type());
    assert.deepEqual(cell, { font: '"Fira Code"', size: 18, height: 1.45 });
  });

  it('load a font only when somebody wants it, from this origin', async () => {
    const { page } = await stage.shell();
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    await open(page);
    assert.ok(!asked.some((url) => /cascadia/.test(url)));
    await page.getByRole('combobox', { name: 'Font' }).selectOption('Cascadia Code');
    await until(() => asked.some((url) => /cascadia.*woff2/.test(url)), 'the font is asked for');
    assert.ok(asked.every((url) => url.startsWith(new URL(stage.daemon.url).origin) || url.startsWith('blob:')), asked.join());
  });

  it('follow the system until a theme is chosen', async () => {
    const { page } = await stage.shell({ colorScheme: 'light' });
    assert.equal(await ground(page), '#ffffff');
    await page.emulateMedia({ colorScheme: 'dark' });
    await until(async () => (await ground(page)) === '#101216', 'it is dark');
    await page.keyboard.press('Control+Comma');
    await page.getByRole('radio', { name: 'Solarized Light' }).click();
    await page.getByRole('radio', { name: 'System' }).click();
    assert.equal(await ground(page), '#101216');
    await page.emulateMedia({ colorScheme: 'light' });
    await until(async () => (await ground(page)) === '#fdf6e3', 'it is light, as chosen');
  });

  it('change the type by keys, and the program hears of the size', async () => {
    const { page } = await stage.shell();
    const size = () => page.locator('footer [title^=Columns]').textContent();
    const before = await size();
    for (const _ of [1, 2, 3, 4]) await page.keyboard.press('Control+Equal');
    await until(async () => Number.parseInt(await size()) < Number.parseInt(before), 'fewer columns fit');
    await page.keyboard.press('Control+0');
    await until(async () => (await size()) === before, 'the usual size is back');
  });

  it('are reached and changed by keys alone', async () => {
    const { page } = await stage.shell();
    await open(page);
    await page.getByRole('radio', { name: 'System' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    assert.equal(await ground(page), '#ffffff');
    await page.getByRole('switch', { name: 'Sound' }).focus();
    await page.keyboard.press('Space');
    assert.equal(await page.getByRole('switch', { name: 'Sound' }).isChecked(), true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  for (const [width, height] of [[360, 740], [1280, 800], [2560, 1300]]) {
    it(`fit ${width} pixels`, async () => {
      const { page } = await stage.shell({ viewport: { width, height } });
      await page.keyboard.press('Control+Comma');
      await page.getByRole('dialog').waitFor();
      for (const theme of ['Dracula', 'Light']) {
        await page.getByRole('radio', { name: theme, exact: true }).click();
        await axe(page);
        await shoot(page, `settings-${theme.toLowerCase()}-${width}`);
      }
    });
  }
});

async function open(page) {
  await page.keyboard.press('Control+Comma');
  await page.getByRole('dialog', { name: 'Settings' }).waitFor();
}

/** The colour behind the text, in full: builds write `#fff`. */
const ground = async (page) => {
  const color = await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--term-bg').trim());
  return color.replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3');
};
