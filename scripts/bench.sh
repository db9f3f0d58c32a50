#!/usr/bin/env bash
# Prints, for each repository, what reading its whole history costs: git's own
# commands, whosekey, and what peers are on PATH.
#
#   scripts/bench.sh bin/whosekey REPOSITORY...
#
#   RUNS=3     medians of so many runs, in turns: A B C A B C
#   REPACK=1   measure a temporary copy, repacked with --depth=50 --window=50
#   PEERS=...  which peers; PEERS= for none
#   WORKERS=N  for whosekey; default: one per core
#
# The repositories themselves are not written to.
set -euo pipefail
[ $# -gt 1 ] || { echo "usage: scripts/bench.sh bin/whosekey REPOSITORY..." >&2; exit 2; }
key=$(realpath "$1")
shift
runs=${RUNS:-3}
peers=${PEERS-gitleaks betterleaks trufflehog kingfisher titus}
. "$(dirname "$0")/bench-lib.sh"
. "$(dirname "$0")/bench-repo.sh"

# peer NAME REPOSITORY OUT adds the run of a peer, its answers from the network
# off, and sets pattern to what stands once in OUT for each of its findings.
peer() {
	case $1 in
	gitleaks | betterleaks)
		local flags=(--no-banner --exit-code 0 --report-format json --report-path "$3")
		local help
		help=$("$1" git --help 2>&1 || true)
		pattern='"RuleID"'
		case $help in
		*--offline*) flags=(--offline --exit-code 0 -o "$3.json") pattern='"rule_id"' ;; # betterleaks 2
		*--validation*) flags+=(--validation=false) ;;
		esac
		add "\`$1 git\`" " 0 " '>'"$3.out" '2>'"$3.err" "$1" git "${flags[@]}" "$2" ;;
	trufflehog)
		pattern='"DetectorName"'
		add "\`trufflehog git\`" " 0 " '>'"$3" '2>'"$3.err" trufflehog git --no-verification --no-update --json "file://$2" ;;
	kingfisher) # 200 and 205: it found something
		pattern='"fingerprint"'
		add "\`kingfisher scan\`" " 0 200 205 " '>'"$3" '2>'"$3.err" kingfisher scan "$2" --no-validate --no-update-check --git-history=full --format json ;;
	titus)
		pattern='"RuleID"'
		add "\`titus scan --git\`" " 0 " '>'"$3" '2>'"$3.err" titus scan --git "$2" --output :memory: --format json ;;
	*)
		echo "bench: how to run the peer $1 is not known" >&2
		exit 2 ;;
	esac
}

# reports prints what a run of a peer wrote.
reports() { cat "$1" "$1.json" "$1.out" 2>/dev/null || true; }

# row I NOTE prints row I of the table.
row() {
	local i=$1 note=$2 log='' cat=''
	if [ -n "${failed[$i]}" ]; then
		note="**${failed[$i]}**. $note"
	fi
	[ "$i" -gt 0 ] && [ -z "${failed[0]}${failed[$i]}" ] && log=$(ratio "${cpu[$i]}" "${cpu[0]}")
	[ "$i" -gt 1 ] && [ -z "${failed[1]}${failed[$i]}" ] && cat=$(ratio "${cpu[$i]}" "${cpu[1]}")
	echo "| ${labels[$i]} | $(number "${cpu[$i]}") | $(number "${wall[$i]}") | $(ratio "${wall[$i]}" "${cpu[$i]}") | ${memory[$i]} | $log | $cat | $note |"
}

# history REPOSITORY NAME measures one.
history() {
	local repo=$1 i note patterns=('' '' '') dir="$tmp/out"
	rm -rf "$dir"
	mkdir "$dir"
	reset
	add "\`git log -p -U0 --all\`" " 0 " '2>'"$dir/0.err" git -C "$standin" log -p -U0 --all
	add "\`git cat-file --batch-all-objects\`" " 0 " '2>'"$dir/1.err" git -C "$repo" cat-file --batch-all-objects --batch --unordered --buffer
	add "**\`whosekey git\`**" " 0 3 " '>'"$dir/2" '2>'"$dir/2.err" "$key" git "$repo" -f jsonl --fail-on none ${WORKERS:+--workers "$WORKERS"}
	for p in $peers; do
		command -v "$p" >/dev/null || continue
		peer "$p" "$standin" "$dir/${#labels[@]}"
		patterns+=("$pattern")
	done
	warm "$repo"
	measure "$runs"
	echo
	echo "### $2: $(facts "$repo")"
	echo
	tell
	echo "| command | CPU s | wall s | wall / CPU | anonymous MB | CPU / \`log -p\` | CPU / \`cat-file\` | found |"
	echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
	for i in "${!labels[@]}"; do
		note=
		if [ "$i" = 2 ]; then
			[ -n "${failed[$i]}" ] || summed "$dir/2"
			note="$(found "$dir/2") $(coverage "$dir/2")"
		elif [ "$i" -gt 2 ] && [ -z "${failed[$i]}" ]; then
			note="$(reports "$dir/$i" | { grep -o "${patterns[$i]}" || true; } | wc -l | tr -d ' ')"
		fi
		if [ -n "${failed[$i]}" ]; then
			note="$note $(tail -n 1 "$dir/$i.err" | tr '|\n' '  ' | cut -c 1-200)"
		fi
		row "$i" "$note"
	done
}

machine
for repo in "$@"; do
	name=$(basename "$(dirname "$(realpath "$repo")")")/$(basename "$(realpath "$repo")")
	prepare "$repo"
	history "$prepared" "$name"
	cleanup
done
verdict
