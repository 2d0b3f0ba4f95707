// OSC 133: shells say where a prompt, a command and its output begin, and how the command ended.

export type ShellMark =
  | { kind: 'prompt' | 'command' | 'output' }
  /** `exit`: null when the shell does not say. */
  | { kind: 'done'; exit: number | null };

const KINDS: Record<string, 'prompt' | 'command' | 'output'> = { A: 'prompt', B: 'command', C: 'output' };

/** `null` for marks that are of no use here. */
export function shellMark(data: string): ShellMark | null {
  const [letter = '', status = ''] = data.split(';');
  const kind = KINDS[letter];
  if (kind) return { kind };
  if (letter !== 'D') return null;
  return { kind: 'done', exit: /^-?\d+$/.test(status) ? Number(status) : null };
}

/** The nearest line above or below `from`; `null` when there is none. */
export function neighbour(lines: readonly number[], from: number, way: 'up' | 'down'): number | null {
  const beyond = lines.filter((line) => (way === 'up' ? line < from : line > from));
  if (beyond.length === 0) return null;
  return way === 'up' ? Math.max(...beyond) : Math.min(...beyond);
}

/** What a mark says to whoever points at it. */
export function markTitle(exit: number | null | undefined): string {
  if (exit === undefined) return 'Command';
  if (exit === null) return 'Command ended, exit status unknown';
  return exit === 0 ? 'Command succeeded' : `Command failed with exit status ${exit}`;
}
