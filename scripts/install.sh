#!/bin/sh
# Installs Debian packages that the tests use, where that can be done without
# asking; elsewhere it says what is missing.
set -eu
if ! command -v apt-get >/dev/null; then
	echo "please install: $*" >&2
	exit 2
fi
sudo=
[ "$(id -u)" = 0 ] || sudo="sudo -n"
$sudo apt-get update -q
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -q -y --no-install-recommends "$@"
