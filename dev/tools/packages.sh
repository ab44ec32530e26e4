#!/usr/bin/env bash
# Debian packages that the tests use: PostgreSQL, poppler (to read the PDFs that Kite makes), and a browser
# with Cyrillic letters.
set -euo pipefail
missing=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
command -v pdftotext >/dev/null || missing+=(poppler-utils)
[ -n "${KITE_CHROMIUM:-}" ] || command -v chromium >/dev/null || missing+=(chromium)
fc-list :lang=ru 2>/dev/null | grep -q . || missing+=(fonts-noto-core)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "kite: the tests need ${missing[*]}; install them with your package manager" >&2
  exit 1
fi
echo "kite: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
install() { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }
install || { sleep 5; install; }
