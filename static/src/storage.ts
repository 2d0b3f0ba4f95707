// What this browser remembers between visits. It may be refused (private windows): then nothing is
// remembered and everything still works.

const PREFIX = 'coda.';
export type Key = 'receipts' | 'settings' | 'consent' | 'clipboard' | 'recent' | 'usage' | 'inbox' | 'inbox-away';

export function read(key: Key): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

export function write(key: Key, value: string): void {
  try {
    localStorage.setItem(PREFIX + key, value);
  } catch {
    // Not remembered.
  }
}
