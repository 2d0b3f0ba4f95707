// Whole characters for a terminal. xterm.js keeps the beginning of a character between two writes,
// but forgets it when one of the bytes it kept is 0x80: of "—" (E2 80 94) cut after 80 nothing is
// left. So it never gets to see a cut: the beginning stays here until the rest has come.
//
// Only what xterm.js itself would keep is held back; everything else passes as it is, garbage too.

/** Bytes of one character, told from its first; 1 for what begins none. */
function lengthOf(first: number): number {
  if (first >= 0xf8) return 1;
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}

const LONGEST = 4;

/** How many bytes at the end begin a character that is not all there: 0–3. */
export function cutOff(bytes: Uint8Array): number {
  for (let back = 1; back < LONGEST && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    const continues = byte >= 0x80 && byte < 0xc0;
    if (!continues) return lengthOf(byte) > back ? back : 0;
  }
  return 0;
}

export class Utf8Carry {
  private held: Uint8Array = new Uint8Array();

  /** Bytes held back. */
  get size(): number {
    return this.held.length;
  }

  /** What may be written now: what was held and `bytes`, without a character cut off at the end. */
  take(bytes: Uint8Array): Uint8Array {
    const whole = this.held.length === 0 ? bytes : join(this.held, bytes);
    const end = whole.length - cutOff(whole);
    // A copy: a view would keep all of its frame.
    this.held = whole.slice(end);
    return whole.subarray(0, end);
  }

  /** The stream starts anew: what it lacked will not come. */
  clear(): void {
    this.held = new Uint8Array();
  }
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
