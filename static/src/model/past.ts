// The text of a whole session, as it arrives, kept in lines and bounded: of a very long one the
// newest part stays.

/** Characters. */
const MOST = 32 * 1024 * 1024;

export class PastText {
  lines: string[] = [];
  /** Lines that were let go at the front. */
  dropped = 0;
  private size = 0;
  private rest = '';

  push(text: string): void {
    const parts = (this.rest + text).split('\n');
    this.rest = parts.pop() ?? '';
    for (const part of parts) this.add(part.replace(/\r$/, ''));
  }

  end(): void {
    if (this.rest !== '') this.add(this.rest);
    this.rest = '';
  }

  /** Where the newest line with this text stands; -1 when nowhere. */
  find(line: string): number {
    const wanted = line.trim();
    if (wanted === '') return -1;
    const exact = this.lines.findLastIndex((other) => other.trim() === wanted);
    return exact !== -1 ? exact : this.lines.findLastIndex((other) => other.includes(wanted));
  }

  private add(line: string): void {
    this.lines.push(line);
    this.size += line.length + 1;
    if (this.size <= MOST) return;
    const half = Math.max(1, this.lines.length >> 1);
    for (const gone of this.lines.splice(0, half)) this.size -= gone.length + 1;
    this.dropped += half;
  }
}
