package names

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/leak"
)

// hostMaps are keys whose entries are servers: auths of Docker's config.json, hosts of
// glab's config.yml, credentials of Terraform's credentials.tfrc.json, and those of
// Composer's auth.json.
var hostMaps = set("auths hosts credentials registries http-basic bearer gitlab-token gitlab-oauth github-oauth bitbucket-oauth")

var (
	domain = form(`(?:https?://)?([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}(?::[0-9]{1,5})?)(?:/[^\s]*)?`)
	// //registry.acme.example/path/:_authToken= of an .npmrc
	npmrc = form(`.*//([A-Za-z0-9][A-Za-z0-9.-]{0,250}(?::[0-9]{1,5})?)(?:/[^\s:=]{0,200})?/?:_(?:authToken|auth|password)\s*=\s*["']?`)
)

// keyed takes the server, and the user, that are the names of what the credential
// stands in.
func (s *search) keyed(p *identity.Place, seen *around.Text, ref string) {
	add := func(claim, value, reason string) {
		s.add(leak.Evidence{Class: leak.FromNeighbour, Claim: claim, Value: value, Weight: around.InBlock, Reason: reason, Ref: ref})
	}
	start := min(max(p.Start, 0), len(p.Text))
	line := p.Text[max(bytes.LastIndexByte(p.Text[:start], '\n')+1, start-500):start]
	if bytes.Contains(line, []byte(":_")) {
		if m := npmrc.FindStringSubmatch(string(line)); m != nil && settled(m[1]) {
			add(leak.ClaimServer, strings.ToLower(m[1]), "the server that its line is for")
			return
		}
	}
	chain := append([]string{seen.Own.Name}, seen.Key.Above...)
	hosts := path.Base(p.Path) == "hosts.yml" || path.Base(p.Path) == "hosts.yaml" // gh's
	for i, key := range chain[:min(len(chain), 5)] {
		parent := ""
		if i+1 < len(chain) {
			parent = strings.ToLower(chain[i+1])
		}
		if i > 0 && hosts && parent == "users" && user.MatchString(key) {
			add(leak.ClaimName, key, "it stands under users, "+key)
		}
		if !strings.Contains(key, ".") {
			continue
		}
		m := domain.FindStringSubmatch(key)
		if m == nil {
			continue
		}
		if hostMaps[parent] || hosts && i > 0 && i == len(chain)-1 || i == 1 && s.q.Finding.Rule.Provider == "terraform" {
			add(leak.ClaimServer, strings.ToLower(m[1]), "it stands under "+m[1])
			return
		}
	}
}

// personEnds end names of tokens of people's accounts, beside secretEnds.
var personEnds = append([]string{"oauthtoken", "accesstoken", "apitoken", "personalaccesstoken", "pat"}, secretEnds...)

// ofPerson reports whether the credential is one of somebody's account, by its
// kind: what has the name of a user beside it is that one's.
func (s *search) ofPerson() bool {
	return slices.ContainsFunc(s.q.Known, func(e leak.Evidence) bool {
		return e.Claim == leak.ClaimType && (e.Value == string(leak.HumanAccount) || e.Value == string(leak.OAuthToken))
	})
}

// account takes the name of the user beside a token of one: user, username, login of the
// same record, GITHUB_USER beside GITHUB_TOKEN.
func (b *beside) account(f *around.Field, name string) {
	p, ok := without(name, userEnds)
	if !ok || p != b.prefix || !user.MatchString(f.Value) || strings.Contains(f.Value, "@") || tokenUsers[strings.ToLower(f.Value)] || nobody[strings.ToLower(f.Value)] || !settled(f.Value) {
		return
	}
	if weight := b.seen.Weight(f); weight >= around.Near {
		b.says(f, leak.ClaimName, f.Value, weight)
	}
}

// nobody are users of operating systems, of whom no provider knows.
var nobody = set("root admin node app www-data nobody runner ubuntu ec2-user vscode jenkins default")

// snowflake takes the account beside a password of Snowflake: of its own
// connections.toml and config.toml, and of what says that it is for that.
func (b *beside) snowflake(p *identity.Place) {
	low := strings.ToLower(p.Path)
	ours := path.Base(low) == "connections.toml" || strings.Contains(low, "snowflake") || len(b.seen.Key.Above) > 0 && strings.HasPrefix(b.seen.Key.Above[0], "connections.")
	var account *around.Field
	for i := range b.seen.Fields {
		f := &b.seen.Fields[i]
		switch {
		case strings.EqualFold(f.Value, "snowflake"):
			ours = ours || b.seen.Weight(f) >= around.Near
		case len(f.Name) >= len("account") && Plain(f.Name) == b.prefix+"account" && slug.MatchString(f.Value) && settled(f.Value) && b.seen.Weight(f) >= around.Near:
			account = f
		}
	}
	if !ours || account == nil {
		return
	}
	weight := b.seen.Weight(account)
	for claim, value := range map[string]string{leak.ClaimTenant: account.Value, leak.ClaimTenantKind: "account", leak.ClaimProvider: "snowflake", leak.ClaimType: string(leak.DatabaseUser)} {
		b.s.add(leak.Evidence{Class: leak.FromNeighbour, Claim: claim, Value: value, Weight: weight, Reason: account.Name + " beside it", Ref: b.ref(account.Line)})
	}
}
