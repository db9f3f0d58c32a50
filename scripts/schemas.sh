#!/bin/sh
# schemas.sh: tests what we write against the schemas that its readers publish. They are
# other people's files, and are not kept here. With a folder in SCHEMAS they are taken
# from there, by the last part of the addresses below, and nothing is downloaded.
set -eu
cd "$(dirname "$0")/.."
store=https://json.schemastore.org
gitlab=https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/master/dist
dir=${SCHEMAS:-}
if [ -z "$dir" ]; then
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	for url in "$store"/github-action.json "$store"/pre-commit-hooks.json "$store"/pre-commit-config.json \
		"$store"/claude-code-settings.json "$store"/codex-hooks.json "$store"/lefthook.json \
		"$gitlab"/secret-detection-report-format.json; do
		curl -fsSL --retry 2 -o "$dir/${url##*/}" "$url"
	done
fi
WHOSEKEY_SCHEMAS=$(cd "$dir" && pwd) ${GO:-go} test -count=1 ./report ./cmd/whosekey -run 'TestGitLabIsValid|TestActionSchema|TestPublishedSchemas' -v
