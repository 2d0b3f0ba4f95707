// Search in what the page holds of one terminal. The addon is loaded with the first search.

import type { ISearchOptions, SearchAddon } from '@xterm/addon-search';
import type { Terminal } from '@xterm/xterm';
import { token } from './theme';

export interface Wanted {
  text: string;
  regex: boolean;
  caseSensitive: boolean;
  wholeWord: boolean;
}

/** `at` is -1 when there are more than are counted. */
export interface Counted {
  at: number;
  count: number;
}

export class Finder {
  /** Told whenever the number of matches, or the one in front, changes. */
  counted: (counted: Counted) => void = () => undefined;
  private addon: Promise<SearchAddon> | null = null;
  private how = '';

  constructor(private readonly terminal: Terminal) {}

  /** `typing`: the match in front grows with the text, and the view moves only if it must. */
  async find(wanted: Wanted, way: 'next' | 'previous', typing = false): Promise<void> {
    if (wanted.text === '' || (wanted.regex && !isRegex(wanted.text))) return this.clear();
    const addon = await this.load();
    const { text, ...how } = wanted;
    // The addon itself marks anew only when the text is another one.
    if (this.how !== (this.how = JSON.stringify(how))) addon.clearDecorations();
    const options: ISearchOptions = { ...how, incremental: typing, decorations: highlights() };
    if (way === 'next') addon.findNext(text, options);
    else addon.findPrevious(text, options);
  }

  async clear(): Promise<void> {
    this.counted({ at: -1, count: 0 });
    if (this.addon) (await this.addon).clearDecorations();
  }

  private load(): Promise<SearchAddon> {
    this.addon ??= import('@xterm/addon-search').then(({ SearchAddon }) => {
      const addon = new SearchAddon({ highlightLimit: 5_000 });
      this.terminal.loadAddon(addon);
      addon.onDidChangeResults(({ resultIndex, resultCount }) => this.counted({ at: resultIndex, count: resultCount }));
      return addon;
    });
    return this.addon;
  }
}

export function isRegex(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

function highlights(): NonNullable<ISearchOptions['decorations']> {
  return {
    matchBackground: token('term-selection'),
    matchOverviewRuler: token('warn'),
    activeMatchBackground: token('warn'),
    activeMatchBorder: token('warn'),
    activeMatchColorOverviewRuler: token('accent'),
  };
}
