#!/usr/bin/env bash
# The scan of action.yml: its inputs, which come in the environment, as arguments.
# None of them is ever part of a command.
set -euo pipefail
args=(ci "--mode=$IN_MODE" "--path=$IN_PATH" "--sarif=$IN_SARIF" "--annotations=$IN_ANNOTATIONS" "--summary=$IN_SUMMARY"
	"--comment=$IN_COMMENT" "--verify=$IN_VERIFY" "--allow-pull-request-target=$IN_TARGET" "--allow-inline-ignores=$IN_INLINE")
given() {
	if [ -n "$2" ]; then args+=("$1=$2"); fi
}
given --base "$IN_BASE"
given --head "$IN_HEAD"
given --image "$IN_IMAGE"
given --config "$IN_CONFIG"
given --baseline "$IN_BASELINE"
given --inventory "$IN_INVENTORY"
given --fail-on "$IN_FAIL_ON"
while IFS= read -r line; do
	line=${line%$'\r'}
	if [ -n "$line" ]; then args+=("$line"); fi
done <<<"$IN_ARGS"
# On Windows bash would make a path of what begins with a slash, or has a colon before one:
# https://www.msys2.org/docs/filesystem-paths
export MSYS_NO_PATHCONV=1 MSYS2_ARG_CONV_EXCL='*'
exec "$WHOSEKEY" "${args[@]}"
