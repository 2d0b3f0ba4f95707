// Makes the page installable, and says so calmly when the server is not reached. It keeps one file:
// the words for that case. The page itself is never kept, so nobody is served an old one; what is
// private never passes through here.

const WORDS = 'coda-offline-1';
const OFFLINE = '/offline.html';

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(WORDS).then((cache) => cache.add(new Request(OFFLINE, { cache: 'reload' }))));
  self.skipWaiting();
});

self.addEventListener('activate', (event) => {
  const old = (names) => names.filter((name) => name !== WORDS).map((name) => caches.delete(name));
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names))).then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  if (event.request.mode !== 'navigate') return;
  event.respondWith(fetch(event.request).catch(() => caches.match(OFFLINE)));
});

// A notification was pressed: the page comes to the front.
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const show = ([page]) => (page ? page.focus() : self.clients.openWindow('/'));
  event.waitUntil(self.clients.matchAll({ type: 'window' }).then(show));
});
