#!/usr/bin/env bash
# bench-logs.sh WHOSEKEY [MB]: what a log in gzip costs beside gzip -dc. The log is
# made up: lines as builds print them, with the time stamps of GitHub Actions.
set -eu
bin=$(realpath "$1") mb=${2:-1024}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# A piece of 32 MB, again and again: gzip looks back 32 KB, so that no repetition shows.
awk 'BEGIN {
  srand(7)
  n = split("added resolved package compiling linking github.com/acme/service/internal/store node_modules/.bin/webpack src/components/Button.tsx passed cached Downloading extracting layer sha256 in ms test ok FAIL warning deprecated unused variable the of for with from 200 GET /api/v1/items https://registry.example/lib/-/lib-1.2.3.tgz INFO DEBUG [webpack] module rules chunk {main} +0ms", w, " ")
  for (size = 0; size < 32 * 1048576; size += length(line) + 1) {
    t += rand() * 0.02
    line = sprintf("2026-01-02T%02d:%02d:%010.7fZ ", (t / 3600) % 24, (t / 60) % 60, t % 60)
    if (rand() < 0.1) line = line "\033[32m✓\033[0m "
    k = 3 + int(rand() * 12)
    for (i = 0; i < k; i++) line = line w[1 + int(rand() * n)] " "
    if (rand() < 0.15) line = line sprintf("%08x%08x%08x", rand() * 4294967295, rand() * 4294967295, rand() * 4294967295)
    print line
  }
}' > "$dir/piece"
for _ in $(seq $((mb / 32))); do cat "$dir/piece"; done | gzip -6 > "$dir/build.log.gz"
ls -l "$dir/build.log.gz" | awk '{ printf "%d MB of log in %.0f MB of gzip\n", '"$mb"', $5 / 1048576 }'
failures=0
fail() { # name, status
  echo "$1: FAILED with status $2: $(tail -n 1 "$dir/err" | cut -c 1-200)"
  failures=$((failures + 1))
}
measure() { # name, command...
  local name=$1 status=0; shift
  /usr/bin/env bash -c 'TIMEFORMAT="%U %S"; { time "$@" > /dev/null 2> "$0"; } 2> "$0.time"' "$dir/err" "$@" || status=$?
  [ "$status" = 0 ] || fail "$name" "$status"
  tail -1 "$dir/err.time" | awk -v name="$name" '{ printf "%-22s %6.2f s of CPU\n", name, $1 + $2 }'
}
for _ in 1 2 3; do
  measure "gzip -dc" gzip -dc "$dir/build.log.gz"
  measure "whosekey logs" "$bin" logs "$dir/build.log.gz"
done
"$bin" logs "$dir/build.log.gz" > /dev/null 2> "$dir/err" & p=$!; max=0
while kill -0 $p 2> /dev/null; do
  r=$(awk '/VmHWM/ { print $2 }' /proc/$p/status 2> /dev/null || true); [ -n "${r:-}" ] && max=$r; sleep 0.05
done
status=0; wait $p || status=$?
[ "$status" = 0 ] || fail "whosekey logs" "$status"
echo "memory: $((max / 1024)) MB at most"
[ "$failures" = 0 ] || exit 1
