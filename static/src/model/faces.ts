// What a tab shows of its panes: one name, one dot, one badge, and what goes on.

import type { Exit, SessionRow } from '../wire';
import { activityOf, foremost, type ActivityFace } from './activity';
import { exitBadge, exitTone } from './exits';
import { sessionDot, type Dot } from './sessions';

export type Unseen = 'nothing' | 'output' | 'bell';
export type Tone = ReturnType<typeof exitTone>;

/** One pane as its tab and its header see it. */
export interface PaneFace {
  name: string;
  /** What the program says of itself, when that adds something. */
  title: string;
  dot: Dot;
  unseen: Unseen;
  readOnly: boolean;
  /** How it ended, in a word or two. */
  badge: string | null;
  tone: Tone;
  /** `null`: nobody says what goes on in it. */
  activity: ActivityFace | null;
}

export interface TabFace {
  id: string;
  name: string;
  aside: string;
  dot: Dot;
  unseen: Unseen;
  readOnly: boolean;
  badge: string | null;
  tone: Tone;
  /** Of the pane that is most worth a look. */
  activity: ActivityFace | null;
  /** Panes of its own, empty ones too. */
  panes: readonly string[];
}

export interface Facts {
  row: SessionRow | null;
  ended: boolean;
  exit: Exit | null;
  title: string;
  unseen: Unseen;
  readOnly: boolean;
}

export function paneFace(facts: Facts, name: string): PaneFace {
  const { row, ended, exit, title, unseen, readOnly } = facts;
  const asRow = row && ended ? { ...row, state: 'ended' as const, exit } : row;
  return {
    name,
    title: ended || title === name ? '' : title,
    dot: asRow ? sessionDot(asRow) : ended ? 'unknown' : 'running',
    unseen: ended ? 'nothing' : unseen,
    readOnly,
    badge: ended ? exitBadge(exit) : null,
    tone: exitTone(exit),
    activity: ended ? null : activityOf(row),
  };
}

/** What needs somebody comes first. */
const DOTS: readonly Dot[] = ['failed', 'crashed', 'unknown', 'running', 'ended'];
const UNSEEN: readonly Unseen[] = ['bell', 'output', 'nothing'];

/** `called`: what a person named the tab. `front`: the pane in focus, if it is a session. */
export function tabFace(id: string, called: string, panes: readonly string[], faces: readonly PaneFace[], front: PaneFace | null): TabFace {
  const [only] = faces;
  const alone = panes.length === 1 && only ? only : null;
  const worst = <T>(order: readonly T[], found: readonly T[], none: T): T => order.find((one) => found.includes(one)) ?? none;
  const named = front ?? only;
  return {
    id,
    name: called || named?.name || 'Empty',
    aside: alone ? (called ? '' : alone.title) : '',
    dot: worst(DOTS, faces.map((face) => face.dot), 'ended'),
    unseen: worst(UNSEEN, faces.map((face) => face.unseen), 'nothing'),
    readOnly: faces.length > 0 && faces.every((face) => face.readOnly),
    badge: alone?.badge ?? null,
    tone: alone?.tone ?? 'calm',
    activity: foremost(faces.map((face) => face.activity)),
    panes,
  };
}
