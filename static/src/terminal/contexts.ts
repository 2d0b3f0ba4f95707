// Browsers grant a page about 16 WebGL contexts and take the oldest away beyond that, with a flash.
// Panes ask here first. Who comes when all are taken draws with the DOM, and goes on so while it is
// shown: changing the renderer changes the size of the cells, and so the size of the session.

/** Contexts of ours; the rest is for images and other pages in the same process. */
const MOST = 10;

let taken = 0;

export function takeContext(): boolean {
  if (taken >= MOST) return false;
  taken += 1;
  return true;
}

export function giveContextBack(): void {
  taken -= 1;
}
