// A mark in the margin beside each command, coloured by how it ended, and the ways between them.

import type { IDecoration, IMarker, Terminal } from '@xterm/xterm';
import { markTitle, neighbour, shellMark } from '../model/marks';
import { token } from './theme';

interface Command {
  marker: IMarker;
  decoration: IDecoration | undefined;
  /** `undefined` until it ended. */
  exit?: number | null;
}

export class CommandMarks {
  private commands: Command[] = [];

  constructor(private readonly terminal: Terminal) {
    terminal.parser.registerOscHandler(133, (data) => this.heard(data));
  }

  /** Scrolls to the prompt above or below what is shown; false when there is none. */
  jump(way: 'up' | 'down'): boolean {
    const { viewportY, baseY } = this.terminal.buffer.active;
    const line = neighbour(this.lines(), viewportY, way);
    if (line === null || (way === 'down' && viewportY >= baseY)) return false;
    this.terminal.scrollToLine(line);
    return true;
  }

  /** Where the commands stand, and how each ended; for what shows them. */
  list(): { line: number; exit: number | null | undefined }[] {
    return this.kept().map(({ marker, exit }) => ({ line: marker.line, exit }));
  }

  private heard(data: string): boolean {
    const mark = shellMark(data);
    if (mark?.kind === 'prompt') this.begin();
    else if (mark?.kind === 'done') this.end(mark.exit);
    return true;
  }

  private begin(): void {
    const marker = this.terminal.registerMarker(0);
    if (!marker) return;
    const last = this.kept().at(-1);
    // A prompt drawn anew, after a resize say, is the same prompt.
    if (last?.marker.line === marker.line) return marker.dispose();
    this.commands = [...this.kept(), { marker, decoration: undefined }];
  }

  private end(exit: number | null): void {
    const last = this.kept().at(-1);
    // An empty line ends nothing.
    if (!last || last.exit !== undefined) return;
    last.exit = exit;
    const color = exit === null ? token('text-3') : exit === 0 ? token('ok') : token('bad');
    last.decoration = this.terminal.registerDecoration({
      marker: last.marker,
      width: 1,
      layer: 'top',
      overviewRulerOptions: { color, position: 'left' },
    });
    last.decoration?.onRender((element) => {
      element.className = `xterm-decoration command-mark ${exit === 0 ? 'ok' : exit === null ? 'unknown' : 'bad'}`;
      element.title = markTitle(exit);
    });
  }

  private lines(): number[] {
    return this.kept().map(({ marker }) => marker.line);
  }

  private kept(): Command[] {
    return this.commands.filter(({ marker }) => !marker.isDisposed && marker.line >= 0);
  }
}
