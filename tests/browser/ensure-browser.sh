#!/usr/bin/env bash
# A Chromium for the browser tests: the system's, else Debian's, else Playwright's own.
set -euo pipefail
cd "$(dirname "$0")"

[ -n "${CHROMIUM:-}" ] && exit 0
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi
npx playwright-core install chromium
