#!/bin/sh
# Builds a small repository in the folder $1 with a made-up leak in each kind of
# place, by the program $2. Every credential is made at run time and opens
# nothing.
set -eu
dir=$1
key=$2
rm -rf "$dir"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
case $key in /*) ;; *) key=$(pwd)/$key ;; esac
cd "$dir"

# Nothing of the user's configuration matters here.
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME="Ada Byron" GIT_AUTHOR_EMAIL=ada@acme.example
export GIT_COMMITTER_NAME="Ada Byron" GIT_COMMITTER_EMAIL=ada@acme.example
day=10
commit() { # message, further arguments
	day=$((day + 1))
	export GIT_AUTHOR_DATE="2026-03-${day}T09:00:00Z" GIT_COMMITTER_DATE="2026-03-${day}T09:00:00Z"
	git add -A
	git commit -q --allow-empty -m "$@"
}
fake() { "$key" rules example --seed demo "$@"; }

git init -q -b main .
echo "# Payments" > README.md
commit "start"

# 1. A file that is there.
mkdir -p config deploy src
fake github-personal-access-token > config/production.env
commit "config: production settings"

# 2. A file that was deleted long ago.
fake slack-bot-token > src/notify.env
commit "notify the team on Slack"
git rm -q src/notify.env
commit "remove the Slack settings"

# 3. Content that only a merge commit has.
git checkout -q -b feature
echo "feature: on" > config/feature.yaml
commit "feature flag"
git checkout -q main
echo "feature: off" > config/flags.yaml
commit "flags"
git merge -q --no-commit --no-ff feature >/dev/null 2>&1
fake stripe-secret-key >> config/feature.yaml
commit "Merge branch 'feature'"

# 4. Encoded: the data of a Kubernetes secret is base64.
{
	printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: mail}\ndata:\n  key: '
	fake --bare sendgrid-api-key | tr -d '\n' | base64 | tr -d '\n'
	printf '\n'
} > deploy/secret.yaml
commit "deploy: mail key"

# 5. UTF-16, as Windows tools write it.
fake gitlab-personal-access-token | iconv -f UTF-8 -t UTF-16 > deploy/setup.ps1
commit "deploy: Windows set-up"

# 6. A private key.
fake private-key-pem > deploy/id_rsa
commit "deploy: key"

# 7. A commit message, 8. a tag's message, 9. a note.
GIT_AUTHOR_NAME="Charles B" GIT_AUTHOR_EMAIL=charles@acme.example commit "rotate the key

the old one was: $(fake --bare openai-project-key)"
git tag -a v1.0 -m "version 1.0, built with $(fake --bare npm-access-token)"
git notes add -m "build log: $(fake --bare digitalocean-personal-access-token)" HEAD

# 10. A commit that was amended: no branch leads to it any more.
mkdir -p src
fake aws-access-key > src/aws.ini
commit "aws settings"
git rm -q src/aws.ini
git commit -q --amend --allow-empty -m "aws settings from the environment"
