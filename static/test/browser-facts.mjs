// What must be true in a real browser, as facts. Each gets a fresh server and a fresh profile.

import assert from 'node:assert/strict';
import { INPUT_FACTS, live } from './browser-input.mjs';

async function tabs({ page }) {
  return page.$$eval('[role=tab]', (all) => all.map((tab) => [tab.id, tab.getAttribute('aria-selected')].join(' ')));
}

/** What was typed by nobody: replies of the terminal. */
function replies(world) {
  return world.inputs.filter((input) => input.startsWith('\x1b'));
}

export const FACTS = {
  ...INPUT_FACTS,

  async first_load_creates_a_session_and_takes_typing(stage) {
    await live(stage);
    assert.equal(stage.world.sessions.size, 1);
    await stage.type('echo hello\r');
    await stage.sees('echo hello\necho hello');
    const [session] = stage.world.sessions.values();
    assert.ok(session.cols > 100 && session.rows > 30, `${session.cols}x${session.rows}`);
    assert.match(await stage.page.title(), / — CoDA$/);
  },

  async the_first_size_is_the_last(stage) {
    await live(stage);
    await stage.type('size\r');
    const [session] = stage.world.sessions.values();
    await stage.sees(`${session.cols}x${session.rows}`);
    const { cols, rows } = stage.world.joins[0];
    assert.deepEqual([session.cols, session.rows], [cols, rows]);
  },

  async reload_brings_back_the_same_tabs(stage) {
    await live(stage);
    for (const label of ['two', 'three']) {
      await stage.page.keyboard.press('Control+Shift+T');
      await stage.until(async () => (await tabs(stage)).length === (label === 'two' ? 2 : 3));
    }
    await stage.page.keyboard.press('Alt+2');
    await stage.is('live');
    const before = await tabs(stage);
    await stage.type('marked\r');
    await stage.sees('marked\nmarked');
    await stage.page.reload();
    await stage.is('live');
    await stage.sees('marked\nmarked');
    assert.deepEqual(await tabs(stage), before);
    await stage.page.evaluate(() => history.replaceState(null, '', '/'));
    await stage.page.reload();
    await stage.is('live');
    assert.deepEqual(await tabs(stage), before);
  },

  async a_lost_socket_resumes_from_the_parsed_offset(stage) {
    await live(stage);
    await stage.type('flood 200\r');
    await stage.sees('   200  the quick');
    const id = await stage.id();
    const at = stage.world.sessions.get(id).output.length;
    await stage.until(() => stage.world.acks.at(-1)?.offset === at);
    await stage.poke('kill');
    await stage.until(() => stage.world.joins.length === 2);
    assert.equal(stage.world.joins[1].from, at);
    await stage.is('live');
    await stage.type('again\r');
    await stage.sees('again\nagain');
  },

  async a_gap_is_rejected_and_an_overlap_dropped(stage) {
    await live(stage);
    const id = await stage.id();
    await stage.poke('gap', { session_id: id, bytes: 5 });
    await stage.until(() => stage.world.joins.length === 2);
    assert.equal(stage.world.joins[1].from, undefined);
    await stage.sees('❯ xxxxxx');
    await stage.poke('overlap', { session_id: id, bytes: 3 });
    await stage.sees('❯ xxxxxx!');
    assert.ok(!(await stage.text()).includes('xxxxxxx'));
  },

  async a_character_in_two_halves_is_whole(stage) {
    await live(stage);
    const session = stage.world.sessions.get(await stage.id());
    const dash = [0xe2, 0x80, 0x94];
    const print = (bytes) => stage.poke('print_bytes', { session_id: session.id, bytes });
    const acknowledged = () => stage.until(() => stage.world.acks.at(-1)?.offset === session.output.length);
    // Between two frames, and what is kept back is acknowledged though nothing follows.
    await print(dash.slice(0, 2));
    await acknowledged();
    await print(dash.slice(2));
    await stage.sees('❯ —');
    // Between two sockets.
    await print(dash.slice(0, 2));
    await acknowledged();
    await stage.poke('kill');
    await stage.until(() => stage.world.joins.length === 2);
    assert.equal(stage.world.joins[1].from, session.output.length - 2);
    await stage.is('live');
    await acknowledged();
    await print(dash.slice(2));
    await stage.sees('❯ ——');
    // Between a snapshot and what follows it.
    await print(dash.slice(0, 2));
    await stage.poke('snapshot', { session_id: session.id });
    await print(dash.slice(2));
    await stage.sees('❯ ———');
  },

  async live_questions_are_answered_and_history_is_not(stage) {
    await live(stage);
    await stage.type('query\r');
    await stage.sees('asked');
    await stage.until(() => replies(stage.world).length >= 7);
    const asked = replies(stage.world).length;
    await stage.page.reload();
    await stage.is('live');
    await stage.sees('asked');
    await stage.poke('snapshot', { session_id: await stage.id() });
    await stage.page.keyboard.press('Control+c');
    await stage.type('fin\r');
    await stage.sees('fin\nfin');
    assert.equal(replies(stage.world).length, asked);
  },

  async a_flood_is_acknowledged_to_its_end(stage) {
    await live(stage);
    await stage.type('flood 20000\r');
    await stage.sees(' 20000  the quick');
    const session = stage.world.sessions.get(await stage.id());
    await stage.until(() => stage.world.acks.at(-1)?.offset === session.output.length);
    await stage.is('live');
  },

  async exit_keeps_the_screen_and_says_the_code(stage) {
    await live(stage);
    await stage.type('exit 3\r');
    await stage.page.waitForSelector('text=/exited with code 3 at \\d\\d:\\d\\d/');
    await stage.is('ended');
    await stage.sees('exit 3');
    assert.equal(await stage.page.textContent('.badge'), '3');
    await stage.page.click('text=Dismiss');
    await stage.until(() => stage.world.sessions.size === 0);
    await stage.page.waitForSelector('text=Nothing open');
    assert.equal(await stage.page.$('.notice'), null);
  },

  async an_unknown_exit_is_said_as_unknown(stage) {
    await live(stage);
    await stage.poke('exit', { session_id: await stage.id(), exit: { reason: 'unknown' } });
    await stage.page.waitForSelector('text=exit status unknown');
    assert.equal(await stage.page.textContent('.badge'), '?');
  },

  async closing_a_tab_detaches_and_offers_to_end(stage) {
    await live(stage);
    await stage.page.keyboard.press('Control+Shift+W');
    await stage.page.waitForSelector('text=keeps running');
    const [session] = stage.world.sessions.values();
    assert.equal(session.state, 'running');
    await stage.until(() => session.viewers.size === 0);
    await stage.page.click('text=End session');
    await stage.until(() => session.state === 'ended');
  },

  async a_failed_session_can_be_taken_up_again(stage) {
    await live(stage);
    await stage.poke('fail', { session_id: await stage.id(), text: 'panicked at index out of bounds' });
    await stage.page.waitForSelector('text=panicked at');
    await stage.is('failed');
    await stage.page.click('.banner >> text=Re-adopt');
    await stage.is('live');
    await stage.type('back\r');
    await stage.sees('back\nback');
  },

  async another_viewers_size_is_followed_until_taken(stage) {
    await live(stage);
    const session = stage.world.sessions.get(await stage.id());
    const { cols, rows } = session;
    await stage.poke('resize', { session_id: session.id, cols: 90, rows: 20 });
    await stage.page.waitForSelector('text=following another viewer’s size');
    await stage.page.waitForSelector('text=90×20');
    await stage.page.click('text=Take size');
    await stage.until(() => session.cols === cols && session.rows === rows);
    await stage.page.waitForSelector('text=following', { state: 'detached' });
  },

  async another_viewers_size_is_shown_whole_and_still(stage) {
    await live(stage);
    const id = await stage.id();
    for (const [cols, rows] of [[150, 42], [200, 50], [150, 38], [240, 60], [90, 20]]) {
      await stage.poke('resize', { session_id: id, cols, rows });
      await stage.page.waitForSelector(`text=${cols}×${rows}`);
      await stage.rests();
      const [screen, host] = await stage.page.$$eval('.xterm-screen, .host', (all) =>
        all.map(({ offsetWidth, offsetHeight }) => ({ width: offsetWidth, height: offsetHeight })).reverse(),
      );
      assert.ok(screen.width <= host.width && screen.height <= host.height, `${JSON.stringify(screen)} in ${JSON.stringify(host)}`);
    }
  },

  async a_resized_window_resizes_the_session_once_it_rests(stage) {
    await live(stage);
    const session = stage.world.sessions.get(await stage.id());
    const before = session.cols;
    await stage.page.setViewportSize({ width: 900, height: 600 });
    await stage.until(() => session.cols < before && session.rows < 30);
    await stage.page.waitForSelector(`text=${session.cols}×${session.rows}`);
  },

  async signed_out_is_said_and_left_again(stage) {
    await live(stage);
    await stage.poke('set', { signedOut: true });
    await stage.poke('close', { code: 4401 });
    await stage.page.waitForSelector('text=Signed out');
    await stage.is('signed out');
    await stage.poke('set', { signedOut: false });
    await stage.page.click('text=Try again');
    await stage.is('live');
  },

  async a_recovery_shows_its_receipt_once(stage) {
    await live(stage);
    const id = await stage.id();
    const down = new Date(Date.now() - 2000);
    await stage.poke('receipt', {
      session_id: id, label: '', cause: 'the daemon was killed by signal 9', down_at: down.toISOString(),
      back_at: new Date(down.getTime() + 400).toISOString(), bytes_kept: 12288, bytes_lost: 0, offset: 10,
    });
    await stage.poke('restart');
    await stage.page.waitForSelector('text=/Daemon killed by signal 9 at \\d\\d:\\d\\d:\\d\\d, back after 0.4 s · 12 KB kept · 0 bytes lost/');
    await stage.page.reload();
    await stage.is('live');
    await stage.until(async () => (await stage.page.$$('text=Daemon killed')).length === 0);
  },

  async only_the_front_tab_holds_a_webgl_context(stage) {
    await stage.page.addInitScript(() => {
      window.contexts = 0;
      const get = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        const made = get.call(this, kind, ...rest);
        if (kind === 'webgl2' && made) window.contexts += 1;
        return made;
      };
    });
    await live(stage);
    await stage.page.keyboard.press('Control+Shift+T');
    await stage.until(async () => (await tabs(stage)).length === 2);
    await stage.sees('❯');
    const canvases = await stage.page.$$eval('[role=tabpanel]', (all) =>
      all.map((panel) => panel.querySelectorAll('.xterm-screen > canvas').length),
    );
    const supported = await stage.page.evaluate(() => window.contexts > 0);
    console.log(`     webgl ${supported ? 'works' : 'is missing: DOM renderer'} here, canvases ${canvases}`);
    assert.equal(canvases[0], 0);
  },

  async a_hidden_tab_stays_joined_and_shows_news(stage) {
    await live(stage);
    const first = await stage.id();
    await stage.page.keyboard.press('Control+Shift+T');
    await stage.until(async () => (await stage.id()) !== first);
    await stage.sees('❯');
    await stage.poke('print', { session_id: first, text: 'news\r\n' });
    await stage.page.waitForSelector('.dot.output');
    const session = stage.world.sessions.get(first);
    await stage.until(() => stage.world.acks.some((ack) => ack.offset === session.output.length));
    await stage.page.keyboard.press('Alt+1');
    await stage.sees('news');
    await stage.page.waitForSelector('.dot.output', { state: 'detached' });
  },

  async a_bell_is_seen_from_other_browser_tabs(stage) {
    await stage.page.addInitScript(() => {
      window.away = false;
      Object.defineProperty(document, 'hidden', { get: () => window.away });
    });
    await live(stage);
    const leave = (away) => stage.page.evaluate((away) => {
      window.away = away;
      document.dispatchEvent(new Event('visibilitychange'));
    }, away);
    const icon = () => stage.page.getAttribute('link[rel=icon]', 'href');
    await leave(true);
    await stage.poke('print', { session_id: await stage.id(), text: '\x07' });
    await stage.until(async () => /^\(1\) .* — CoDA$/.test(await stage.page.title()));
    assert.equal(await icon(), '/favicon-bell.svg');
    await leave(false);
    await stage.until(async () => !(await stage.page.title()).startsWith('('));
    assert.equal(await icon(), '/favicon.svg');
    await stage.poke('set', { refuse: true });
    await stage.poke('kill');
    await stage.until(async () => / — reconnecting — CoDA$/.test(await stage.page.title()));
    assert.equal(await icon(), '/favicon-lost.svg');
  },

  async what_is_marked_is_copied_and_said(stage) {
    await stage.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await live(stage);
    await stage.type('echo wonderful\r');
    await stage.sees('echo wonderful\necho wonderful');
    await stage.page.mouse.dblclick(90, 78);
    await stage.page.keyboard.press('Control+Shift+C');
    await stage.page.waitForSelector('.line >> text=Copied');
    assert.equal(await stage.page.evaluate(() => navigator.clipboard.readText()), 'wonderful');
    await stage.page.waitForSelector('.line >> text=Copied', { state: 'detached' });
  },

  async keys_that_no_browser_keeps_open_and_close_tabs(stage) {
    await live(stage);
    await stage.page.keyboard.press('Alt+Shift+N');
    await stage.until(async () => (await tabs(stage)).length === 2);
    await stage.page.keyboard.press('Alt+Shift+W');
    await stage.until(async () => (await tabs(stage)).length === 1);
    assert.equal(stage.world.inputs.join(''), '');
  },

  async a_read_only_tab_takes_no_input(stage) {
    await live(stage);
    await stage.page.keyboard.press('Control+Shift+W');
    await stage.page.click('.sessions');
    await stage.page.click('[aria-label^="Attach read-only"]');
    await stage.page.waitForSelector('.line >> text=read-only');
    await stage.sees('❯');
    await stage.type('nothing\r');
    await stage.page.reload();
    await stage.page.waitForSelector('.line >> text=read-only');
    await stage.is('live');
    assert.ok(!stage.world.inputs.join('').includes('nothing'));
    assert.equal(stage.world.joins.at(-1).mode, 'read');
  },

  async an_ended_session_is_still_told_after_a_reload(stage) {
    await live(stage);
    await stage.poke('exit', { session_id: await stage.id(), exit: { signal: 9 } });
    await stage.page.waitForSelector('text=killed by SIGKILL');
    await stage.page.reload();
    await stage.page.waitForSelector('.banner >> text=killed by SIGKILL');
    await stage.sees('❯');
    await stage.is('ended');
  },

  async a_session_dismissed_elsewhere_closes_its_tab(stage) {
    await live(stage);
    const session = stage.world.sessions.get(await stage.id());
    stage.world.sessions.delete(session.id);
    session.dismiss();
    await stage.page.waitForSelector('text=was dismissed');
    await stage.page.waitForSelector('text=Nothing open');
  },

  async a_list_that_fails_at_first_is_read_once_it_can_be(stage) {
    await stage.poke('set', { listFails: true });
    await stage.open();
    await stage.page.waitForSelector('text=could not be read');
    await stage.poke('set', { listFails: false });
    await stage.is('live');
    await stage.sees('❯');
  },

  async a_lost_webgl_context_leaves_a_working_terminal(stage) {
    await live(stage);
    await stage.page.evaluate(() => {
      for (const canvas of document.querySelectorAll('.xterm-screen > canvas')) {
        canvas.getContext('webgl2')?.getExtension('WEBGL_lose_context')?.loseContext();
      }
    });
    await stage.type('after\r');
    await stage.sees('after\nafter');
    await stage.page.waitForSelector('.xterm-rows >> text=after', { timeout: 10_000 });
  },

  async without_webgl_the_dom_renderer_draws(stage) {
    await stage.page.addInitScript(() => {
      const get = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return kind.startsWith('webgl') ? null : get.call(this, kind, ...rest);
      };
    });
    await live(stage);
    await stage.type('plain\r');
    await stage.page.waitForSelector('.xterm-rows >> text=plain');
  },

  async nothing_sticks_out_at_360_px(stage) {
    await stage.page.setViewportSize({ width: 360, height: 640 });
    await live(stage);
    await stage.page.click('.sessions');
    await stage.page.waitForSelector('dialog li');
    const wide = await stage.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 360, `${wide} px`);
    const session = stage.world.sessions.get(await stage.id());
    assert.ok(session.cols >= 40, `${session.cols} columns`);
  },

  async a_notice_covers_no_button(stage) {
    await live(stage);
    await stage.page.keyboard.press('Control+Shift+T');
    await stage.until(async () => (await tabs(stage)).length === 2);
    const [first] = stage.world.sessions.values();
    await stage.poke('exit', { session_id: first.id, exit: { code: 1 } });
    await stage.page.keyboard.press('Control+Shift+W');
    await stage.page.waitForSelector('.notice');
    await stage.page.waitForSelector('.banner');
    await stage.page.click('.banner >> text=Dismiss', { timeout: 2000 });
    await stage.until(() => stage.world.sessions.size === 1);
  },

  async every_button_can_be_hit(stage) {
    await live(stage);
    const down = new Date().toISOString();
    await stage.poke('receipt', {
      session_id: await stage.id(), label: '', cause: 'killed', down_at: down, back_at: down, bytes_kept: 0, bytes_lost: 0, offset: 0,
    });
    await stage.poke('restart');
    await stage.page.waitForSelector('.chip');
    await stage.poke('resize', { session_id: await stage.id(), cols: 90, rows: 20 });
    await stage.page.waitForSelector('text=Take size');
    await stage.page.keyboard.press('Alt+s');
    await stage.page.waitForSelector('dialog li');
    const small = await stage.page.$$eval('button, a[href]', (all) =>
      all.filter((one) => one.offsetWidth < 24 || one.offsetHeight < 24).map((one) => one.outerHTML.slice(0, 120)),
    );
    assert.deepEqual(small, []);
  },

  async many_tabs_keep_the_front_one_readable(stage) {
    await live(stage);
    for (let count = 2; count <= 12; count += 1) {
      await stage.page.keyboard.press('Control+Shift+T');
      await stage.until(async () => (await tabs(stage)).length === count);
    }
    await stage.page.setViewportSize({ width: 700, height: 600 });
    await stage.page.waitForSelector('.tabs.before');
    const { cut, shown } = await stage.page.$eval('[role=tab][aria-selected=true]', (tab) => {
      const label = tab.querySelector('.label');
      const bar = tab.closest('[role=tablist]').getBoundingClientRect();
      const box = tab.getBoundingClientRect();
      return { cut: label.scrollWidth > label.clientWidth, shown: box.left >= bar.left && box.right <= bar.right };
    });
    assert.ok(!cut && shown);
    await stage.page.hover('.tabs');
    await stage.page.mouse.wheel(0, -5000);
    await stage.page.waitForSelector('.tabs.beyond:not(.before)');
  },

  async the_chosen_row_and_the_focus_go_together(stage) {
    await live(stage);
    await stage.page.keyboard.press('Control+Shift+T');
    await stage.until(async () => (await tabs(stage)).length === 2);
    await stage.page.keyboard.press('Alt+s');
    await stage.page.waitForSelector('dialog li');
    const chosen = () => stage.page.$eval('dialog li[data-chosen]', (row) => row.contains(document.activeElement));
    for (let step = 0; step < 3; step += 1) await stage.page.keyboard.press('Tab');
    assert.ok(await chosen());
    await stage.page.keyboard.press('ArrowDown');
    await stage.until(chosen);
    await stage.page.waitForSelector('dialog [role=status] >> text=/2 of 2/', { state: 'attached' });
  },

  async keyboard_alone_reaches_the_session_list(stage) {
    await live(stage);
    await stage.page.keyboard.press('Alt+0');
    for (const _step of ['new', 'sessions']) await stage.page.keyboard.press('Tab');
    await stage.page.keyboard.press('Enter');
    await stage.page.waitForSelector('dialog[open] li');
    await stage.page.keyboard.press('Escape');
    await stage.page.waitForSelector('dialog', { state: 'detached' });
    await stage.page.keyboard.press('Alt+s');
    await stage.page.waitForSelector('dialog[open] li');
    await stage.page.keyboard.type('nothing like it');
    await stage.page.waitForSelector('text=Nothing matches');
    await stage.page.keyboard.press('Escape');
    await stage.page.waitForSelector('dialog', { state: 'detached' });
    await stage.type('focused\r');
    await stage.sees('focused\nfocused');
  },
};
