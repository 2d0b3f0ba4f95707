// What the use of models came to: sums as people read them. Days are UTC, as the server counts them.

import type { GatewayStatus, Usage, UsageRow, UsageSums } from '../wire';
import { duration } from './format';

/** Days to look back, today included. */
export const RANGES = [1, 7, 30] as const;
export type Range = (typeof RANGES)[number];
export const MEASURES = ['cost', 'tokens', 'requests'] as const;
export type Measure = (typeof MEASURES)[number];

/** What one look brings: the same requests, told apart in four ways. */
export interface Book {
  range: Range;
  total: UsageSums;
  /** The oldest first, none left out. */
  days: readonly Day[];
  sessions: readonly Entry[];
  agents: readonly Entry[];
  models: readonly Entry[];
  /** There was too much for one answer, and the sums leave out the rest. */
  truncated: boolean;
}

export interface Day {
  day: string;
  /** `null`: nothing was asked that day. */
  sums: UsageSums | null;
}

/** `key`: a session's id, an agent, or a model; '' when it was not said. */
export interface Entry {
  key: string;
  sums: UsageSums;
}

export interface Answers {
  day: Usage;
  session: Usage;
  agent: Usage;
  model: Usage;
}

export function bookOf(range: Range, { day, session, agent, model }: Answers): Book {
  return {
    range,
    total: day.total,
    days: everyDay(day),
    sessions: ranked(session.rows, (row) => row.session_id),
    agents: ranked(agent.rows, (row) => row.agent),
    models: ranked(model.rows, (row) => row.model),
    truncated: day.truncated || session.truncated || agent.truncated || model.truncated,
  };
}

const DAY_MS = 86_400_000;

function everyDay({ since, until, rows }: Usage): Day[] {
  const known = new Map(rows.map((row) => [row.day, row]));
  const days: Day[] = [];
  for (let at = Date.parse(since); at <= Date.parse(until); at += DAY_MS) {
    const day = new Date(at).toISOString().slice(0, 10);
    days.push({ day, sums: known.get(day) ?? null });
  }
  return days;
}

/** What cost most first; what has no known cost by its tokens. */
function ranked(rows: readonly UsageRow[], key: (row: UsageRow) => string | null): Entry[] {
  const entries = rows.map((row) => ({ key: key(row) ?? '', sums: row as UsageSums }));
  const weight = (one: Entry, other: Entry): number =>
    (other.sums.cost_usd ?? 0) - (one.sums.cost_usd ?? 0) || tokens(other.sums) - tokens(one.sums) || other.sums.requests - one.sums.requests;
  return entries.sort((one, other) => weight(one, other) || one.key.localeCompare(other.key));
}

/** Of several; how long answers took is told of none together. */
export function summed(all: readonly UsageSums[]): UsageSums | null {
  const [first, ...rest] = all;
  if (!first) return null;
  const add = (a: UsageSums, b: UsageSums): UsageSums => {
    const both = Object.entries(a).map(([name, value]) => [name, value === null && b[name as keyof UsageSums] === null ? null : (value ?? 0) + (b[name as keyof UsageSums] ?? 0)]);
    return { ...(Object.fromEntries(both) as UsageSums), first_byte_ms: null, total_ms: null };
  };
  return rest.reduce(add, first);
}

export function tokens(sums: UsageSums): number {
  return sums.input_tokens + cached(sums) + sums.output_tokens;
}

/** Read from a cache, or written into one. */
export function cached({ cached_tokens: read, cache_write_tokens: written }: UsageSums): number {
  return read + written;
}

export function errors(sums: UsageSums): number {
  return sums.errors_unauthorized + sums.errors_throttled + sums.errors_invalid + sums.errors_failed + sums.errors_network;
}

/** What went wrong, by its kind; what did not happen is left out. */
export function troubles(sums: UsageSums, count: (n: number) => string): string[] {
  const kinds: [number, string][] = [
    [sums.errors_unauthorized, 'refused for their token'],
    [sums.errors_throttled, 'asked too often'],
    [sums.errors_invalid, 'refused as invalid'],
    [sums.errors_failed, 'failed at the model'],
    [sums.errors_network, 'reached nobody'],
    [sums.cancelled, 'given up by the agent'],
  ];
  return kinds.filter(([times]) => times > 0).map(([times, word]) => `${count(times)} ${word}`);
}

