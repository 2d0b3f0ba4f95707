// The panels that are not part of the first load. They are fetched as soon as the page has nothing
// better to do, so that each opens at once, also when the daemon is just being replaced.

export const lazy = {
  consent: () => import('./panels/Consent.svelte'),
  contextMenu: () => import('./panels/ContextMenu.svelte'),
  download: () => import('./panels/Download.svelte'),
  help: () => import('./panels/Help.svelte'),
  inbox: () => import('./InboxHost.svelte'),
  layoutMenu: () => import('./panels/LayoutMenu.svelte'),
  newSession: () => import('./panels/NewSession.svelte'),
  palette: () => import('./panels/Palette.svelte'),
  past: () => import('./panels/Past.svelte'),
  pasteConfirm: () => import('./panels/PasteConfirm.svelte'),
  replay: () => import('./panels/Replay.svelte'),
  search: () => import('./panels/Search.svelte'),
  sessionList: () => import('./panels/SessionList.svelte'),
  settings: () => import('./panels/Settings.svelte'),
  setup: () => import('./panels/Setup.svelte'),
  task: () => import('./TaskHost.svelte'),
  tasks: () => import('./TasksHost.svelte'),
  token: () => import('./panels/Token.svelte'),
  usage: () => import('./UsageHost.svelte'),
  voice: () => import('./panels/Voice.svelte'),
};

/** Milliseconds for what the page needs first. */
const LATER = 1_500;

/** One after the other, whenever the page is idle; what does not come now is asked for when it is shown. */
export function fetchAhead(): void {
  const idle = globalThis.requestIdleCallback ?? ((run: () => void) => setTimeout(run, LATER));
  const loads = Object.values(lazy);
  const next = (): void => {
    const load = loads.shift();
    if (load) void load().catch(() => undefined).then(() => idle(next));
  };
  setTimeout(() => idle(next), LATER);
}
