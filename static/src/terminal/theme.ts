// How terminals look. Their colours are design tokens like all others: read from styles/themes.css,
// so that one place decides the palettes.

import type { ITerminalOptions, ITheme } from '@xterm/xterm';
import { theme } from '../appearance';
import { settings } from '../settings.svelte';

const ANSI = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;
const SYSTEM_FONTS = 'ui-monospace, "SF Mono", Menlo, Consolas, monospace';
const READABLE = 4.5;

export function fontFamily(): string {
  const { font } = settings.current;
  return font === 'System' ? SYSTEM_FONTS : `"${font}", ${SYSTEM_FONTS}`;
}

/** Unless somebody chose: 12 px on a phone, so that 40 and more columns fit; 13 px elsewhere. */
export function fontSize(): number {
  return settings.current.fontSize ?? (window.innerWidth < 480 ? 12 : 13);
}

export function lineHeight(): number {
  return settings.current.lineHeight;
}

/** A token of the theme that is shown. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function readTheme(): ITheme {
  const style = getComputedStyle(document.documentElement);
  const term = (name: string): string => style.getPropertyValue(`--term-${name}`).trim();
  const read: ITheme & Record<string, string> = {
    background: term('bg'),
    foreground: term('fg'),
    cursor: term('cursor'),
    cursorAccent: term('bg'),
    selectionBackground: term('selection'),
    scrollbarSliderBackground: term('scrollbar'),
    scrollbarSliderHoverBackground: term('scrollbar-hover'),
    scrollbarSliderActiveBackground: term('scrollbar-hover'),
  };
  for (const color of ANSI) {
    read[color] = term(color);
    read[`bright${color.charAt(0).toUpperCase()}${color.slice(1)}`] = term(`bright-${color}`);
  }
  return read;
}

/** All that settings decide, but for the size of the type, which also depends on the pane. */
export function tasteOptions(): ITerminalOptions {
  const { cursorBlink, cursorStyle, minimumContrast, screenReader, scrollback } = settings.current;
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  return {
    cursorBlink: cursorBlink && !calm,
    cursorStyle,
    fontFamily: fontFamily(),
    lineHeight: lineHeight(),
    // On paper many agents' greys vanish, so contrast is enforced there.
    minimumContrastRatio: minimumContrast ?? (theme().light ? READABLE : 1),
    screenReaderMode: screenReader,
    scrollback,
    theme: readTheme(),
  };
}
