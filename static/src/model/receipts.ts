// What a recovery found, as one sentence, and which receipts a page has shown already.

import type { Receipt } from '../wire';
import { bytes, clock, duration } from './format';

const REMEMBERED = 200;

/** "Daemon killed by signal 9 at 14:02:11, back after 0.4 s · 12 KB kept · 0 bytes lost" */
export function receiptSentence(receipt: Receipt, now: number): string {
  const time = clock(receipt.down_at, now, true);
  const when = time === null ? 'at an unknown time' : `at ${time}`;
  const facts = [`${headline(receipt.cause)} ${when}${back(receipt)}`];
  // Nothing was printed meanwhile: then nothing had to be kept, which is no news.
  if (receipt.bytes_kept !== 0) facts.push(count(receipt.bytes_kept, 'kept'));
  facts.push(count(receipt.bytes_lost, 'lost'));
  return facts.join(' · ');
}

/** "the daemon was killed by signal 9" → "Daemon killed by signal 9" */
function headline(cause: string): string {
  const words = cause
    .trim()
    .replace(/[.\s]+$/, '')
    .replace(/^the\s+/i, '')
    .replace(/^(\w+) was /, '$1 ');
  if (words === '') return 'Interrupted, cause unknown,';
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function back(receipt: Receipt): string {
  const gap = Date.parse(receipt.back_at) - Date.parse(receipt.down_at);
  return Number.isFinite(gap) && gap >= 0 ? `, back after ${duration(gap)}` : '';
}

function count(value: unknown, word: 'kept' | 'lost'): string {
  return typeof value === 'number' && value >= 0 ? `${bytes(value)} ${word}` : `unknown bytes ${word}`;
}

export function receiptKey(receipt: Receipt): string {
  return `${receipt.session_id}@${receipt.back_at}`;
}

/** The newest receipt of each open session that was not shown before. `receipts` is newest first. */
export function unseenReceipts(
  receipts: readonly Receipt[],
  open: readonly string[],
  seen: readonly string[],
): Receipt[] {
  const newest = new Map<string, Receipt>();
  for (const receipt of receipts) {
    if (!newest.has(receipt.session_id)) newest.set(receipt.session_id, receipt);
  }
  return [...newest.values()].filter(
    (receipt) => open.includes(receipt.session_id) && !seen.includes(receiptKey(receipt)),
  );
}

/** The remembered keys with these added: the newest 200. */
export function remember(seen: readonly string[], shown: readonly Receipt[]): string[] {
  const keys = shown.map(receiptKey);
  return [...seen.filter((key) => !keys.includes(key)), ...keys].slice(-REMEMBERED);
}
