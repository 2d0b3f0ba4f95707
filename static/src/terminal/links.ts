// What can be followed in a terminal: web pages, and places in files.

import type { ILink, Terminal } from '@xterm/xterm';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { fileLinks } from '../model/filelinks';

export function followLinks(terminal: Terminal, file: (path: string, line: number) => void): void {
  terminal.loadAddon(new WebLinksAddon((_event, uri) => openLink(uri)));
  terminal.registerLinkProvider({
    provideLinks: (row, callback) => {
      const text = terminal.buffer.active.getLine(row - 1)?.translateToString(true) ?? '';
      const links = fileLinks(text).map(({ path, line, start, end }): ILink => ({
        text: text.slice(start, end),
        range: { start: { x: start + 1, y: row }, end: { x: end, y: row } },
        activate: () => file(path, line),
      }));
      callback(links);
    },
  });
}

/** Links come from programs: only web pages, never with a handle on this page. */
export function openLink(uri: string): void {
  if (/^https?:\/\//i.test(uri)) window.open(uri, '_blank', 'noopener,noreferrer');
}
