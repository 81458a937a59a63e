#!/usr/bin/env bash
# What the tests need beside Python packages: a Chromium, fonts with Chinese and emoji, a PostgreSQL server, promtool, and
# what reads deploy/: nginx, systemd-analyze, docker-compose (which checks a file without an engine).
# As root on Debian they are installed; elsewhere this says what is missing and how to get it.
set -euo pipefail

# promtool checks the alert rules. It is taken out of Debian's package, so that no Prometheus server is installed.
if ! command -v promtool >/dev/null && [ ! -x .tools/promtool ]; then
  folder=$(mktemp -d)
  chmod 755 "$folder"
  if command -v apt-get >/dev/null; then
    [ "$(id -u)" = 0 ] && apt-get update -qq
    (cd "$folder" && apt-get download -qq prometheus && dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool) 2>/dev/null || true
  fi
  if [ -x "$folder/usr/bin/promtool" ]; then
    mv "$folder/usr/bin/promtool" .tools/promtool
    rm -rf "$folder"
  else
    rm -rf "$folder"
    echo "The tests need promtool, of Prometheus: install your system's package for it."
    exit 1
  fi
fi

missing=()
fonts=$(fc-list 2>/dev/null || true)
command -v chromium >/dev/null || missing+=(chromium)
grep -qi "noto.*cjk" <<<"$fonts" || missing+=(fonts-noto-cjk)
grep -qi "emoji" <<<"$fonts" || missing+=(fonts-noto-color-emoji)
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx-light)
command -v systemd-analyze >/dev/null || missing+=(systemd)
bare=(docker-compose)
command -v docker-compose >/dev/null && bare=()
[ ${#missing[@]} -eq 0 ] && [ ${#bare[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "[setup] installing ${missing[*]} ${bare[*]} for the tests"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq fontconfig "${missing[@]}" >/dev/null
  # Recommended by docker-compose, and not wanted: an engine.
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${bare[@]}" >/dev/null
else
  echo "The tests need: ${missing[*]} ${bare[*]}"
  echo "Install them with: sudo apt-get install -y ${missing[*]} ${bare[*]}"
  exit 1
fi
