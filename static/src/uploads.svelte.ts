// Files on their way to the machine: one after the other, each with its progress and a way to stop.

import type { ErrorBody, Uploaded } from './wire';

export interface Upload {
  id: number;
  name: string;
  bytes: number;
  /** 0 … 1 */
  done: number;
  state: 'waiting' | 'sending' | 'failed';
  error: string;
}

/** A failed one stays to be read. */
const FAILED_MS = 12_000;

export class Uploads {
  list = $state<Upload[]>([]);
  private lastId = 0;
  private requests = new Map<number, XMLHttpRequest>();
  private queue: Promise<unknown> = Promise.resolve();

  /** Resolves with the paths of those that arrived. */
  async add(files: readonly File[]): Promise<string[]> {
    const sent = files.map((file) => {
      const id = ++this.lastId;
      this.list.push({ id, name: nameOf(file), bytes: file.size, done: 0, state: 'waiting', error: '' });
      const mine = this.queue.then(() => this.send(id, file));
      this.queue = mine;
      return mine;
    });
    return (await Promise.all(sent)).flatMap((path) => path ?? []);
  }

  cancel(id: number): void {
    this.list = this.list.filter((upload) => upload.id !== id);
    this.requests.get(id)?.abort();
  }

  private async send(id: number, file: File): Promise<string | null> {
    const upload = this.list.find((other) => other.id === id);
    if (!upload) return null;
    upload.state = 'sending';
    try {
      const { path } = await this.post(upload, file);
      this.list = this.list.filter((other) => other.id !== id);
      return path;
    } catch (error) {
      upload.state = 'failed';
      upload.error = error instanceof Error ? error.message : 'it was not sent';
      setTimeout(() => this.cancel(id), FAILED_MS);
      return null;
    } finally {
      this.requests.delete(id);
    }
  }

  /** By XMLHttpRequest: `fetch` tells no progress. */
  private post(upload: Upload, file: File): Promise<Uploaded> {
    const form = new FormData();
    form.append('file', file, upload.name);
    return new Promise((done, fail) => {
      const request = new XMLHttpRequest();
      this.requests.set(upload.id, request);
      request.upload.onprogress = (event) => (upload.done = event.total > 0 ? event.loaded / event.total : 0);
      request.onload = () => {
        const answer = parse(request.responseText);
        if (request.status === 200 && answer && 'path' in answer) done(answer);
        else fail(new Error(answer && 'error' in answer ? answer.error : `the server answered ${request.status}`));
      };
      request.onerror = () => fail(new Error('the server was not reached'));
      request.onabort = () => fail(new Error('stopped'));
      request.open('POST', '/api/upload');
      request.send(form);
    });
  }
}

/** Pictures from the clipboard are all called "image.png". */
function nameOf(file: File): string {
  const fresh = /^image\.\w+$/.test(file.name) && Date.now() - file.lastModified < 5_000;
  return fresh || file.name === '' ? `clipboard-${Date.now()}.${file.type.split('/')[1]?.replace(/\W.*/, '') || 'bin'}` : file.name;
}

function parse(text: string): Uploaded | ErrorBody | null {
  try {
    return JSON.parse(text) as Uploaded;
  } catch {
    return null;
  }
}
