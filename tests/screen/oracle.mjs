// Asks xterm.js whether two streams leave a terminal in the same state.
//
// In, one JSON line each:  {name, rows, cols, scrollback, widths, a: [step], b: [step], quiet: n}
//   a step is a base64 string of output or [rows, cols] for a resize; the first `quiet` steps of
//   `b` must provoke no answer. `rows` and `cols` are where `a` starts; `b` starts with a resize.
// Out, one JSON line each: {name, differences: [text], failed?: text}
//   `failed` says that xterm.js itself threw on `a`: the case proves nothing.

import { createInterface } from 'node:readline';
import headless from '@xterm/headless';
import { repair } from './repairs.mjs';
import { use } from './unicode.mjs';

const MOST_DIFFERENCES = 8;
// Bits of xterm.js's cells: see its common/buffer/Constants.ts.
const MODE = 0x3000000;
const RGB = 0x3000000;
const UNDERLINE = 0x10000000;
const EXTENDED = 0x10000000;

function open({ rows, cols, scrollback, widths }) {
  const terminal = new headless.Terminal({ rows, cols, scrollback, allowProposedApi: true, logLevel: 'off' });
  use(terminal, widths);
  const core = terminal._core;
  repair(core);
  const state = { terminal, core, colors: {}, replies: '' };
  core.coreService.onData((data) => (state.replies += data));
  core._inputHandler.onColor((event) => {
    for (const { type, index, color } of event) {
      if (type === 1) state.colors[index] = color;
      if (type === 2 && index !== undefined) delete state.colors[index];
      if (type === 2 && index === undefined) for (let i = 0; i < 256; i++) delete state.colors[i];
    }
  });
  return state;
}

function run(state, steps) {
  for (const step of steps) {
    if (typeof step === 'string') state.core.writeSync(Buffer.from(step, 'base64'));
    else state.terminal.resize(step[1], step[0]);
  }
}

// A colour or a field of flags without the bits that an indexed colour leaves behind.
function clean(field) {
  return (field & MODE) === RGB || !(field & MODE) ? field >>> 0 : (field & ~0xffff00) >>> 0;
}

function links(core) {
  const order = new Map();
  return (id) => {
    if (!id) return '';
    if (!order.has(id)) order.set(id, order.size);
    const data = core._oscLinkService.getLinkData(id);
    return `${order.get(id)} ${data ? data.uri : '?'}`;
  };
}

function extended(attributes, link) {
  if (!(attributes.bg & EXTENDED)) return '';
  const { underlineStyle, underlineColor, urlId } = attributes.extended;
  // Marked as having more, but having nothing.
  if (!underlineStyle && !urlId && !(attributes.fg & UNDERLINE)) return '';
  return `${underlineStyle}/${clean(underlineColor)}/${link(urlId)}`;
}

function describe(attributes, link) {
  const bg = clean(attributes.bg) & ~EXTENDED;
  return `fg=${clean(attributes.fg).toString(16)} bg=${bg.toString(16)} ext=${extended(attributes, link)}`;
}

function lines(buffer, cols, link) {
  const cell = buffer.getNullCell();
  const result = [];
  for (let y = 0; y < buffer.lines.length; y++) {
    const line = buffer.lines.get(y);
    const cells = [];
    for (let x = 0; x < cols; x++) {
      line.loadCell(x, cell);
      // Nothing ever shows the attributes of the second half of a wide character.
      const half = line.getWidth(x) === 0 && !line.hasContent(x);
      cells.push(half ? '"" w0' : `${JSON.stringify(line.getString(x))}w${line.getWidth(x)} ${describe(cell, link)}`);
    }
    result.push({ wrapped: line.isWrapped, cells });
  }
  return result;
}

