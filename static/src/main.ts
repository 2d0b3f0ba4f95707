// Boot: styles, the page, and the hook for browser tests.

import { mount } from 'svelte';
import '@xterm/xterm/css/xterm.css';
import './styles/fonts.css';
import './styles/themes.css';
import './styles/tokens.css';
import './styles/base.css';
import App from './App.svelte';
import { dress } from './appearance';
import { Workbench } from './workbench.svelte';

declare global {
  interface Window {
    /**
     * For browser tests only; nothing in the page uses it.
     * `text` is the visible screen of the active terminal, one line per row; `state` is the state
     * word of the status line ("live", "reconnecting", … — see model/status.ts); `sessionId` is the
     * active session, `sessions` are all that are open; `run` does an action; `rests` says that no terminal has anything left to parse or to fit. `type`
     * and `marks` tell of the active terminal: its type, and how its commands ended (null while they
     * run). `replay` tells of the recording that is shown: where it is (seconds), whether it plays
     * and whether its terminal shows that moment, `text`.
     */
    coda: {
      text(): string;
      state(): string;
      sessionId(): string | null;
      sessions(): string[];
      run(action: string): boolean;
      rests(): boolean;
      type(): { font: string; size: number; height: number } | null;
      marks(): (number | null)[];
      replay(): { at: number; playing: boolean; rests: boolean; text: string } | null;
    };
  }
}

const bench = new Workbench();
dress(() => bench.restyle());
window.coda = {
  text: () => bench.active?.pane.text() ?? '',
  state: () => bench.word,
  sessionId: () => bench.active?.id ?? null,
  sessions: () => bench.views.map((view) => view.id),
  run: (action) => bench.actions.run(action),
  rests: () => bench.views.every((view) => view.pane.rests),
  type: () => bench.active?.pane.type ?? null,
  marks: () => bench.active?.pane.marks.list().map(({ exit }) => exit ?? null) ?? [],
  replay: () => bench.replays.player?.told() ?? null,
};

// Only a page from https or this machine may have one.
void navigator.serviceWorker?.register('/service-worker.js').catch(() => undefined);

const target = document.getElementById('app');
if (target) mount(App, { target, props: { bench } });
