#!/usr/bin/env bash
# Prints, for each repository, what reading its history costs: git's own
# commands, whosekey, and whatever peers are on PATH. CPU is user plus system
# time; the median of RUNS (default 3). Memory is the peak of anonymous memory,
# so without mapped packs.
#
#   scripts/bench.sh bin/whosekey REPOSITORY...
set -euo pipefail
key=$(realpath "$1")
shift
runs=${RUNS:-3}

# measure COMMAND... prints "cpu wall anonymous-MB".
measure() {
	local t out anon peak=0 pid
	out=$(mktemp)
	for _ in $(seq "$runs"); do
		exec 3>&1
		t=$( { TIMEFORMAT='%U %S %R'; time "$@" >/dev/null 2>/dev/null || true; } 2>&1 )
		echo "$t"
	done | awk '{print $1+$2, $3}' | sort -n | awk '{a[NR]=$0} END {print a[int((NR+1)/2)]}' > "$out"
	"$@" >/dev/null 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		anon=$(awk '/^RssAnon/ {print $2}' "/proc/$pid/status" 2>/dev/null || echo 0)
		[ "${anon:-0}" -gt "$peak" ] && peak=$anon
		sleep 0.05
	done
	wait "$pid" || true
	echo "$(cat "$out") $((peak / 1024))"
	rm -f "$out"
}

row() { # label, base CPU, then what measure printed
	awk -v l="$1" -v b="$2" -v c="$3" -v w="$4" -v m="$5" \
		'BEGIN {printf "| %s | %.2f | %.2f | %s | %s |\n", l, c, w, m, (b > 0 ? sprintf("%.2f", c / b) : "")}'
}

for repo in "$@"; do
	echo
	echo "### $(basename "$(dirname "$(realpath "$repo")")")/$(basename "$repo")"
	echo
	echo "| command | CPU s | wall s | anonymous MB | CPU / git log |"
	echo "| --- | --- | --- | --- | --- |"
	read -r base rest < <(measure git -C "$repo" log -p -U0 --all)
	# shellcheck disable=SC2086
	row "git log -p -U0 --all" 0 "$base" $rest
	read -r cpu rest < <(measure git -C "$repo" cat-file --batch-all-objects --batch --unordered --buffer)
	# shellcheck disable=SC2086
	row "git cat-file --batch-all-objects" "$base" "$cpu" $rest
	read -r cpu rest < <(measure "$key" git "$repo")
	# shellcheck disable=SC2086
	row "whosekey git" "$base" "$cpu" $rest
	for peer in gitleaks betterleaks; do
		command -v "$peer" >/dev/null || continue
		read -r cpu rest < <(measure "$peer" git --no-banner --exit-code 0 "$repo")
		# shellcheck disable=SC2086
		row "$peer git" "$base" "$cpu" $rest
	done
	if command -v trufflehog >/dev/null; then
		read -r cpu rest < <(measure trufflehog git --no-verification --no-update "file://$(realpath "$repo")")
		# shellcheck disable=SC2086
		row "trufflehog git" "$base" "$cpu" $rest
	fi
	"$key" git "$repo" --fail-on none -f jsonl 2>/dev/null | tail -1 |
		sed -E 's/.*"findings":([0-9]+),"places":([0-9]+).*/\n\1 distinct credentials in \2 places./' || true
done
