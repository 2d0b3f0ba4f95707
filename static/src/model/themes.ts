// The themes by name. Their colours are design tokens in styles/themes.css.

export const THEMES = [
  { name: 'dark', title: 'Dark', light: false },
  { name: 'light', title: 'Light', light: true },
  { name: 'dracula', title: 'Dracula', light: false },
  { name: 'solarized-dark', title: 'Solarized Dark', light: false },
  { name: 'solarized-light', title: 'Solarized Light', light: true },
  { name: 'nord', title: 'Nord', light: false },
  { name: 'monokai', title: 'Monokai', light: false },
  { name: 'github-dark', title: 'GitHub Dark', light: false },
] as const;

export type Theme = (typeof THEMES)[number];
export type ThemeName = Theme['name'];
export const THEME_NAMES: readonly ThemeName[] = THEMES.map((theme) => theme.name);

export function themeNamed(name: ThemeName): Theme {
  return THEMES.find((theme) => theme.name === name) ?? THEMES[0];
}

/** What to show: the one chosen, or what the person likes best of the kind the system asks for. */
export function shownTheme(
  chosen: { theme: ThemeName | 'system'; dark: ThemeName; light: ThemeName },
  systemIsLight: boolean,
): Theme {
  if (chosen.theme !== 'system') return themeNamed(chosen.theme);
  return themeNamed(systemIsLight ? chosen.light : chosen.dark);
}
