// Keys typed between asking for a panel and its coming are the panel's, and not the shell's.

/** More than anybody types ahead; what comes then is dropped. */
const MOST = 64;
/** A panel that takes longer does not come. */
const LONGEST_MS = 3_000;

export class TypeAhead {
  private held: KeyboardEvent[] = [];
  private frame: number | null = null;
  /** What is waited for, and since when. */
  private wait = { panel: '', since: 0 };

  constructor(
    /** Selects the panel that is to take the keys; `null` when none is. */
    private readonly awaited: () => string | null,
  ) {}

  /** True when the key was taken: the panel that it is meant for is not there yet. */
  take(event: KeyboardEvent): boolean {
    if (!this.waits()) return false;
    if (this.held.length < MOST) this.held.push(event);
    this.frame ??= requestAnimationFrame(() => this.look());
    return true;
  }

  private waits(): boolean {
    if (this.held.length > 0) return true;
    const panel = this.awaited();
    if (panel === null || document.querySelector(panel) !== null) {
      this.wait.panel = '';
      return false;
    }
    if (panel !== this.wait.panel) this.wait = { panel, since: performance.now() };
    return this.inTime;
  }

  private get inTime(): boolean {
    return performance.now() - this.wait.since < LONGEST_MS;
  }

  private look(): void {
    this.frame = null;
    const awaited = this.awaited();
    const panel = awaited === null ? null : document.querySelector(awaited);
    if (awaited !== null && panel === null && this.inTime) {
      this.frame = requestAnimationFrame(() => this.look());
      return;
    }
    const keys = this.held.splice(0);
    for (const key of keys) if (panel?.isConnected) play(key, panel);
  }
}

/** Does in `panel` what the key would have done. */
function play(key: KeyboardEvent, panel: Element): void {
  const target = document.activeElement && panel.contains(document.activeElement) ? document.activeElement : panel;
  const { code, ctrlKey, shiftKey, altKey, metaKey } = key;
  const again = new KeyboardEvent('keydown', { key: key.key, code, ctrlKey, shiftKey, altKey, metaKey, bubbles: true, cancelable: true });
  if (!target.dispatchEvent(again) || ctrlKey || altKey || metaKey) return;
  if (target instanceof HTMLInputElement && key.key.length === 1) write(target, key.key);
  else if (target instanceof HTMLInputElement && key.key === 'Backspace') erase(target);
  else if (target instanceof HTMLButtonElement && (key.key === 'Enter' || key.key === ' ')) target.click();
  else if (panel instanceof HTMLDialogElement && key.key === 'Escape') panel.close();
}

function write(field: HTMLInputElement, text: string): void {
  field.setRangeText(text, field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length, 'end');
  field.dispatchEvent(new InputEvent('input', { bubbles: true, data: text, inputType: 'insertText' }));
}

function erase(field: HTMLInputElement): void {
  const end = field.selectionEnd ?? field.value.length;
  const start = field.selectionStart === end ? Math.max(0, end - 1) : (field.selectionStart ?? end);
  field.setRangeText('', start, end, 'end');
  field.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'deleteContentBackward' }));
}
