// What must be true of input in a real browser: nothing lost, nothing doubled, whatever happens to
// the socket.

import assert from 'node:assert/strict';

export async function live(stage) {
  await stage.open();
  await stage.is('live');
  await stage.sees('❯');
}

async function paste({ page }, text) {
  await page.evaluate((pasted) => {
    const data = new DataTransfer();
    data.setData('text/plain', pasted);
    document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
  }, text);
}

export const INPUT_FACTS = {
  async input_typed_while_away_is_sent_later(stage) {
    await live(stage);
    await stage.poke('set', { refuse: true });
    await stage.poke('kill');
    await stage.is('reconnecting');
    await stage.type('later');
    await stage.page.waitForSelector('text=5 bytes typed, waiting');
    await stage.poke('set', { refuse: false });
    await stage.is('live');
    await stage.sees('❯ later');
  },

  async input_that_died_with_the_server_is_sent_again(stage) {
    await live(stage);
    await stage.type('kept ');
    await stage.sees('❯ kept');
    await stage.poke('set', { loseInput: true });
    await stage.type('lost ');
    await stage.poke('kill', { loseInput: false });
    await stage.type('more');
    await stage.sees('❯ kept lost more');
    await stage.is('live');
  },

  async input_that_arrived_unacknowledged_is_not_doubled(stage) {
    await live(stage);
    await stage.poke('set', { holdInputAcks: true });
    await stage.type('once ');
    await stage.sees('❯ once');
    await stage.poke('kill');
    await stage.type('more');
    await stage.sees('❯ once more');
    await stage.page.waitForSelector('text=typed, waiting', { state: 'detached' });
  },

  async an_old_server_gets_input_at_most_once(stage) {
    await stage.poke('set', { oldServer: true });
    await live(stage);
    await stage.type('once ');
    await stage.sees('❯ once');
    await stage.poke('set', { refuse: true });
    await stage.poke('kill');
    await stage.is('reconnecting');
    await stage.type('more');
    await stage.poke('set', { refuse: false });
    await stage.sees('❯ once more');
  },

  async a_paste_while_away_arrives_whole(stage) {
    await live(stage);
    await stage.poke('set', { refuse: true });
    await stage.poke('kill');
    await stage.is('reconnecting');
    const text = 'abcdefghij'.repeat(20_000);
    await paste(stage, text);
    await stage.page.waitForSelector('text=/195 KB typed, waiting/');
    await stage.poke('set', { refuse: false });
    await stage.until(() => stage.world.inputs.join('').length >= text.length);
    assert.equal(stage.world.inputs.join(''), text);
  },

  async a_paste_of_200_kb_arrives_whole(stage) {
    await live(stage);
    const text = 'abcdefghij'.repeat(20_000);
    const before = stage.world.inputs.length;
    await paste(stage, text);
    const received = () => stage.world.inputs.slice(before).join('');
    await stage.until(() => received().length >= text.length);
    assert.equal(received(), text);
    assert.ok(stage.world.inputs.slice(before).every((piece) => piece.length <= 64 * 1024));
  },

  async too_much_input_while_away_is_refused_visibly(stage) {
    await live(stage);
    await stage.poke('set', { refuse: true });
    await stage.poke('kill');
    await stage.is('reconnecting');
    await paste(stage, 'x'.repeat(1_100_000));
    await stage.page.waitForSelector('text=the last input was not taken');
  },
};
