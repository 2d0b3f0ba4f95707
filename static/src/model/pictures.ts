// Watches a stream for the beginning of an inline picture (sixel, or iTerm's OSC 1337), so that
// what decodes pictures is loaded only when one comes. Beginnings cut in two are seen as well.

const LONGEST = 24;
const BEGINNING = /\x1b(?:P[\d;]*q|\]1337;(?:File|MultipartFile)=)/;

export class PictureWatch {
  private tail = '';

  /** True when a picture begins in these bytes, or at the seam before them. */
  sees(bytes: Uint8Array): boolean {
    if (this.tail === '' && !bytes.includes(0x1b)) return false;
    const text = this.tail + LATIN.decode(bytes);
    const cut = text.lastIndexOf('\x1b');
    this.tail = cut === -1 || text.length - cut > LONGEST ? '' : text.slice(cut);
    return BEGINNING.test(text);
  }
}

const LATIN = new TextDecoder('latin1');
