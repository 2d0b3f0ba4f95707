// Quantities and moments as people read them. `now` is an argument; clocks are local time.

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function bytes(count: number): string {
  if (count < 1024) return count === 1 ? '1 byte' : `${count} bytes`;
  const kb = count / 1024;
  if (kb < 1024) return `${short(kb)} KB`;
  const mb = kb / 1024;
  return mb < 1024 ? `${short(mb)} MB` : `${short(mb / 1024)} GB`;
}

/** "<0.1 s", "0.4 s", "12 s", "3 min", "2 h 5 min", "4 d". */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 0.05) return '<0.1 s';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return longer(seconds);
}

/** A coarse span for lists: "now", "40 s", "3 min", "2 h 5 min", "4 d". */
export function span(seconds: number): string {
  if (seconds < 5) return 'now';
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  return longer(seconds);
}

function longer(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d`;
}

/** "14:02", or "20 Nov 14:02" when that was another day; `null` when the moment is unknown. */
export function clock(at: string, now: number, withSeconds = false): string | null {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return null;
  const parts = [moment.getHours(), moment.getMinutes()];
  if (withSeconds) parts.push(moment.getSeconds());
  const time = parts.map((part) => String(part).padStart(2, '0')).join(':');
  const sameDay = moment.toDateString() === new Date(now).toDateString();
  return sameDay ? time : `${moment.getDate()} ${MONTHS[moment.getMonth()]} ${time}`;
}

function short(value: number): string {
  return value < 10 ? value.toFixed(1).replace(/\.0$/, '') : String(Math.round(value));
}
