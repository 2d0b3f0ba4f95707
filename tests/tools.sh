#!/usr/bin/env bash
# The programs that the tests look at. Installs what is missing where that is possible; elsewhere the
# tests that need one say so and skip, and with CI=true they fail.
set -euo pipefail

missing=()
for program in vim less top:procps nano tmux zsh; do
  command -v "${program%%:*}" >/dev/null || missing+=("${program##*:}")
done
[ "${#missing[@]}" -eq 0 ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
else
  echo "not installed: ${missing[*]} (tests that need them will say so)"
fi
