#!/bin/sh
# Installs the servers that the tests of log-ins start: each test runs its own,
# for itself, in a directory that goes with it. Where they cannot be installed
# those tests are skipped, but not in CI.
set -eu
PATH=$PATH:/usr/sbin:/usr/local/sbin
missing=
need() {
	command -v "$1" >/dev/null || ls $3 >/dev/null 2>&1 || missing="$missing $2"
}
need postgres postgresql '/usr/lib/postgresql/*/bin/postgres'
need mariadbd mariadb-server /nowhere
need redis-server redis-server /nowhere
need rabbitmq-server rabbitmq-server /nowhere
need mosquitto mosquitto /nowhere
need nats-server nats-server /nowhere
need slapd slapd /nowhere
need sshd openssh-server /nowhere
[ -n "$missing" ] || exit 0
# Debian starts a server when it installs one, on the port that everybody
# knows. In runlevel 1 it does not.
export RUNLEVEL=1
if ! sh "$(dirname "$0")/install.sh" $missing; then
	[ "${CI:-}" != true ] || exit 2
	echo "without$missing the tests that log in there are skipped" >&2
fi
