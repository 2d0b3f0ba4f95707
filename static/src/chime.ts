// The bell's sound: two soft partials, made here, so that no file has to come. One at a time:
// a program that rings a hundred times is heard once.

const SECONDS = 0.35;
let audio: AudioContext | null = null;
let busyUntil = 0;

export async function chime(): Promise<void> {
  try {
    audio ??= new AudioContext();
    // Browsers keep pages silent until somebody did something there.
    if (audio.state === 'suspended') await audio.resume();
  } catch {
    return;
  }
  const now = audio.currentTime;
  if (now < busyUntil) return;
  busyUntil = now + SECONDS;
  for (const [hertz, loud] of [[880, 0.12], [1318.5, 0.05]] as const) tone(audio, hertz, loud, now);
}

function tone(on: AudioContext, hertz: number, loud: number, at: number): void {
  const source = on.createOscillator();
  const volume = on.createGain();
  source.frequency.value = hertz;
  volume.gain.setValueAtTime(loud, at);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + SECONDS);
  source.connect(volume).connect(on.destination);
  source.start(at);
  source.stop(at + SECONDS);
}
