package iac

import (
	"strings"
	"unicode"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// environments are the words that name one.
var environments = map[string]string{
	"prod": "prod", "production": "prod", "prd": "prod", "live": "prod",
	"staging": "staging", "stage": "staging", "stg": "staging", "preprod": "staging", "uat": "staging",
	"dev": "dev", "development": "dev", "test": "test", "testing": "test", "qa": "test", "sandbox": "sandbox", "sbx": "sandbox",
}

// environmentIn returns the environment that a name says, "" if none or several.
func environmentIn(name string) string {
	found := ""
	for _, w := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if e := environments[w]; e != "" && found != "" && e != found {
			return ""
		} else if e != "" {
			found = e
		}
	}
	return found
}

// ownerKeys are the tags and labels that name an owner, without case and
// punctuation, and how sure that is.
var ownerKeys = map[string]float64{
	"owner": .8, "owners": .8, "ownerteam": .8, "owningteam": .8, "ownedby": .8, "owneremail": .8, "serviceowner": .8, "productowner": .7,
	"technicalowner": .8, "businessowner": .7, "team": .78, "teamname": .78, "squad": .78, "contact": .75, "contactemail": .75,
	"technicalcontact": .75, "maintainer": .75, "maintainers": .75, "responsible": .75, "costcenter": .4, "costcentre": .4,
}

// ownerKey reduces a tag's key to a key of ownerKeys: "acme.io/Owner-Team" and
// "OwnerTeam" are the same.
func ownerKey(key string) string {
	key = key[strings.LastIndexAny(key, "/:.")+1:]
	key = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, key)
	if ownerKeys[key] > 0 {
		return key
	}
	return ""
}

// tagged looks at one tag or label of an object.
func (o *object) tagged(key, value string, line int) { o.tag(tag{key: key, value: value, line: line}) }

func (o *object) tag(t tag) {
	key, value := t.key, strings.TrimSpace(t.value)
	t.value = value
	if value == "" || len(value) > maxText {
		return
	}
	if ownerKey(key) != "" {
		if identity.Unfilled(value) || identity.Nobody(value) {
			return
		}
		if len(o.owners) < maxFacts {
			o.owners = append(o.owners, t)
		}
		return
	}
	switch strings.ToLower(key) {
	case "environment", "env", "stage", "app.kubernetes.io/environment", "tags.datadoghq.com/env":
		e := environmentIn(value)
		if e == "" {
			e = strings.ToLower(value)
		}
		o.fact(leak.ClaimEnvironment, e)
	case "service", "app.kubernetes.io/name", "app.kubernetes.io/part-of", "app", "application", "tags.datadoghq.com/service":
		o.fact(leak.ClaimService, value)
	}
}

// owner makes an owner of a tag.
func (t tag) owner(ref string, confidence float64) leak.Owner {
	o := leak.Owner{Name: t.value, Kind: "team", Source: identity.OwnerIaC, Ref: ref, Confidence: confidence}
	if i := strings.IndexByte(t.value, '@'); i > 0 && !strings.ContainsAny(t.value, " /,;") {
		o.Email, o.Name = t.value, t.value[:i]
		o.Kind = "person"
	} else if i := strings.IndexByte(t.value, '<'); i > 0 && strings.Contains(t.value[i:], "@") {
		o.Name, o.Email, o.Kind = strings.TrimSpace(t.value[:i]), strings.Trim(t.value[i:], "<> "), "person"
	}
	switch key := ownerKey(t.key); {
	case strings.HasPrefix(key, "cost"):
		o.Name = "cost center " + o.Name
	case teamLike(o.Name) || strings.Contains(key, "team") || key == "squad":
		o.Kind = "team"
	case personLike(o.Name) && o.Email == "":
		o.Kind = "person"
	}
	return o
}

// teamLike reports whether a name is that of a team or a mailbox of many.
func teamLike(name string) bool {
	for _, w := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) }) {
		switch w {
		case "team", "teams", "squad", "group", "platform", "ops", "sre", "devops", "infra", "security", "engineering", "eng", "oncall", "support",
			"data", "payments", "backend", "frontend", "it", "admins", "guild", "chapter", "tribe", "department", "dept", "services":
			return true
		}
	}
	return strings.HasPrefix(name, "@") && strings.Contains(name, "/")
}

// personLike reports whether a name is "Jane Doe" or "jane.doe".
func personLike(name string) bool {
	for _, sep := range []string{" ", "."} {
		first, last, two := strings.Cut(name, sep)
		if two && isName(first) && isName(last) && (sep == "." || unicode.IsUpper(rune(first[0])) && unicode.IsUpper(rune(last[0]))) {
			return true
		}
	}
	return false
}

func isName(s string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) {
			return false
		}
	}
	return len(s) > 1
}

// isVariable reports whether s can be the name of an environment variable that
// means something: two words at least. "PASSWORD" is everybody's.
func isVariable(s string) bool {
	if len(s) < 6 || len(s) > 100 || !strings.Contains(s, "_") {
		return false
	}
	for _, r := range s {
		if r != '_' && (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}

// interpolated are the variables that a text takes from its environment: $NAME,
// ${NAME}, ${NAME:-default}.
func interpolated(text string) (names []string) {
	for i := strings.IndexByte(text, '$'); i >= 0 && i+1 < len(text) && len(names) < maxFacts; {
		rest := strings.TrimPrefix(text[i+1:], "{")
		end := strings.IndexFunc(rest, func(r rune) bool {
			return r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9')
		})
		if end < 0 {
			end = len(rest)
		}
		if end > 1 && end < 100 {
			names = append(names, rest[:end])
		}
		next := strings.IndexByte(text[i+1:], '$')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return names
}
