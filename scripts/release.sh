#!/usr/bin/env bash
# Builds what a release holds: an archive for each platform that action.yml knows,
# and checksums.txt. The same source, version and Go give the same bytes.
#
#   scripts/release.sh v1.2.3 DIR
set -euo pipefail
[ $# = 2 ] || { echo "usage: scripts/release.sh v1.2.3 DIR" >&2; exit 2; }
version=$1
[[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || { echo "release: $version is no version such as v1.2.3" >&2; exit 2; }
mkdir -p "$2"
out=$(cd "$2" && pwd)
[ -z "$(ls -A "$out")" ] || { echo "release: $out is not empty" >&2; exit 2; }
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for platform in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do
	os=${platform%/*} arch=${platform#*/} exe=
	if [ "$os" = windows ]; then exe=.exe; fi
	dir=$tmp/$os-$arch
	mkdir "$dir"
	GOOS=$os GOARCH=$arch CGO_ENABLED=0 GOFLAGS=-mod=readonly GOWORK=off "${GO:-go}" build -trimpath -ldflags="-s -w -X main.release=$version" -o "$dir/whosekey$exe" ./cmd/whosekey
	cp LICENSE "$dir/LICENSE"
	tar --sort=name --owner=0 --group=0 --numeric-owner --mode=a=rX,u=rwX --mtime=@0 -C "$dir" -cf - LICENSE "whosekey$exe" | gzip -n9 >"$out/whosekey_${version#v}_${os}_$arch.tar.gz"
done
(cd "$out" && sha256sum -- *.tar.gz >"$tmp/checksums.txt")
cp "$tmp/checksums.txt" "$out/checksums.txt"
