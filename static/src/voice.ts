// The browser's speech recognition, where it has one. Its types are in no library yet.

export interface Recognition {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  onresult: ((event: { resultIndex: number; results: ArrayLike<ArrayLike<{ transcript: string }> & { isFinal: boolean }> }) => void) | null;
  onerror: ((event: { error: string }) => void) | null;
  onend: (() => void) | null;
  start(): void;
  abort(): void;
}

type Maker = new () => Recognition;

function maker(): Maker | undefined {
  const { SpeechRecognition, webkitSpeechRecognition } = window as { SpeechRecognition?: Maker; webkitSpeechRecognition?: Maker };
  return SpeechRecognition ?? webkitSpeechRecognition;
}

export const canListen = (): boolean => maker() !== undefined;

export function recognition(): Recognition | null {
  const Made = maker();
  return Made ? new Made() : null;
}
