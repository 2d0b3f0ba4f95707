// Which sessions are open, in which order, and which one is in front. The address carries it
// (`#tabs=a,b:r&active=a`, `:r` = read-only), so a reload brings back exactly the same tabs.

import type { JoinMode, SessionRow } from '../wire';

export interface Tab {
  id: string;
  mode: JoinMode;
}

export interface Tabs {
  list: readonly Tab[];
  active: string | null;
}

export const NO_TABS: Tabs = { list: [], active: null };

/** Adds at the end, or only brings to the front when it is open. */
export function openTab(tabs: Tabs, tab: Tab): Tabs {
  const known = tabs.list.some((other) => other.id === tab.id);
  return { list: known ? tabs.list : [...tabs.list, tab], active: tab.id };
}

/** The right neighbour of a closed active tab comes to the front, else the left one. */
export function closeTab(tabs: Tabs, id: string): Tabs {
  const at = tabs.list.findIndex((tab) => tab.id === id);
  if (at === -1) return tabs;
  const list = tabs.list.filter((tab) => tab.id !== id);
  const active = tabs.active === id ? (list[Math.min(at, list.length - 1)]?.id ?? null) : tabs.active;
  return { list, active };
}

export function selectTab(tabs: Tabs, id: string): Tabs {
  return tabs.list.some((tab) => tab.id === id) ? { ...tabs, active: id } : tabs;
}

export function encodeTabs(tabs: Tabs): string {
  if (tabs.list.length === 0) return '#tabs=';
  const list = tabs.list.map((tab) => encodeURIComponent(tab.id) + (tab.mode === 'read' ? ':r' : ''));
  const active = tabs.active === null ? '' : `&active=${encodeURIComponent(tabs.active)}`;
  return `#tabs=${list.join(',')}${active}`;
}

/** `null` when the text holds no tabs at all, which is not the same as holding none. */
export function decodeTabs(text: string): Tabs | null {
  const fields = new Map(
    text
      .replace(/^#/, '')
      .split('&')
      .map((field) => field.split('=', 2) as [string, string | undefined]),
  );
  const stored = fields.get('tabs');
  if (stored === undefined) return null;
  const list: Tab[] = [];
  for (const part of stored.split(',')) {
    const id = decode(part.replace(/:r$/, ''));
    if (id !== '' && !list.some((tab) => tab.id === id)) {
      list.push({ id, mode: part.endsWith(':r') ? 'read' : 'write' });
    }
  }
  const active = decode(fields.get('active') ?? '');
  const known = list.some((tab) => tab.id === active);
  return { list, active: known ? active : (list[0]?.id ?? null) };
}

/** What to open at load, and how many stored tabs are of sessions that no longer exist. */
export function initialTabs(stored: Tabs | null, rows: readonly SessionRow[]): { tabs: Tabs; gone: number } {
  if (stored !== null) {
    const list = stored.list.filter((tab) => rows.some((row) => row.session_id === tab.id));
    const active = list.some((tab) => tab.id === stored.active) ? stored.active : (list[0]?.id ?? null);
    const gone = stored.list.length - list.length;
    if (list.length > 0 || gone === 0) return { tabs: { list, active }, gone };
    return { ...initialTabs(null, rows), gone };
  }
  const running = rows.filter((row) => row.state === 'running');
  const list = running.map((row): Tab => ({ id: row.session_id, mode: 'write' }));
  return { tabs: { list, active: list[0]?.id ?? null }, gone: 0 };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
