// Short messages that come, offer at most one or two things to do, and go.

export interface NoticeAction {
  label: string;
  run(): void;
}

export interface Notice {
  id: number;
  tone: 'plain' | 'warn' | 'bad';
  text: string;
  actions: NoticeAction[];
}

const PLAIN_MS = 8_000;
const BAD_MS = 14_000;
const SHOWN = 3;

export class Notices {
  list = $state.raw<Notice[]>([]);
  private lastId = 0;
  private timers = new Map<number, ReturnType<typeof setTimeout>>();

  /** The same text is not said twice at once. */
  say(text: string, tone: Notice['tone'] = 'plain', actions: NoticeAction[] = []): void {
    const known = this.list.find((notice) => notice.text === text);
    if (known) this.drop(known.id);
    const notice = { id: ++this.lastId, tone, text, actions };
    this.list = [...this.list, notice].slice(-SHOWN);
    this.release(notice.id);
  }

  drop(id: number): void {
    this.hold(id);
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  /** Somebody reads or reaches for it: it stays. */
  hold(id: number): void {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
  }

  release(id: number): void {
    const notice = this.list.find((other) => other.id === id);
    if (!notice) return;
    this.hold(id);
    const ms = notice.tone === 'plain' ? PLAIN_MS : BAD_MS;
    this.timers.set(
      id,
      setTimeout(() => this.drop(id), ms),
    );
  }
}