function saved(buffer, cols, rows) {
  const { savedX, savedY, ybase, savedCurAttrData: pen, savedCharset } = buffer;
  return {
    x: Math.min(savedX, cols - 1),
    y: Math.min(Math.max(savedY - ybase, 0), rows - 1),
    fg: clean(pen.fg),
    bg: clean(pen.bg) & ~EXTENDED,
    charset: savedCharset,
  };
}

function around(buffer, cols) {
  const tabs = [];
  for (let x = 0; x < cols; x++) if (buffer.tabs[x]) tabs.push(x);
  return { top: buffer.scrollTop, bottom: buffer.scrollBottom, tabs };
}

// What a mark that follows meets: the width, and the kind where the next character cares.
function joins(state) {
  const kind = (state >> 3) & 0xf;
  const counts = { 2: 0, 4: 0, 8: 6, 9: 7, 11: 0 };
  return [(state >> 1) & 3, counts[kind] ?? kind];
}

function capture({ terminal, core, colors }) {
  const { cols, rows, buffers } = core._bufferService;
  const onAlt = buffers.active === buffers.alt;
  const link = links(core);
  const handler = core._inputHandler;
  const parser = handler._parser;
  const charsets = core._charsetService;
  // The cursor of the normal buffer means nothing while the other one is shown.
  const cursor = { x: buffers.active.x, y: buffers.active.y };
  return {
    size: [rows, cols],
    onAlt,
    normal: lines(buffers.normal, cols, link),
    alt: onAlt ? lines(buffers.alt, cols, link) : [],
    cursor,
    around: [around(buffers.normal, cols), onAlt ? around(buffers.alt, cols) : null],
    saved: [saved(buffers.normal, cols, rows), saved(buffers.alt, cols, rows)],
    pen: `${describe(handler._curAttrData, link)} url=${link(handler._curAttrData.extended.urlId)}`,
    charsets: [charsets.glevel, charsets.charset, [0, 1, 2, 3].map((g) => charsets._charsets[g])],
    modes: [core.coreService.modes, { ...core.coreService.decPrivateModes, synchronizedOutput: null }],
    terminalModes: { ...terminal.modes, synchronizedOutputMode: null },
    hidden: core.coreService.isCursorHidden,
    mouse: [core.coreMouseService.activeProtocol, core.coreMouseService.activeEncoding],
    options: [core.optionsService.rawOptions.convertEol, core.optionsService.rawOptions.cursorBlink],
    titles: [handler._windowTitle, handler._iconName],
    colors,
    joins: joins(parser.precedingJoinState),
    parser: parser.currentState ? [parser.currentState, parser._collect, parser._params.toArray()] : [],
    utf8: [...handler._utf8Decoder.interim],
  };
}

function compare(a, b, path, differences) {
  if (a !== null && b !== null && typeof a === 'object' && typeof b === 'object') {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      compare(a[key], b[key], path === '' ? key : `${path}.${key}`, differences);
    }
  } else if (a !== b) {
    differences.push(`${path}: want ${JSON.stringify(a)}, have ${JSON.stringify(b)}`);
  }
}

function judge({ name, a, b, quiet, ...how }) {
  const want = open(how);
  try {
    run(want, a);
  } catch (error) {
    return { name, differences: [], failed: String(error) };
  }
  const have = open(how);
  const differences = [];
  try {
    run(have, b.slice(0, quiet));
    if (have.replies !== '') differences.push(`answers: ${JSON.stringify(have.replies)}`);
    run(have, b.slice(quiet));
    compare(capture(want), capture(have), '', differences);
  } catch (error) {
    differences.push(`threw: ${error.stack}`);
  }
  want.terminal.dispose();
  have.terminal.dispose();
  const more = differences.length - MOST_DIFFERENCES;
  const shown = differences.slice(0, MOST_DIFFERENCES);
  return { name, differences: more > 0 ? [...shown, `and ${more} more`] : shown };
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line !== '') process.stdout.write(`${JSON.stringify(judge(JSON.parse(line)))}\n`);
}
