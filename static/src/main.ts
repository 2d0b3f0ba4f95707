// Boot: styles, the page, and the hook for browser tests.

import { mount } from 'svelte';
import '@xterm/xterm/css/xterm.css';
import './styles/fonts.css';
import './styles/tokens.css';
import './styles/base.css';
import App from './App.svelte';
import { Workbench } from './workbench.svelte';

declare global {
  interface Window {
    /**
     * For browser tests only; nothing in the page uses it.
     * `text` is the visible screen of the active terminal, one line per row; `state` is the state
     * word of the status line ("live", "reconnecting", … — see model/status.ts); `sessionId` is the
     * active session; `rests` says that no terminal has anything left to parse or to fit.
     */
    coda: { text(): string; state(): string; sessionId(): string | null; rests(): boolean };
  }
}

const bench = new Workbench();
window.coda = {
  text: () => bench.active?.pane.text() ?? '',
  state: () => bench.word,
  sessionId: () => bench.active?.id ?? null,
  rests: () => bench.views.every((view) => view.pane.rests),
};

// Only a page from https or this machine may have one.
void navigator.serviceWorker?.register('/service-worker.js').catch(() => undefined);

const target = document.getElementById('app');
if (target) mount(App, { target, props: { bench } });
