// The setup of a real daemon, as its panel shows and changes it; what is fetched comes from a mirror on loopback that
// fails until it is mended. `first-run` has what a daemon may say besides.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { axe, shoot, suite, untilState } from './support.mjs';

const AGENTS = ['CODEX', 'GEMINI', 'OPENCODE', 'HERMES'];
/** Steps of the person's own, and what of ours would look at this machine. */
const STEPS = `
[[step]]
id = "gh"
retries = 0
run = { or_existing = false }

[[step]]
id = "two-parts"
label = "Working in two parts"
produces = ["~/two-parts"]
run = { kind = "command", command = ["sh", "-c", "echo part $((0+1)); while [ ! -e go ]; do sleep 0.05; done; echo part $((1+1)); touch two-parts"] }

[[step]]
id = "endless"
label = "Going on for ever"
produces = ["~/never"]
run = { kind = "command", command = ["sh", "-c", "echo at work; exec sleep 1000"] }
`;

/** What the world publishes: nothing, until `publish`. */
async function mirror() {
  const pages = new Map();
  const server = http.createServer((request, response) => {
    const page = pages.get(request.url);
    response.writeHead(page ? 200 : 404);
    response.end(page ?? 'no');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const names = ['GITHUB_API_BASE', 'GITHUB_RELEASE_MIRROR', 'NODE_DIST_MIRROR', 'NPM_REGISTRY'];
  const environment = Object.fromEntries([...names.map((name) => [name, url]), ...AGENTS.map((name) => [`ENABLE_${name}`, 'false'])]);
  return {
    environment: { ...environment, NODE_MIN_MAJOR: '18' },
    settings: '[setup]\nretry_seconds = 0\nparallel = 8\n',
    furnish(home) {
      mkdirSync(join(home, '.coda'), { recursive: true });
      writeFileSync(join(home, '.coda/setup.toml'), STEPS);
    },
    publish: () => publishGh(pages),
    stop: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))),
  };
}

/** The GitHub CLI, version 2.9.0: a script that says so. */
function publishGh(pages) {
  const folder = mkdtempSync(join(tmpdir(), 'coda-mirror-'));
  const name = `gh_2.9.0_linux_${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;
  mkdirSync(join(folder, name, 'bin'), { recursive: true });
  writeFileSync(join(folder, name, 'bin/gh'), "#!/bin/sh\necho 'gh version 2.9.0 (2026-01-01)'\n", { mode: 0o755 });
  execFileSync('tar', ['czf', `${name}.tar.gz`, name], { cwd: folder });
  const archive = readFileSync(join(folder, `${name}.tar.gz`));
  rmSync(folder, { recursive: true });
  const base = '/cli/cli/releases/download/v2.9.0';
  pages.set('/repos/cli/cli/releases/latest', JSON.stringify({ tag_name: 'v2.9.0', assets: [] }));
  pages.set(`${base}/gh_2.9.0_checksums.txt`, `${createHash('sha256').update(archive).digest('hex')}  ${name}.tar.gz\n`);
  pages.set(`${base}/${name}.tar.gz`, archive);
}

suite('setup', (stage) => {
  const panel = (page) => page.getByRole('dialog', { name: 'Setup' });
  const step = (page, name, state) => panel(page).getByRole('list', { name: 'Steps' }).getByRole('button', { name: new RegExp(`^${name} ?, ${state}`) });
  const act = (page, word, name) => panel(page).getByRole('button', { name: `${word}: ${name}` });

  async function opened(options) {
    const { page } = await stage.page(stage.daemon.url, options);
    await untilState(page, 'live');
    await page.keyboard.press('Control+Shift+P');
    await page.keyboard.type('setup of');
    await page.keyboard.press('Enter');
    await panel(page).waitFor();
    return page;
  }

  it('begins when somebody asks for it', async () => {
    const page = await opened();
    await panel(page).getByText('Nothing is installed before you ask for it').waitFor();
    await axe(page);
    await panel(page).getByRole('button', { name: 'Set up this machine' }).click();
    await step(page, 'Configuring git identity', 'done').waitFor();
    await step(page, 'Going on for ever', 'running').waitFor();
    await axe(page);
  });

  it('shows what a step prints while it prints it', async () => {
    const page = await opened();
    await step(page, 'Working in two parts', 'running').click();
    const log = panel(page).getByRole('log');
    await log.getByText('part 1').waitFor();
    assert.equal(await log.getByText('part 2').count(), 0);
    writeFileSync(join(stage.daemon.home, 'go'), '');
    await log.getByText('part 2').waitFor();
    await step(page, 'Working in two parts', 'done').waitFor();
  });

  it('tries again what did not work, once the mirror is mended', async () => {
    const page = await opened();
    await step(page, 'Installing GitHub CLI', 'did not work').click();
    const output = panel(page).getByRole('region', { name: 'Output of Installing GitHub CLI' });
    await output.getByText('GitHub knows no release of cli/cli').first().waitFor();
    await axe(page);
    await shoot(page, 'setup-failed');
    stage.world.publish();
    await act(page, 'Again', 'Installing GitHub CLI').click();
    await step(page, 'Installing GitHub CLI', 'done').getByText('2.9.0').waitFor();
    assert.ok(existsSync(join(stage.daemon.home, '.local/bin/gh')), 'it is there');
  });

  it('stops a step, and goes on without one', async () => {
    const page = await opened();
    await step(page, 'Going on for ever', 'running').click();
    await panel(page).getByRole('log').getByText('at work').waitFor();
    await act(page, 'Cancel', 'Going on for ever').click();
    await step(page, 'Going on for ever', 'cancelled').waitFor();
    await panel(page).getByText('cancelled by hand').first().waitFor();
    await act(page, 'Again', 'Going on for ever').click();
    await step(page, 'Going on for ever', 'running').waitFor();
    await act(page, 'Skip', 'Going on for ever').click();
    await step(page, 'Going on for ever', 'skipped').waitFor();
    await panel(page).getByText('skipped by hand').waitFor();
    await axe(page);
  });

  it('says in the menu of a new session why an agent is not there, and leads to its step', async () => {
    const { page } = await stage.page();
    await untilState(page, 'live');
    await page.keyboard.press('Control+Shift+P');
    await page.keyboard.type('New session in a directory');
    await page.keyboard.press('Enter');
    const menu = page.getByRole('dialog', { name: 'New session' });
    const codex = menu.getByRole('button', { name: /^Codex/ });
    await codex.getByText('it is switched off (ENABLE_CODEX)').waitFor();
    await axe(page);
    await shoot(page, 'new-session-absent');
    await menu.getByRole('button', { name: /^Claude Code/ }).click();
    await panel(page).getByRole('region', { name: 'Output of Installing Claude Code' }).waitFor();
    await step(page, 'Installing Claude Code', 'did not work').waitFor();
  });

  it('can be looked at everywhere', async () => {
    for (const [colorScheme, width, height] of [['dark', 360, 740], ['light', 1280, 800], ['dark', 2560, 1300]]) {
      const page = await opened({ colorScheme, viewport: { width, height } });
      await panel(page).getByRole('list', { name: 'Steps' }).waitFor();
      await axe(page);
      await shoot(page, `setup-real-${colorScheme}-${width}`);
    }
  });
}, mirror);
