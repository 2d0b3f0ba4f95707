// Two clocks of a recording: the time that passed, and the time it takes to watch it, in which no
// pause is longer than a person likes to wait. Within a pause the first runs faster; so each moment
// of one clock is a moment of the other.

import type { Recording, RecordingCommand, RecordingPause } from '../wire';

/** Where the two clocks stop running alike, in seconds of each. */
interface Knot {
  real: number;
  shown: number;
}

export class Timeline {
  /** Seconds it takes to watch. */
  readonly total: number;
  private readonly knots: Knot[];

  /** `limit`: the longest pause, in seconds; `null`: as they were. */
  constructor(
    readonly recording: Pick<Recording, 'seconds' | 'pauses' | 'parts' | 'commands'>,
    limit: number | null,
  ) {
    this.knots = knots(recording.pauses, recording.seconds, limit);
    this.total = this.knots.at(-1)?.shown ?? 0;
  }

  shown(real: number): number {
    return across(this.knots, real, 'real', 'shown');
  }

  real(shown: number): number {
    return across(this.knots, shown, 'shown', 'real');
  }

  /** Which part has this moment. */
  partAt(real: number): number {
    const after = this.recording.parts.findIndex((part) => part.at > real);
    return Math.max(0, (after === -1 ? this.recording.parts.length : after) - 1);
  }

  /** The next command, or the one before: the present one again when it began a while ago. */
  command(real: number, way: 'next' | 'previous'): RecordingCommand | null {
    const { commands } = this.recording;
    if (way === 'next') return commands.find((command) => command.at > real + SAME) ?? null;
    const now = this.shown(real);
    return commands.findLast((command) => this.shown(command.at) < now - BEGUN) ?? null;
  }

  /** Which command runs or ran last; -1 before the first. */
  commandAt(real: number): number {
    return this.recording.commands.findLastIndex((command) => command.at <= real + SAME);
  }
}

/** Seconds before a command began at which it is shown: as it was typed, without what it printed. */
export const LEAD = 0.001;
const SAME = 2 * LEAD;
/** Seconds of watching after which "previous" goes to the beginning of the same command. */
const BEGUN = 1.5;

function knots(pauses: readonly RecordingPause[], seconds: number, limit: number | null): Knot[] {
  const found: Knot[] = [{ real: 0, shown: 0 }];
  let saved = 0;
  for (const { at, seconds: long } of pauses) {
    if (limit === null || long <= limit) continue;
    found.push({ real: at, shown: at - saved });
    saved += long - limit;
    found.push({ real: at + long, shown: at + long - saved });
  }
  found.push({ real: Math.max(seconds, found.at(-1)?.real ?? 0), shown: 0 });
  const last = found[found.length - 1]!;
  last.shown = last.real - saved;
  return found;
}

function across(all: readonly Knot[], value: number, from: keyof Knot, to: keyof Knot): number {
  let [low, high] = [0, all.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (all[middle]![from] <= value) low = middle;
    else high = middle;
  }
  const [a, b] = [all[low]!, all[high]!];
  const part = b[from] === a[from] ? 1 : Math.min(1, Math.max(0, (value - a[from]) / (b[from] - a[from])));
  return a[to] + part * (b[to] - a[to]);
}

/** "0:07", "12:40", "3:02:09". */
export function position(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds + 1e-3));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
