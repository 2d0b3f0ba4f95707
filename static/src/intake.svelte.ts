// What people hand in: text and files, pasted or dropped. Files are stored on the machine and their
// paths typed; text that would run by itself is shown first.

import { harmless, needsLook, typedPaths } from './model/paste';
import { settings } from './settings.svelte';
import { Uploads } from './uploads.svelte';
import type { SessionView } from './view.svelte';
import type { Workbench } from './workbench.svelte';

export class Intake {
  readonly uploads = new Uploads();
  /** Waits for a look before it is pasted. */
  held = $state.raw<{ text: string; view: SessionView } | null>(null);
  /** Files are dragged over the page. */
  hovering = $state(false);

  constructor(private readonly bench: Workbench) {}

  /** Listens in front of the terminal; returns how to stop. */
  listen(area: HTMLElement): () => void {
    const stop = new AbortController();
    const { signal } = stop;
    area.addEventListener('paste', (event) => this.pasted(event), { capture: true, signal });
    window.addEventListener('dragover', (event) => this.over(event), { signal });
    window.addEventListener('dragleave', (event) => event.relatedTarget === null && (this.hovering = false), { signal });
    window.addEventListener('drop', (event) => this.dropped(event), { signal });
    return () => stop.abort();
  }

  /** Text as if it had been pasted, after a look where that is due. */
  paste(given: string): void {
    const text = harmless(given);
    const view = this.bench.active;
    if (!view || view.readOnly || view.ended || text === '') return;
    if (!settings.current.confirmPaste || !needsLook(text, view.pane.bracketed)) return view.pane.paste(text);
    this.held = { text, view };
    this.bench.dialogs.show('paste');
  }

  /** Somebody looked at it. `always`: never ask again. */
  accept(always: boolean): void {
    const held = this.held;
    if (always) settings.set({ confirmPaste: false });
    this.held = null;
    this.bench.dialogs.close();
    held?.view.pane.paste(held.text);
  }

  drop(): void {
    this.held = null;
    this.bench.dialogs.close();
  }

  async take(files: readonly File[]): Promise<void> {
    const view = this.bench.active;
    if (!view || view.readOnly || view.ended || files.length === 0) return;
    const paths = await this.uploads.add(files);
    if (paths.length > 0) view.pane.paste(typedPaths(paths));
    this.bench.focus();
  }

  /** By the system's own dialog. */
  choose(): void {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    input.onchange = () => void this.take([...(input.files ?? [])]);
    input.click();
  }

  async fromClipboard(): Promise<void> {
    try {
      this.paste(await navigator.clipboard.readText());
    } catch {
      this.bench.notices.say('The browser does not let this page read the clipboard: use its own paste.', 'warn');
    }
  }

  private pasted(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    const text = event.clipboardData?.getData('text/plain') ?? '';
    // A word processor puts a picture of the text beside it.
    if (files.length > 0 && text === '') void this.take(files);
    else if (text !== '') this.paste(text);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private over(event: DragEvent): void {
    if (!carries(event)) return;
    event.preventDefault();
    this.hovering = event.dataTransfer?.types.includes('Files') ?? false;
  }

  private dropped(event: DragEvent): void {
    this.hovering = false;
    if (!carries(event)) return;
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) void this.take(files);
    else this.paste(event.dataTransfer?.getData('text/plain') ?? '');
  }
}

/** Files and text; a tab that is dragged is something else. */
function carries(event: DragEvent): boolean {
  const types = event.dataTransfer?.types ?? [];
  return types.includes('Files') || (types.includes('text/plain') && !types.some((type) => type.startsWith('application/x-coda')));
}
