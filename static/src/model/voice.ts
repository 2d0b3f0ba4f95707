// Languages that are offered for dictation, and which one is tried first.

export const LANGUAGES: readonly (readonly [string, string])[] = [
  ['en-US', 'English (US)'], ['en-GB', 'English (UK)'], ['de-DE', 'Deutsch'], ['es-ES', 'Español'],
  ['fr-FR', 'Français'], ['hi-IN', 'हिन्दी'], ['it-IT', 'Italiano'], ['ja-JP', '日本語'], ['ko-KR', '한국어'],
  ['nl-NL', 'Nederlands'], ['pl-PL', 'Polski'], ['pt-BR', 'Português (Brasil)'], ['ru-RU', 'Русский'],
  ['sv-SE', 'Svenska'], ['tr-TR', 'Türkçe'], ['uk-UA', 'Українська'], ['zh-CN', '中文 (普通话)'],
];

/** The one that was chosen, else the first of the browser's that is offered, else English. */
export function languageFor(chosen: string | null, browser: readonly string[]): string {
  const offered = (tag: string): string | undefined => LANGUAGES.find(([known]) => known === tag || known.split('-')[0] === tag.split('-')[0])?.[0];
  const exact = LANGUAGES.find(([known]) => known === chosen)?.[0];
  return exact ?? browser.map(offered).find((tag) => tag !== undefined) ?? 'en-US';
}

/** Joins what was heard to what stands there, with one space between. */
export function joined(before: string, heard: string): string {
  const text = heard.trim();
  return text === '' ? before : before === '' || /\s$/.test(before) ? before + text : `${before} ${text}`;
}
