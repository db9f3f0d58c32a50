# shellcheck shell=bash
# What the bench scripts share: a folder for all that they make, the measuring
# program, and the rows of a table. To be sourced, after `set -euo pipefail`.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# Nothing of the user's configuration matters here, and nothing runs later.
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_PAGER=cat
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=gc.auto GIT_CONFIG_VALUE_0=0
export GIT_AUTHOR_NAME=bench GIT_AUTHOR_EMAIL=bench@acme.example GIT_AUTHOR_DATE="2026-03-11T09:00:00Z"
export GIT_COMMITTER_NAME=bench GIT_COMMITTER_EMAIL=bench@acme.example GIT_COMMITTER_DATE="2026-03-11T09:00:00Z"

compile() { (cd "$here/.." && "${GO:-go}" build -o "$tmp/$1" "scripts/$1.go"); }
compile measure

# machine prints what the numbers belong to.
machine() {
	local cpu
	cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -1)
	echo "$(date -u +%F): $(getconf _NPROCESSORS_ONLN) cores of ${cpu:-an unknown CPU}, $(uname -sm)," \
		"$("${GO:-go}" env GOVERSION), $(git --version | sed 's/version //'), whosekey at $(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo '?')," \
		"load $(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo '?') before it began." \
		"CPU is user plus system time; CPU and wall are medians of ${runs:-3} runs in turns; memory is the peak of anonymous memory."
}

labels=() words=() allowed=()

# add LABEL STATUSES COMMAND... adds a command to the next measurement. STATUSES
# are the exit statuses, with blanks around each, that are no failure.
add() {
	labels+=("$1") allowed+=("$2")
	shift 2
	words+=(::: "$@")
}

# failures counts the commands that crashed, or ended as none should.
failures=0

# unexpected STATUSES ALLOWED prints those of the comma-separated statuses that are not
# allowed.
unexpected() {
	local s
	for s in ${1//,/ }; do
		[[ "$2" == *" $s "* ]] || echo -n "$s "
	done
}

# verdict ends a script: not well if a command did not.
verdict() {
	[ "$failures" = 0 ] && return
	echo "bench: $failures of the commands crashed or ended with a status that is not expected; their rows say FAILED" >&2
	exit 1
}

# measure RUNS runs what was added, and sets cpu, wall, memory and status, and
# failed to a text for what failed.
measure() {
	local i=0 c w m s bad
	cpu=() wall=() memory=() status=() failed=()
	while IFS=$'\t' read -r c w m s; do
		cpu+=("$c") wall+=("$w") memory+=("$m") status+=("$s")
		bad=$(unexpected "$s" "${allowed[$i]}")
		if [ -z "$bad" ]; then
			failed+=("")
		else
			failed+=("FAILED with status ${bad% }: what it cost says nothing")
			failures=$((failures + 1))
		fi
		i=$((i + 1))
	done < <("$tmp/measure" "$1" "${words[@]}")
	[ "$i" = "${#labels[@]}" ] || { echo "bench: could not measure" >&2; exit 1; }
}

reset() { labels=() words=() allowed=(); }

# ratio A B prints A/B, or nothing if that says nothing.
ratio() { awk -v a="$1" -v b="${2:-0}" 'BEGIN { if (b > 0) printf "%.2f", a / b }'; }

# number X prints X with three digits or more.
number() { awk -v x="$1" 'BEGIN { printf (x < 1 ? "%.3f" : x < 100 ? "%.2f" : "%.0f"), x }'; }

# coverage FILE says what a run of whosekey, in JSON lines, did not search.
coverage() {
	local last skipped
	last=$(tail -n 1 "$1" 2>/dev/null || true)
	case $last in
	*'"incomplete":true'*)
		skipped=$(sed 's/.*"skipped":\[\(.*\)\],"left_out":.*/\1/' <<<"$last" |
			grep -o '"reason":"[^"]*"\|"count":[0-9]*' | sed 's/"reason":"\(.*\)"/\1/; s/"count":\(.*\)/(\1)/' | paste -sd' ' -)
		echo "INCOMPLETE COVERAGE, says whosekey: $skipped" ;;
	*'"incomplete":false'*) ;;
	*) echo "whosekey wrote no summary" ;;
	esac
}

# summed FILE counts a run of whosekey that wrote no summary as failed.
summed() {
	case $(tail -n 1 "$1" 2>/dev/null) in
	*'"incomplete":'*) ;;
	*) failures=$((failures + 1)) ;;
	esac
}

# found FILE prints how much a run of whosekey, in JSON lines, found.
found() { tail -n 1 "$1" | sed -n 's/.*"findings":\([0-9]*\),"places":\([0-9]*\).*/\1 in \2 places/p'; }
