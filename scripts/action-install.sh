#!/usr/bin/env bash
# The installation of action.yml, on Linux, macOS and Windows: a release whose
# checksum is right, or a build of the source that the action came with. Its output
# "program" is the path of the program.
set -euo pipefail

fail() {
	echo "::error title=whosekey::$1"
	exit 2
}

done_with() {
	echo "program=$1" >>"$GITHUB_OUTPUT"
	exit 0
}

case $WHOSEKEY_VERSION in
source | installed)
	if [ -n "$WHOSEKEY_SHA256" ]; then fail "sha256 is the checksum of a release: name that in version"; fi
	;;
esac
case $WHOSEKEY_VERSION in
installed)
	program=$(command -v whosekey) || fail "version: installed, but there is no whosekey on PATH"
	done_with "$program"
	;;
source | v[0-9]*) ;;
*) fail "version must be source, installed, or a release such as v1.2.3" ;;
esac
if [ -n "$(printf %s "$WHOSEKEY_VERSION" | tr -d 'A-Za-z0-9.+-')" ]; then
	fail "version has characters that no release has"
fi

case ${RUNNER_OS:-$(uname -s)} in
Linux) os=linux ;;
macOS | Darwin) os=darwin ;;
Windows | MINGW* | MSYS*) os=windows ;;
*) fail "this operating system is not supported" ;;
esac
case ${RUNNER_ARCH:-$(uname -m)} in
X64 | x86_64 | amd64) arch=amd64 ;;
ARM64 | aarch64 | arm64) arch=arm64 ;;
*) fail "this processor is not supported: amd64 and arm64 are" ;;
esac
exe=
if [ $os = windows ]; then exe=.exe; fi
dir=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/whosekey.XXXXXX")

if [ "$WHOSEKEY_VERSION" = source ]; then
	command -v go >/dev/null || fail "version: source needs Go; use actions/setup-go before, or name a release"
	(cd "$ACTION_PATH" && CGO_ENABLED=0 GOFLAGS=-mod=readonly GOWORK=off go build -trimpath -ldflags="-s -w" -o "$dir/whosekey$exe" ./cmd/whosekey) ||
		fail "the source of the action could not be built"
	done_with "$dir/whosekey$exe"
fi

base=${WHOSEKEY_RELEASES:-https://github.com/whosekey/whosekey/releases/download}/$WHOSEKEY_VERSION
archive=whosekey_${WHOSEKEY_VERSION#v}_${os}_$arch.tar.gz
get() {
	curl -fsSL --retry 3 --proto '=https,file' --proto-redir '=https' -o "$dir/$1" "$base/$1" || fail "download $1 of release $WHOSEKEY_VERSION"
}
get checksums.txt
get "$archive"
if command -v sha256sum >/dev/null; then
	sum=$(sha256sum <"$dir/$archive" | cut -d' ' -f1)
else
	sum=$(shasum -a 256 <"$dir/$archive" | cut -d' ' -f1)
fi
want=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' "$dir/checksums.txt")
if [ -z "$want" ] || [ "$sum" != "$want" ]; then
	fail "the checksum of $archive is not that of checksums.txt"
fi
if [ -n "$WHOSEKEY_SHA256" ] && [ "$sum" != "$WHOSEKEY_SHA256" ]; then
	fail "the checksum of $archive is not the one in sha256"
fi
(cd "$dir" && tar -xzf "$archive" "whosekey$exe") # not by its path: in D:\a, GNU tar takes D for a host
done_with "$dir/whosekey$exe"
