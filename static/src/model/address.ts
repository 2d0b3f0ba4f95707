// What the page's address says: `#active=a` is the session in front, kept so that a reload of this
// page comes back to it. `#tabs=a,b:r&active=a` is a link to several (`:r` = read-only). Both open
// what is not open yet; everything else about the layout is kept on the server.

import type { JoinMode } from '../wire';

export interface Link {
  sessions: readonly { id: string; mode: JoinMode }[];
  active: string | null;
}

export function encodeLink(active: string | null): string {
  return active === null ? '#' : `#active=${encodeURIComponent(active)}`;
}

/** `null` when the text names no session at all. */
export function decodeLink(text: string): Link | null {
  const fields = new Map(
    text
      .replace(/^#/, '')
      .split('&')
      .map((field) => field.split('=', 2) as [string, string | undefined]),
  );
  const sessions = new Map<string, JoinMode>();
  for (const part of (fields.get('tabs') ?? '').split(',')) {
    const id = decode(part.replace(/:r$/, ''));
    if (id !== '' && !sessions.has(id)) sessions.set(id, part.endsWith(':r') ? 'read' : 'write');
  }
  const active = decode(fields.get('active') ?? '');
  if (active !== '' && !sessions.has(active) && !fields.has('tabs')) sessions.set(active, 'write');
  if (sessions.size === 0) return null;
  const list = [...sessions].map(([id, mode]) => ({ id, mode }));
  return { sessions: list, active: sessions.has(active) ? active : (list[0]?.id ?? null) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
