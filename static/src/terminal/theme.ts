// The terminal's colours are design tokens like all others: read from styles/tokens.css, so that
// one place decides both palettes.

import type { ITheme } from '@xterm/xterm';

const ANSI = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

export const FONT_FAMILY = '"JetBrains Mono", ui-monospace, "SF Mono", Menlo, Consolas, monospace';
export const LINE_HEIGHT = 1.12;

/** 12 px on a phone, so that 40 and more columns fit; 13 px elsewhere. */
export function fontSize(): number {
  return window.innerWidth < 480 ? 12 : 13;
}

export function readTheme(): ITheme {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(`--term-${name}`).trim();
  const theme: ITheme & Record<string, string> = {
    background: token('bg'),
    foreground: token('fg'),
    cursor: token('cursor'),
    cursorAccent: token('bg'),
    selectionBackground: token('selection'),
    scrollbarSliderBackground: token('scrollbar'),
    scrollbarSliderHoverBackground: token('scrollbar-hover'),
    scrollbarSliderActiveBackground: token('scrollbar-hover'),
  };
  for (const color of ANSI) {
    theme[color] = token(color);
    theme[`bright${color.charAt(0).toUpperCase()}${color.slice(1)}`] = token(`bright-${color}`);
  }
  return theme;
}

/** On paper many agents' greys vanish, so contrast is enforced there. */
export function minimumContrast(): number {
  return matchMedia('(prefers-color-scheme: light)').matches ? 4.5 : 1;
}

/** Resolves when the font can be measured, or after a moment without it. */
export async function fontReady(): Promise<void> {
  const load = ['400', '700'].map((weight) => document.fonts.load(`${weight} 13px "JetBrains Mono"`));
  const late = new Promise((resolve) => setTimeout(resolve, 1_500));
  await Promise.race([Promise.allSettled(load), late]);
}