/** What the numbers leave out. */
export function remarks({ total, truncated }: Book, count: (n: number) => string): string[] {
  const said: string[] = [];
  const { requests_without_price: unpriced, requests_without_usage: unmetered } = total;
  if (unpriced > 0) said.push(`The price of ${count(unpriced)} ${unpriced === 1 ? 'request' : 'requests'} is unknown: not in the cost. Name it in your list of prices (gateway.prices).`);
  if (unmetered > 0) said.push(`${count(unmetered)} ${unmetered === 1 ? 'answer' : 'answers'} did not say how many tokens ${unmetered === 1 ? 'it' : 'they'} took: in neither tokens nor cost.`);
  if (truncated) said.push('There is more than one answer holds: the sums leave out the rest.');
  return said;
}

/** Why there may be nothing to count here; '' when agents go through the gateway. */
export function uncounted({ mode }: GatewayStatus): string {
  if (mode === null) return 'There is no gateway here: without a workspace agents reach their models by themselves, and nobody counts what they use.';
  if (mode === 'direct') return 'Agents talk to the models directly (GATEWAY_MODE=direct): what they use is not counted here.';
  return '';
}

export function standing({ mode, reachable, has_token, requests_in_flight: open }: GatewayStatus, count: (n: number) => string): string {
  if (mode !== 'gateway') return '';
  const said = !has_token ? 'The gateway waits for the workspace token' : reachable === false ? 'The models do not answer' : reachable ? 'The models answer' : 'No model was asked yet';
  return open > 0 ? `${said}; ${count(open)} ${open === 1 ? 'request' : 'requests'} under way` : said;
}

export function measured(sums: UsageSums | null, measure: Measure): number {
  if (sums === null) return 0;
  return measure === 'cost' ? (sums.cost_usd ?? 0) : measure === 'tokens' ? tokens(sums) : sums.requests;
}

export interface Bar {
  day: string;
  /** Of the chart's height, from 0 to 1. */
  height: number;
  value: number;
}

/** `top`: what the highest line of the chart stands for. */
export function bars(days: readonly Day[], measure: Measure): { top: number; bars: Bar[] } {
  const values = days.map(({ sums }) => measured(sums, measure));
  const top = roundUp(Math.max(0, ...values));
  return { top, bars: days.map(({ day }, at) => ({ day, value: values[at] ?? 0, height: top > 0 ? (values[at] ?? 0) / top : 0 })) };
}

/** The next of 1, 2, 5 with any power of ten. */
function roundUp(value: number): number {
  if (value <= 0) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** Which days have their name below the chart: all of a week, else every seventh back from today. */
export function named(days: number, at: number): boolean {
  return days <= 7 || (days - 1 - at) % 7 === 0;
}

export interface Formats {
  count(n: number): string;
  /** Short for what is long: "12,345", "1.23M". */
  short(n: number): string;
  /** In US dollars. */
  usd(n: number): string;
  cost(sums: UsageSums): string;
  day(day: string): string;
  time(ms: number | null): string;
}

const LONG = 100_000;
const CENT = 0.01;

/** As people of this locale write it; the browser's when none is given. */
export function formats(locale?: string): Formats {
  const whole = new Intl.NumberFormat(locale);
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumSignificantDigits: 3 });
  const dollars = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD' });
  const fractions = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD', maximumSignificantDigits: 2, minimumFractionDigits: 0 });
  const date = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const usd = (n: number): string => (n > 0 && n < CENT ? fractions.format(n) : dollars.format(n));
  return {
    count: (n) => whole.format(n),
    short: (n) => (n < LONG ? whole.format(n) : compact.format(n)),
    usd,
    cost: (sums) => costOf(sums, usd),
    day: (day) => date.format(Date.parse(day)),
    // Number and unit stay together.
    time: (ms) => (ms === null ? '–' : duration(ms).replaceAll(' ', '\u00a0')),
  };
}

/** "$1.20", "$1.20+" when that is not all, "unknown" when nobody knows. */
function costOf(sums: UsageSums, usd: (n: number) => string): string {
  const { requests, cost_usd: cost, requests_without_price: unpriced, requests_without_usage: unmetered } = sums;
  if (cost === null) return requests === 0 ? usd(0) : 'unknown';
  return unpriced > 0 || unmetered > 0 ? `${usd(cost)}+` : usd(cost);
}
