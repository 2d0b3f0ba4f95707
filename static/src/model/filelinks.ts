// Places in files as compilers, tests and agents print them: "src/main.rs:12:5", "/etc/hosts:3".

export interface FileLink {
  path: string;
  line: number;
  /** Where it stands in the text, in UTF-16 units. */
  start: number;
  end: number;
}

const PLACE = /(?<![\w/.:~@-])((?:~?\/|\.{1,2}\/)?[\w.@+-]+(?:\/[\w.@+-]+)*\.?[\w+-]+):(\d{1,7})(?::\d{1,5})?(?![\w/])/g;

export function fileLinks(text: string): FileLink[] {
  const found: FileLink[] = [];
  for (const match of text.matchAll(PLACE)) {
    const [whole, path = '', line = ''] = match;
    // "localhost:8080" and "12:30" are no files: one has a folder or an ending.
    if (!/\/|\.[A-Za-z]\w*$/.test(path)) continue;
    found.push({ path, line: Number(line), start: match.index, end: match.index + whole.length });
  }
  return found;
}
