#!/usr/bin/env bash
# Prints what whosekey costs without a history: a tree, a log on standard
# input, the next commit of a large repository, and nothing at all.
#
#   scripts/bench-files.sh bin/whosekey
#
#   RUNS=3     medians of so many runs, in turns; ten times as many of what
#              takes milliseconds
#   TREE=DIR   the tree; default: the source of Go
#   LOG_MB=500 megabytes of the log
#   FILES=20000 files of the repository
#   PARTS="tree log words staged hook"   some of them
#
# ripgrep, if it is on PATH, reads the same tree for the same literals.
set -euo pipefail
[ $# = 1 ] || { echo "usage: scripts/bench-files.sh bin/whosekey" >&2; exit 2; }
key=$(realpath "$1")
runs=${RUNS:-3}
tree=${TREE:-$("${GO:-go}" env GOROOT)/src}
mb=${LOG_MB:-500}
files=${FILES:-20000}
. "$(dirname "$0")/bench-lib.sh"

# lines prints the rows of what was measured; dir/N is what run N wrote.
lines() {
	local i note
	for i in "${!labels[@]}"; do
		note=${failed[$i]:+"**${failed[$i]}** $(tail -n 1 "$tmp/$i.err" | cut -c 1-200)"}
		if [ -z "$note" ] && [ -s "$tmp/$i" ]; then
			summed "$tmp/$i"
			note="found $(found "$tmp/$i"). $(coverage "$tmp/$i")"
		fi
		echo "| ${labels[$i]} | $(number "${cpu[$i]}") | $(number "${wall[$i]}") | $(ratio "${wall[$i]}" "${cpu[$i]}") | ${memory[$i]} | $(extra "$i") | $note |"
	done
}

title() {
	echo
	echo "### $1"
	echo
	echo "| command | CPU s | wall s | wall / CPU | anonymous MB | $2 | |"
	echo "| --- | --- | --- | --- | --- | --- | --- |"
}

# key LABEL ARGUMENT... adds a run of whosekey, of which the last line counts.
key() {
	local n=${#labels[@]} label=$1
	shift
	add "$label" " 0 3 " '>'"$tmp/$n" '2>'"$tmp/$n.err" "$@" -f jsonl --fail-on none
}

bench_tree() {
	local bytes count
	read -r count bytes < <(find "$tree" -type f -printf '%s\n' | awk '{ s += $1 } END { print NR, s }')
	find "$tree" -type f -exec cat {} + >/dev/null
	(cd "$here/.." && "${GO:-go}" run scripts/literals.go) >"$tmp/literals"
	reset
	key "**\`whosekey dir\`**" "$key" dir "$tree"
	if command -v rg >/dev/null; then
		add "\`rg -c -i -F -f LITERALS\`" " 0 1 " '2>'"$tmp/1.err" rg -c -i -F -f "$tmp/literals" "$tree"
		# ripgrep leaves out what whosekey reads, unless it is told not to.
		add "\`rg --no-ignore --hidden --text ...\`" " 0 1 " '2>'"$tmp/2.err" rg --no-ignore --hidden --text -c -i -F -f "$tmp/literals" "$tree"
	else
		echo "bench: ripgrep is not on PATH: no row beside whosekey dir" >&2
	fi
	measure "$runs"
	title "A tree: $(basename "$(dirname "$tree")")/$(basename "$tree"), $count files, $((bytes / 1000000)) MB, $(wc -l <"$tmp/literals" | tr -d ' ') literals" "whosekey's CPU / its CPU"
	extra() { [ -n "${failed[$1]}" ] || ratio "${cpu[0]}" "${cpu[$1]}"; }
	lines
}

bench_log() {
	(cd "$here/.." && "${GO:-go}" run scripts/biglog.go "$mb" "$("$key" rules example --bare --seed bench github-personal-access-token)" \
		"$("$key" rules example --bare --seed bench slack-bot-token)") >"$tmp/log"
	reset
	add "\`cat\`" " 0 " '<'"$tmp/log" '2>'"$tmp/0.err" cat
	key "**\`whosekey stdin\`**" '<'"$tmp/log" "$key" stdin
	measure "$runs"
	title "Standard input: a log of $mb MB, two tokens in it" "MB a CPU second"
	extra() { [ "$1" = 0 ] || ratio "$mb" "${cpu[$1]}"; }
	lines
	rm -f "$tmp/log"
}

# bench_words is a log in which words that credentials are named by stand everywhere, beside
# what looks like one: 100 bytes a line, of four kinds.
bench_words() {
	awk 'function hex(n, s) { s = ""; while (n-- > 0) s = s sprintf("%x", int(16 * rand())); return s }
	BEGIN {
		srand(1)
		for (i = 0; i < 40000; i++) {
			t = sprintf("2026-11-22T10:%02d:%02d.%03dZ ", i / 6000 % 60, i / 100 % 60, i % 1000)
			print t "INFO auth: refreshed session token " hex(32) " for user " i
			print t "level=info session=" hex(24) " key=" hex(32) " msg=\"password check passed\" user=" i
			print t "INFO the token of the session has expired, a password reset was sent to user " i " and the key is rotated"
			print "{\"time\":\"" t "\",\"msg\":\"token issued\",\"session\":\"" hex(32) "\",\"key\":\"user:" i "\",\"password_changed\":false}"
		}
	}' >"$tmp/words"
	local bytes
	bytes=$(wc -c <"$tmp/words")
	reset
	add "\`cat\`" " 0 " '<'"$tmp/words" '2>'"$tmp/0.err" cat
	key "**\`whosekey stdin\`**" '<'"$tmp/words" "$key" stdin
	measure "$runs"
	title "Standard input: a log of $((bytes / 1000000)) MB full of *token*, *session*, *password* and *key*" "MB a CPU second"
	extra() { [ "$1" = 0 ] || ratio "$((bytes / 1000000))" "${cpu[$1]}"; }
	lines
	rm -f "$tmp/words"
}

# large DIR makes a repository of many files.
large() {
	git init -q -b main "$1"
	awk -v dir="$1" -v n="$files" 'BEGIN {
		for (i = 0; i < n; i++) {
			if (i % 100 == 0) { d = sprintf("%s/pkg%d/part%d", dir, i / 2000, i / 100); system("mkdir -p " d) }
			f = sprintf("%s/file%d.go", d, i)
			printf "package part\n\n// f%d is file %d.\nfunc f%d() int { return %d }\n", i, i, i, i * 7919 > f
			close(f)
		}
	}'
	git -C "$1" add -A
	git -C "$1" commit -q -m "$files files"
	git -C "$1" repack -adq
	sleep 1.1 # or git has to read all that is as young as its index, at each commit
	echo "// one more line" >>"$1/pkg0/part1/file123.go"
	git -C "$1" add -A
	git -C "$1" status --short >/dev/null
}

bench_staged() {
	[ -d "$tmp/large" ] || large "$tmp/large"
	cp -R "$tmp/large" "$tmp/large4"
	git -C "$tmp/large4" update-index --index-version 4
	git init -q "$tmp/empty"
	reset
	add "\`git diff --cached --raw\`" " 0 " '2>'"$tmp/0.err" git -C "$tmp/large" diff --cached --raw
	key "**\`whosekey git --staged\`**, one file of $files changed" "$key" git --staged "$tmp/large"
	key "the same, index version 4" "$key" git --staged "$tmp/large4"
	key "\`whosekey git --staged\` with nothing staged" "$key" git --staged "$tmp/empty"
	add "\`whosekey version\`" " 0 " '2>'"$tmp/4.err" "$key" version
	measure $((10 * runs))
	title "The next commit, and the start: medians of $((10 * runs)) runs" "wall ms"
	extra() { awk -v s="${wall[$1]}" 'BEGIN { printf "%.1f", 1000 * s }'; }
	lines
}

# bench_hook measures git commit with the hooks that whosekey installs and without.
# What was committed is taken back in the same run, in all of them.
bench_hook() {
	local head hooks n=0
	[ -d "$tmp/large" ] || large "$tmp/large"
	head=$(git -C "$tmp/large" rev-parse HEAD)
	reset
	for hooks in none pre-commit commit-msg pre-commit,commit-msg; do
		mkdir "$tmp/hooks-$n"
		git -C "$tmp/large" config core.hooksPath "$tmp/hooks-$n"
		[ "$hooks" = none ] || (cd "$tmp/large" && "$key" hook install --manager git --type "$hooks" >/dev/null)
		add "\`git commit\`, hooks: $hooks" " 0 " '>'"$tmp/$n" '2>'"$tmp/$n.err" sh -c 'git -C "$1" -c core.hooksPath="$2" commit -q -m "one more line" && git -C "$1" update-ref HEAD "$3"' sh "$tmp/large" "$tmp/hooks-$n" "$head"
		n=$((n + 1))
	done
	git -C "$tmp/large" config --unset core.hooksPath
	MEMORY=off measure $((10 * runs))
	title "git commit, one file of $files changed: medians of $((10 * runs)) runs" "wall ms more than without"
	extra() { awk -v s="${wall[$1]}" -v none="${wall[0]}" 'BEGIN { printf "%.1f", 1000 * (s - none) }'; }
	lines
}

machine
for part in ${PARTS:-tree log words staged hook}; do
	rm -f "$tmp"/[0-9]*
	"bench_$part"
done
verdict
