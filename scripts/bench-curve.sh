#!/usr/bin/env bash
# Prints how the cost of a history grows with it: for the first 10, 25, 50 and
# 100 % of the commits of a branch, in topological order, it makes a repository
# of what the last of them leads to, packed with --depth=50 --window=50, and
# measures it. What grows with the pack, and not with what it unpacks to, has
# a last column that stays the same.
#
#   scripts/bench-curve.sh bin/whosekey REPOSITORY [BRANCH]
#
#   RUNS=3                medians of so many runs, in turns
#   SHARES="10 25 50 100" per cent of the commits
set -euo pipefail
[ $# = 2 ] || [ $# = 3 ] || { echo "usage: scripts/bench-curve.sh bin/whosekey REPOSITORY [BRANCH]" >&2; exit 2; }
key=$(realpath "$1")
repo=$2
branch=${3:-HEAD}
runs=${RUNS:-3}
shares=${SHARES:-10 25 50 100}
. "$(dirname "$0")/bench-lib.sh"
. "$(dirname "$0")/bench-repo.sh"
compile packstat
unset REPACK

# prefix FROM COMMIT TO makes a repository of what a commit leads to.
prefix() {
	git init -q --bare --object-format="$(git -C "$1" rev-parse --show-object-format)" -b main "$3"
	borrow "$1" "$3"
	git -C "$3" update-ref refs/heads/main "$2"
	pack "$3" "$2"
}

# sizes REPOSITORY prints the MB of its pack, of the pack's entries inflated as
# they are stored, deltas as deltas, and of all blobs.
sizes() {
	local entries packed stored blobs
	read -r entries packed stored < <("$tmp/packstat" "$1"/objects/pack/*.idx)
	blobs=$(git -C "$1" cat-file --batch-all-objects --unordered --batch-check='%(objecttype) %(objectsize)' | awk '$1 == "blob" { s += $2 } END { printf "%d", s }')
	awk -v p="$packed" -v s="$stored" -v b="$blobs" 'BEGIN { printf "%.1f %.1f %.1f\n", p / 1e6, s / 1e6, b / 1e6 }'
}

# point SHARE prints a row of the table.
point() {
	local at=$(((total * $1 + 99) / 100)) commit packed stored blobs note
	commit=$(sed -n "${at}p" "$tmp/commits")
	prefix "$from" "$commit" "$tmp/prefix"
	prepare "$tmp/prefix"
	read -r packed stored blobs < <(sizes "$tmp/prefix")
	warm "$tmp/prefix"
	reset
	add log " 0 " git -C "$standin" log -p -U0 --all
	add cat " 0 " git -C "$tmp/prefix" cat-file --batch-all-objects --batch --unordered --buffer
	add key " 0 3 " '>'"$tmp/key" "$key" git "$tmp/prefix" -f jsonl --fail-on none
	measure "$runs"
	note=$(coverage "$tmp/key")
	[ -n "${failed[2]}" ] || summed "$tmp/key"
	for i in "${!labels[@]}"; do
		[ -z "${failed[$i]}" ] || note="$note ${labels[$i]} **${failed[$i]}**"
	done
	echo "| $1 % | $(git -C "$tmp/prefix" rev-list --count main) | $packed | $stored | $blobs | $(number "${cpu[2]}") | $(number "${cpu[0]}") | $(number "${cpu[1]}")" \
		"| $(ratio "${cpu[2]}" "${cpu[0]}") | $(ratio "${cpu[2]}" "${cpu[1]}") | $(awk -v c="${cpu[2]}" -v s="$stored" 'BEGIN { printf "%.1f", 1000 * c / s }') | $note |"
	cleanup
	rm -rf "$tmp/prefix"
}

from=$(gitdir "$repo")
git -C "$from" rev-list --reverse --topo-order "$branch" >"$tmp/commits"
total=$(wc -l <"$tmp/commits" | tr -d ' ')
machine
echo
echo "### $(basename "$(dirname "$(realpath "$repo")")")/$(basename "$(realpath "$repo")"), the first commits of $branch"
echo
echo "| share | commits | pack MB | its entries inflated MB | blobs MB | CPU s of whosekey | of \`log -p\` | of \`cat-file\` | / \`log -p\` | / \`cat-file\` | ms / MB of entries | |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
for share in $shares; do
	point "$share"
done
verdict
