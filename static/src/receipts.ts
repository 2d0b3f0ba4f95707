// What recoveries found, shown once in the pane of the session it is about. Receipts are news, not
// necessity: without them everything still works.

import { listReceipts } from './api';
import { remember, unseenReceipts } from './model/receipts';
import * as storage from './storage';
import type { SessionView } from './view.svelte';
import type { Receipt } from './wire';

const SHOWN_MS = 9_000;

export async function readReceipts(views: () => readonly SessionView[]): Promise<void> {
  const receipts = await listReceipts().catch(() => []);
  showReceipts(receipts, views());
}

export function showReceipts(receipts: Receipt[], views: readonly SessionView[]): void {
  const seen = (storage.read('receipts') ?? '').split('\n').filter(Boolean);
  const fresh = unseenReceipts(receipts, views.map((view) => view.id), seen);
  for (const receipt of fresh) {
    const view = views.find((other) => other.id === receipt.session_id);
    if (!view) continue;
    view.receipt = receipt;
    view.receiptOpen = !view.failed && !view.ended;
    setTimeout(() => (view.receiptOpen = false), SHOWN_MS);
  }
  if (fresh.length > 0) storage.write('receipts', remember(seen, fresh).join('\n'));
}
