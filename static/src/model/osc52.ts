// OSC 52: programs that put text on the clipboard. Reading it back is always refused: a file that
// somebody prints must not learn what a person copied.

/** Bytes of text; more is not taken. */
const MOST = 1024 * 1024;

/** What to put on the clipboard; `null` for a question, for an empty or broken text, or too much. */
export function clipboardText(data: string): string | null {
  const at = data.indexOf(';');
  const payload = data.slice(at + 1);
  if (at === -1 || payload === '' || payload === '?' || payload.length > (MOST * 4) / 3 + 4) return null;
  try {
    const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes) || null;
  } catch {
    return null;
  }
}

/** Sessions that may, or may not, write to the clipboard: one a line, "+id" or "-id", newest last. */
const REMEMBERED = 200;

export function consentOf(stored: string, sessionId: string): 'yes' | 'no' | 'unknown' {
  const lines = stored.split('\n');
  if (lines.includes(`+${sessionId}`)) return 'yes';
  return lines.includes(`-${sessionId}`) ? 'no' : 'unknown';
}

export function withConsent(stored: string, sessionId: string, allowed: boolean): string {
  const others = stored.split('\n').filter((line) => line !== '' && line.slice(1) !== sessionId);
  return [...others, `${allowed ? '+' : '-'}${sessionId}`].slice(-REMEMBERED).join('\n');
}
