// Notifications by the browser, for those who look elsewhere. Asked for when a person turns them
// on, never by itself.

import { newsBetween, type News } from './model/news';
import { taskNews } from './model/tasks';
import { settings } from './settings.svelte';
import type { SessionRow, TaskRow } from './wire';

export const canNotify = (): boolean => 'Notification' in window;

/** True when notifications are on afterwards. */
export async function toggleNotifications(): Promise<boolean> {
  const wanted = !(settings.current.notify && Notification.permission === 'granted');
  const granted = wanted && (await Notification.requestPermission()) === 'granted';
  settings.set({ notify: granted });
  return granted;
}

/** Tells what is new, unless somebody looks at it. */
export function notify(before: readonly SessionRow[], after: readonly SessionRow[], front: string | null, open: (id: string) => void): void {
  if (!allowed()) return;
  const watched = document.hidden || !document.hasFocus() ? null : front;
  for (const news of newsBetween(before, after, watched, Date.now())) void show(news, open);
}

export function notifyOfTasks(before: readonly TaskRow[], after: readonly TaskRow[], open: (id: string) => void): void {
  if (allowed()) for (const news of taskNews(before, after)) void show(news, open);
}

const allowed = (): boolean => settings.current.notify && canNotify() && Notification.permission === 'granted';

async function show({ title, body, tag, id }: News, open: (id: string) => void): Promise<void> {
  const options = { body, tag, icon: '/icon-192.png' };
  try {
    const notification = new Notification(title, options);
    notification.onclick = () => (window.focus(), open(id));
  } catch {
    // Phones grant them to service workers only.
    const worker = await navigator.serviceWorker?.getRegistration();
    await worker?.showNotification(title, options);
  }
}
