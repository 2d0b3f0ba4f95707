// What this browser remembers between visits. It may be refused (private windows): then nothing is
// remembered and everything still works.

const PREFIX = 'coda.';

export function read(key: 'tabs' | 'receipts'): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

export function write(key: 'tabs' | 'receipts', value: string): void {
  try {
    localStorage.setItem(PREFIX + key, value);
  } catch {
    // Not remembered.
  }
}
