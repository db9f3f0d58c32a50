#!/bin/sh
# Gets what the HTML report is built and tested with: its packages, as the lock
# file says. The page itself is committed, so that building whosekey needs none
# of it; without it the tests of the page check less.
set -eu
cd "$(dirname "$0")/../report/page"
[ ! -d node_modules/axe-core ] || [ node_modules -ot package-lock.json ] || exit 0
command -v npm >/dev/null || sh ../../scripts/install.sh nodejs npm
npm ci --loglevel=error
touch node_modules
