// The look of the page follows the settings: the theme's tokens, the colour of the browser's own
// frame, and the font, which is loaded when it is first wanted.

import type { FontName } from './model/settings';
import { shownTheme, type Theme } from './model/themes';
import { settings } from './settings.svelte';

const LATE_MS = 1_500;
const STYLES: Partial<Record<FontName, () => Promise<unknown>>> = {
  'Fira Code': () => import('./styles/fira-code.css'),
  'Cascadia Code': () => import('./styles/cascadia-code.css'),
  'Source Code Pro': () => import('./styles/source-code-pro.css'),
};
const light = matchMedia('(prefers-color-scheme: light)');

/** The theme that is shown now. */
export function theme(): Theme {
  return shownTheme(settings.current, light.matches);
}

/** Dresses the page, and again whenever the settings or the system change; `changed` comes after. */
export function dress(changed: () => void): void {
  const again = (): void => {
    const { name } = theme();
    document.documentElement.dataset['theme'] = name;
    const frame = getComputedStyle(document.documentElement).getPropertyValue('--chrome').trim();
    for (const meta of document.querySelectorAll('meta[name=theme-color]')) meta.setAttribute('content', frame);
    changed();
    void fontReady().then(changed);
  };
  light.addEventListener('change', again);
  settings.watch(again);
  again();
}

/** Resolves when the font can be measured, or after a moment without it. */
export async function fontReady(): Promise<void> {
  const { font } = settings.current;
  const late = new Promise((resolve) => setTimeout(resolve, LATE_MS));
  await Promise.race([load(font).catch(() => undefined), late]);
}

async function load(font: FontName): Promise<void> {
  if (font === 'System') return;
  await STYLES[font]?.();
  await Promise.all(['400', '700'].map((weight) => document.fonts.load(`${weight} 13px "${font}"`)));
}
