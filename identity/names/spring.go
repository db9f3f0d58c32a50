package names

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/around"
)

// registered is the issuer of the client that a secret of Spring's is of: it stands in
// the provider with the name of the registration, or with the one that this names
// (docs.spring.io/spring-security/reference/servlet/oauth2/login/core.html: provider.[providerId]
// beside registration.[registrationId]); nil for none.
func (b *beside) registered() *around.Field {
	const registration, provider = "registration", "provider"
	above, fields := b.seen.Key.Above, b.seen.Fields
	if head, rest, ok := strings.Cut(b.seen.Own.Name, registration+"."); ok { // lines of properties
		client, _, _ := strings.Cut(rest, ".")
		wanted := client
		for i := range fields {
			if fields[i].Name == head+registration+"."+client+"."+provider {
				wanted = fields[i].Value
			}
		}
		i := slices.IndexFunc(fields, func(f around.Field) bool {
			end, ok := strings.CutPrefix(f.Name, head+provider+"."+wanted+".")
			return ok && b.issues(&f, end)
		})
		return at(fields, i)
	}
	if len(above) < 2 || Plain(above[1]) != registration {
		return nil
	}
	wanted := above[0]
	for i := range fields {
		if f := &fields[i]; Plain(f.Name) == provider && b.seen.Up(f) == 0 && settled(f.Value) {
			wanted = f.Value
		}
	}
	i := slices.IndexFunc(fields, func(f around.Field) bool {
		names, up, _, ok := b.seen.Blocks(&f)
		return ok && up == 2 && len(names) == 2 && names[0] == wanted && Plain(names[1]) == provider && b.issues(&f, f.Name)
	})
	return at(fields, i)
}

// issues reports whether a field has the address of an issuer.
func (b *beside) issues(f *around.Field, name string) bool {
	return slices.Contains(issuerEnds, plain(name)) && settled(f.Value) && issuerURL.MatchString(f.Value)
}

func at(fields []around.Field, i int) *around.Field {
	if i < 0 {
		return nil
	}
	return &fields[i]
}
