// Which dialog stands before the page: one at most.

export type DialogName = 'sessions' | 'palette' | 'help' | (string & {});

export class Dialogs {
  open = $state<DialogName | null>(null);

  constructor(
    /** Before one is shown: what it will show may be old. */
    private readonly shown: (name: DialogName) => void,
    /** After one was closed: the focus goes back. */
    private readonly closed: () => void,
  ) {}

  show(name: DialogName): void {
    this.open = name;
    this.shown(name);
  }

  close(): void {
    if (this.open === null) return;
    this.open = null;
    this.closed();
  }
}
