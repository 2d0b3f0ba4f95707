// The settings as they are now: read by everybody, kept in this browser. A change is shown at once
// and told to whoever asked.

import { formatSettings, parseSettings, type Settings } from './model/settings';
import * as storage from './storage';

export class SettingsStore {
  current = $state.raw<Settings>(parseSettings(storage.read('settings')));
  private readonly listeners = new Set<(settings: Settings) => void>();

  set(change: Partial<Settings>): void {
    this.adopt({ ...this.current, ...change });
  }

  /** All of them at once, as another browser left them. */
  adopt(settings: Settings): void {
    this.current = settings;
    storage.write('settings', formatSettings(settings));
    for (const listener of this.listeners) listener(settings);
  }

  /** Calls back after every change; returns how to stop. */
  watch(listener: (settings: Settings) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** The page has one. */
export const settings = new SettingsStore();
