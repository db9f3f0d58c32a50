package identity

import (
	"strings"
)

// Bot reports whether a commit's person is a program: nobody to ask about a
// credential. Names and addresses are those that the forges and the well-known
// programs use.
func (p Person) Bot() bool {
	name, mail := strings.ToLower(strings.TrimSpace(p.Name)), strings.ToLower(strings.TrimSpace(p.Email))
	local, host, _ := strings.Cut(mail, "@")
	// GitHub's apps are "dependabot[bot]", with 49699333+dependabot[bot]@users.noreply.github.com.
	if strings.HasSuffix(name, "[bot]") || strings.HasSuffix(local, "[bot]") {
		return true
	}
	// What GitHub commits itself; people there are ID+LOGIN@users.noreply.github.com.
	if local == "noreply" || local == "no-reply" || local == "donotreply" || strings.HasPrefix(host, "noreply.") && isProjectBot(local) {
		return true
	}
	name = dashes.Replace(name)
	if bots[name] || bots[local] || isProjectBot(local) {
		return true
	}
	return strings.HasSuffix(name, "-bot") || strings.HasPrefix(name, "bot-") || strings.HasSuffix(local, "-bot")
}

// isProjectBot knows the users that GitLab makes for access tokens of projects
// and groups: project_123_bot_4ffca233d8298ea1.
func isProjectBot(local string) bool {
	kind, rest, ok := strings.Cut(strings.ReplaceAll(local, "-", "_"), "_bot")
	kind, id, numbered := strings.Cut(kind, "_")
	return ok && numbered && (kind == "project" || kind == "group") && (rest == "" || rest[0] == '_') && id != "" && strings.Trim(id, "0123456789") == ""
}

// bots are names of programs that commit.
var bots = set("allcontributors", "azure-pipelines", "bors", "bot", "circleci", "codecov", "copilot", "dependabot",
	"dependabot-preview", "depfu", "fluxcd", "flux", "github", "github-action", "github-actions", "github-classroom",
	"gitlab-ci", "greenkeeper", "greenkeeperio", "imgbot", "jenkins", "kodiak", "lerna", "mergify", "netlify", "pre-commit-ci", "pyup",
	"release-please", "renovate", "renovatebot", "scala-steward", "semantic-release", "semantic-release-bot", "snyk", "snyk-bot",
	"stale", "travis", "travis-ci", "traviscibot", "web-flow", "weblate", "whitesource-bolt", "argocd-image-updater")

func set(words ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}
