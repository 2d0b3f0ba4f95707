// Finding by a few letters in order: beginnings of words count most, letters side by side more than
// scattered ones, short texts more than long ones.

export interface Match {
  score: number;
  /** Positions in the text that were matched, for marking. */
  at: number[];
}

/** `null` when not all letters of the query occur in order. Spaces in the query mean nothing. */
export function fuzzy(query: string, text: string): Match | null {
  const wanted = query.toLowerCase().replaceAll(/\s+/g, '');
  const given = text.toLowerCase();
  if (wanted === '') return { score: 0, at: [] };
  let best: Match | null = null;
  for (let start = given.indexOf(wanted[0] ?? ''); start !== -1; start = given.indexOf(wanted[0] ?? '', start + 1)) {
    const found = from(start, wanted, given, text);
    if (found && (!best || found.score > best.score)) best = found;
  }
  return best;
}

const WORD = 8;
const BESIDE = 5;
const PLAIN = 1;

function from(start: number, wanted: string, given: string, text: string): Match | null {
  const at: number[] = [];
  let score = 0;
  let next = start;
  for (const char of wanted) {
    const before = at.at(-1);
    const beside = before !== undefined && given[before + 1] === char ? before + 1 : -1;
    const word = beside === -1 ? wordStart(char, next, given, text) : -1;
    const position = beside !== -1 ? beside : word !== -1 ? word : given.indexOf(char, next);
    if (position === -1) return null;
    score += startsWord(position, text) ? WORD : position === beside ? BESIDE : PLAIN;
    at.push(position);
    next = position + 1;
  }
  return { score: score - given.length / 100 - start / 50, at };
}

function wordStart(char: string, from: number, given: string, text: string): number {
  for (let at = given.indexOf(char, from); at !== -1; at = given.indexOf(char, at + 1)) {
    if (startsWord(at, text)) return at;
  }
  return -1;
}

function startsWord(at: number, text: string): boolean {
  return at === 0 || /[^\p{L}\p{N}]/u.test(text[at - 1] ?? ' ');
}

/** The text in pieces, matched and not, for marking. */
export function pieces(text: string, at: readonly number[]): { text: string; hit: boolean }[] {
  const cut: { text: string; hit: boolean }[] = [];
  for (const [position, char] of [...text].entries()) {
    const hit = at.includes(position);
    const last = cut.at(-1);
    if (last?.hit === hit) last.text += char;
    else cut.push({ text: char, hit });
  }
  return cut;
}
