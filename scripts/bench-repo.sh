# shellcheck shell=bash
# Makes repositories ready to be measured. To be sourced after bench-lib.sh.

# gitdir REPOSITORY prints where its objects and refs are.
gitdir() { git -C "$1" rev-parse --path-format=absolute --git-common-dir; }

# skeleton FROM TO makes a bare repository with the refs of another and no
# objects.
skeleton() {
	local format
	format=$(git -C "$1" rev-parse --show-object-format)
	git init -q --bare --object-format="$format" "$2"
	local f
	for f in HEAD packed-refs shallow refs; do
		if [ -e "$1/$f" ]; then
			rm -rf "${2:?}/$f"
			cp -R "$1/$f" "$2/$f"
		fi
	done
}

# borrow FROM TO lets the repository TO read the objects of FROM.
borrow() {
	mkdir -p "$2/objects/info"
	echo "$1/objects" >> "$2/objects/info/alternates"
}

# missing REPOSITORY lists the objects that it should have and has not.
missing() {
	GIT_NO_REPLACE_OBJECTS=1 git -C "$1" rev-list --objects --all --missing=print 2>"$tmp/missing.err" | sed -n 's/^?//p' || {
		echo "bench: git rev-list cannot follow the history of $1: $(tail -n 1 "$tmp/missing.err")" >&2
		return 0
	}
}

# pack REPOSITORY REVISION... packs, of the objects that it borrows, those that
# the revisions lead to, as `git repack -adf --depth=50 --window=50` would; but
# that one ends where an object is missing.
pack() {
	local repo=$1
	shift
	mkdir -p "$repo/objects/pack"
	GIT_NO_REPLACE_OBJECTS=1 git -C "$repo" rev-list --objects --missing=allow-any "$@" |
		GIT_NO_REPLACE_OBJECTS=1 git -C "$repo" pack-objects -q --delta-base-offset --no-reuse-delta --depth=50 --window=50 "$repo/objects/pack/pack" >/dev/null
	rm "$repo/objects/info/alternates"
}

# repacked FROM TO MISSING makes a copy with one well made pack. What no ref
# leads to stays behind.
repacked() {
	skeleton "$1" "$2"
	if [ "$3" = 0 ]; then
		mkdir -p "$2/objects/pack"
		cp -R "$1/objects/." "$2/objects/"
		# Objects of a partial clone would go to a pack of their own.
		find "$2/objects/pack" \( -name '*.promisor' -o -name '*.keep' \) -delete
		chmod -R u+w "$2/objects"
		git -C "$2" repack -adfq --depth=50 --window=50
		rm -f "$2/objects/info/alternates"
	else
		borrow "$1" "$2"
		pack "$2" --all
	fi
}

# blank REPOSITORY ID replaces a missing object by an empty one of its type.
blank() {
	local type
	type=$(awk -v id="$2" '$1 == "missing" && $3 == id { print $2; exit }' "$tmp/fsck")
	case $type in
	tree) type=tree ;;
	blob | '') type=blob ;;
	*) return 1 ;;
	esac
	git -C "$1" update-ref "refs/replace/$2" "$(git -C "$1" hash-object -w -t "$type" --stdin </dev/null)"
}

# prepare REPOSITORY sets prepared to what is to be measured, and standin to
# the same with nothing missing: `git log -p` ends where something is.
prepare() {
	local from list n=0 bad=0 id
	from=$(gitdir "$1")
	told=()
	prepared=$from
	list=$(missing "$from")
	[ -z "$list" ] || n=$(wc -l <<<"$list" | tr -d ' ')
	if [ -n "${REPACK:-}" ]; then
		repacked "$from" "$tmp/copy" "$n"
		prepared=$tmp/copy
		told+=("Measured in a temporary copy, repacked with \`--depth=50 --window=50\`.")
	fi
	standin=$prepared
	[ "$n" = 0 ] && return
	standin=$tmp/standin
	skeleton "$prepared" "$standin"
	borrow "$prepared" "$standin"
	GIT_NO_REPLACE_OBJECTS=1 git -C "$standin" fsck --connectivity-only --no-dangling >"$tmp/fsck" 2>/dev/null || true
	for id in $list; do
		blank "$standin" "$id" || bad=$((bad + 1))
	done
	told+=("The repository lacks $n objects, as a partial snapshot does, and \`git log -p\` would end there. So it, and the peers, were given a stand-in that borrows the objects and has \`refs/replace\` with something empty for each missing one. \`git cat-file\` and whosekey were given the repository as it is.")
	[ "$bad" = 0 ] || told+=("$bad of them are commits or tags, for which there is no stand-in: \`git log\` may have ended early.")
}

# tell prints what prepare did.
tell() {
	[ "${#told[@]}" = 0 ] || printf '%s\n\n' "${told[*]}"
}

cleanup() { rm -rf "$tmp/copy" "$tmp/standin" "$tmp/fsck"; }

# warm reads the packs once, so that each run finds them in memory.
warm() { find "$1/objects" -name '*.pack' -exec cat {} + >/dev/null; }

# facts REPOSITORY prints how large it is.
facts() {
	local n loose
	n=$(find "$1/objects/pack" -name '*.pack' 2>/dev/null | wc -l | tr -d ' ')
	loose=$(cd "$1/objects" && find . -type f -path './??/*' | wc -l | tr -d ' ')
	find "$1/objects/pack" -name '*.pack' -exec ls -ln {} + 2>/dev/null |
		awk -v n="$n" -v loose="$loose" '{ s += $5 } END { printf "%d pack%s of %.1f MB, %d loose objects", n, n == 1 ? "" : "s", s / 1e6, loose }'
}
