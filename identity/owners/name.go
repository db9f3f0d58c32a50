package owners

import (
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// teamWord is what the name of a team has and that of a person does not.
var teamWord = lazy.New(`(?i)(^|[-_./@])(team|teams|group|squad|guild|crew|chapter|tribe|devs|developers|developer|maintainers?|owners?|approvers|reviewers|admins?|ops|sre|devops|platform|infra|infrastructure|security|engineering|engineers|core|backend|frontend|data|eng|everyone|all)($|[-_./])`)

// named makes an owner of what a CODEOWNERS file or the like calls somebody: a
// handle, an address or a name.
func named(text string, d Dialect) leak.Owner {
	if at := strategy.FindStringIndex(text); at != nil {
		text = text[:at[0]] // @workspace/group:random(2)
	}
	o := leak.Owner{Name: strings.ReplaceAll(text, `"`, ""), Kind: "person"}
	if !strings.HasPrefix(text, "@") && email.MatchString(text) {
		// A name must not be an address: what stands before the @ is enough.
		o.Email = text
		o.Name, _, _ = strings.Cut(text, "@")
		if teamWord.MatchString(o.Name) {
			o.Kind = "team"
		}
		return o
	}
	switch {
	case strings.Contains(o.Name, "/"), strings.HasPrefix(o.Name, "@@"):
		o.Kind = "team"
	case d != GitHub && teamWord.MatchString(o.Name): // there users and groups look the same
		o.Kind = "team"
	}
	return o
}
