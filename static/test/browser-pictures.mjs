// Each state of the page, set up to be looked at.

const WORK = [
  '\x1b[2mrunning 42 tests\x1b[0m',
  'test journal::torn_tail_is_cut ... \x1b[32mok\x1b[0m',
  'test ring::wraps_at_capacity ... \x1b[32mok\x1b[0m',
  'test screen::restores_alt_buffer ... \x1b[31mFAILED\x1b[0m',
  'test size::latest_writer_owns ... \x1b[32mok\x1b[0m',
  '',
  '\x1b[1;31merror\x1b[0m\x1b[1m: 1 test failed\x1b[0m',
  '  \x1b[34m-->\x1b[0m src/domain/screen.rs:218:9',
  '   \x1b[34m|\x1b[0m',
  '\x1b[34m218\x1b[0m \x1b[34m|\x1b[0m         assert_eq!(restored, expected);',
  '   \x1b[34m|\x1b[0m         \x1b[31m^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\x1b[0m',
  '',
  '\x1b[38;5;246m╭──────────────────────────────────────╮\x1b[0m',
  '\x1b[38;5;246m│\x1b[0m \x1b[1;35m✻\x1b[0m Looking at \x1b[36mscreen.rs\x1b[0m … \x1b[2m(12 s)\x1b[0m      \x1b[38;5;246m│\x1b[0m',
  '\x1b[38;5;246m╰──────────────────────────────────────╯\x1b[0m',
  '\x1b[41m  \x1b[42m  \x1b[43m  \x1b[44m  \x1b[45m  \x1b[46m  \x1b[47m  \x1b[100m  \x1b[101m  \x1b[102m  \x1b[103m  \x1b[104m  \x1b[105m  \x1b[106m  \x1b[0m',
  '',
].join('\r\n');

const SESSIONS = [
  { label: 'refactor journal', process: 'claude', title: '✳ Split journal segments', idle: 3, age: 7400 },
  { label: 'api tests', process: 'cargo', title: 'cargo nextest run', idle: 41, age: 5300 },
  { label: '', process: 'zsh', title: '', idle: 1900, age: 90_000 },
];

async function busy(stage) {
  const { world } = stage;
  for (const { label, process, title, idle, age } of SESSIONS) {
    await fetch(`${stage.url}/api/session`, { method: 'POST', body: JSON.stringify({ label, cols: 120, rows: 32 }) });
    const session = [...world.sessions.values()].at(-1);
    Object.assign(session, { process, title, idle, created: Date.now() / 1000 - age });
  }
  const [first] = world.sessions.values();
  first.print(`cargo test\r\n${WORK}`);
  first.print('\x1b[38;5;110m~/coda\x1b[0m \x1b[38;5;246mmain\x1b[0m \x1b[1;32m❯\x1b[0m ');
  await stage.open();
  await stage.is('live');
  await stage.sees('error');
  return [...world.sessions.values()];
}

export const PICTURES = {
  async live(stage) {
    const [, second, third] = await busy(stage);
    second.print('building…\r\n');
    third.print('\x07');
    await stage.page.waitForSelector('.dot.bell');
  },

  async list(stage) {
    const [, second, third] = await busy(stage);
    third.end({ signal: 9 });
    second.fail('panicked at src/actors/session.rs:88: index out of bounds: the len is 4 but the index is 4');
    await stage.page.click('.sessions');
    await stage.page.waitForSelector('dialog li');
    await stage.page.waitForSelector('dialog >> text=Re-adopt');
  },

  async list_confirm(stage) {
    await busy(stage);
    await stage.page.click('.sessions');
    await stage.page.click('[aria-label="End api tests"]');
    await stage.page.waitForSelector('text=End this session?');
  },

  async list_empty(stage) {
    await busy(stage);
    stage.world.sessions.clear();
    await stage.page.click('.sessions');
    await stage.page.waitForSelector('dialog >> text=No session yet');
  },

  async ended(stage) {
    const [first] = await busy(stage);
    first.end({ code: 3 });
    await stage.page.waitForSelector('.banner');
  },

  async failed(stage) {
    const [first] = await busy(stage);
    first.fail('panicked at src/actors/session.rs:88: index out of bounds: the len is 4 but the index is 4; gave up after 20 restarts in 60 s');
    await stage.page.waitForSelector('.banner');
  },

  async reconnecting(stage) {
    await busy(stage);
    await stage.poke('set', { refuse: true });
    await stage.poke('kill');
    await stage.is('reconnecting');
    await stage.type('git status');
    await stage.page.waitForSelector('text=typed, waiting');
    await stage.page.waitForSelector('text=/reconnecting in \\d s/i');
  },

  async resumed(stage) {
    const [first] = await busy(stage);
    const down = new Date(Date.now() - 2000);
    await stage.poke('receipt', {
      session_id: first.id, label: '', cause: 'the daemon was killed by signal 9', down_at: down.toISOString(),
      back_at: new Date(down.getTime() + 400).toISOString(), bytes_kept: 12288, bytes_lost: 0, offset: 10,
    });
    await stage.poke('kill');
    await stage.page.waitForSelector('text=Daemon killed');
    await stage.is('live');
  },

  async following(stage) {
    const [first] = await busy(stage);
    await stage.poke('resize', { session_id: first.id, cols: 150, rows: 42 });
    await stage.page.waitForSelector('text=150×42');
  },

  async detached(stage) {
    await busy(stage);
    await stage.page.keyboard.press('Control+Shift+W');
    await stage.page.waitForSelector('text=keeps running');
  },

  async signed_out(stage) {
    await busy(stage);
    await stage.poke('set', { signedOut: true });
    await stage.poke('close', { code: 4401 });
    await stage.page.waitForSelector('text=Signed out');
  },

  async empty(stage) {
    await busy(stage);
    for (let left = SESSIONS.length; left > 0; left -= 1) {
      await stage.page.keyboard.press('Control+Shift+W');
    }
    await stage.page.waitForSelector('text=Nothing open');
  },

  async load_failed(stage) {
    await stage.poke('set', { listFails: true });
    await stage.open();
    await stage.page.waitForSelector('text=could not be read');
  },
};
