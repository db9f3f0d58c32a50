package identity

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
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
	if bots[name] || bots[local] || accounts[name] || isProjectBot(local) {
		return true
	}
	if strings.HasPrefix(local, "svc-") || strings.HasPrefix(name, "svc-") {
		return true
	}
	return strings.HasSuffix(name, "-bot") || strings.HasPrefix(name, "bot-") || strings.HasSuffix(local, "-bot")
}

// Nobody reports whether what a tag calls the owner is a program or nobody in particular:
// whoever made the resource, not whom to ask.
func Nobody(owner string) bool {
	name := dashes.Replace(strings.ToLower(strings.TrimSpace(owner)))
	return strings.HasSuffix(name, "[bot]") || automation[name] || bots[name] || accounts[name]
}

// automation are words for what makes resources, and for everybody.
var automation = set("admin", "ansible", "automation", "automated", "cd", "ci", "ci-cd", "ci/cd", "cicd", "cloudformation", "helm", "opentofu", "pulumi", "script", "system", "terraform")

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

// accounts are users that machines come with: everybody can be called so.
var accounts = set("administrator", "ec2-user", "root", "runner", "ubuntu", "vagrant")

func set(words ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}

// wholeName is the address that a name is the beginning of, if somebody else says that
// as the name, as of an inventory without addresses, or both are said of the same thing:
// what reads a login takes addresses apart, and where the address is the login its
// beginning is somebody else's. A provider says each by itself.
func (c *Conclusion) wholeName(name string) string {
	names, mails := c.claims[leak.ClaimName], c.claims[leak.ClaimEmail]
	for _, n := range names {
		if whole := n.best.Value; !names[0].asked && address(whole) != "" && strings.EqualFold(person(whole), name) {
			return whole
		}
	}
	if len(names) == 0 || len(mails) == 0 || names[0].best.Value != name || !strings.EqualFold(person(mails[0].best.Value), name) {
		return name
	}
	n, m := names[0].best, mails[0].best
	if n.Class != leak.FromWhoami && n.Class == m.Class && n.Reason == m.Reason && n.Ref == m.Ref && n.Weight == m.Weight {
		return m.Value
	}
	return name
}
