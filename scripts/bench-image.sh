#!/bin/bash
# bench-image.sh WHOSEKEY: what searching images costs beside unpacking their layers.
# Two images of 1 GB in ten layers, of which they share eight. CPU is user+system.
set -e
bin=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
WHOSEKEY_BENCH_IMAGES=$dir WHOSEKEY_BENCH_MIB=${MIB:-1000} "${GO:-go}" test -count=1 ./scanners/image -run TestMakeBenchImages >/dev/null

failures=0
measure() { # NAME COMMAND...: seconds of CPU, the most memory
	local name=$1 status=0
	shift
	/usr/bin/env TIMEFORMAT='%U %S' bash -c 'time "$@" >/dev/null 2>&1' _ "$@" 2>"$dir/time" || status=$?
	awk -v n="$name" '{ printf "%-44s %6.2f s CPU\n", n, $1 + $2 }' "$dir/time"
	if [ "$status" -gt 1 ]; then # 1: noise that looks like a credential
		echo "$name: FAILED with status $status"
		failures=$((failures + 1))
	fi
}
memory() { # COMMAND...: the most resident memory
	python3 - "$@" <<'PY'
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
print("%-44s %6d MB" % ("whosekey image, the most memory", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024))
sys.exit(status)
PY
}
for run in $(seq "${RUNS:-3}"); do
	measure "gzip -dc of ten layers" bash -c 'for i in 0 1 2 3 4 5 6 7 8 9; do gzip -dc "$0/layer$i.gz"; done' "$dir"
	measure "whosekey image, ten layers" "$bin" image "oci-layout:$dir/image0"
	measure "whosekey image, both images (twelve layers)" "$bin" image "oci-layout:$dir/image0" "oci-layout:$dir/image1"
	measure "whosekey image, docker archive" "$bin" image "$dir/image0.tar"
done
memory "$bin" image "oci-layout:$dir/image0" "oci-layout:$dir/image1" || [ $? = 1 ] || failures=$((failures + 1))
[ "$failures" = 0 ] || { echo "bench-image: $failures commands crashed or failed" >&2; exit 1; }
