package risk

import (
	"slices"
	"strings"
	"unicode"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/rules"
)

// powerWords say what a power is.
var powerWords = map[rules.Power]string{
	rules.Admin: "it may do everything", rules.Secrets: "it may make credentials, manage people or read secrets", rules.Service: "it administers one service", rules.Publish: "it may publish",
	rules.Write: "it may change data", rules.Read: "it may read", rules.Send: "it may send", rules.None: "it is public by design, or of no use alone",
}

// Strongest returns the strongest power that a list of permissions gives, and
// the permission that does. Permissions are words of all providers: scopes, roles,
// policies, actions. Words that say nothing give nothing.
func Strongest(permissions []string) (best rules.Power, word string) {
	rank := len(rules.Powers)
	for _, p := range permissions {
		for i, power := range rules.Powers[:rank] {
			if powerOf(p) == power {
				best, word, rank = power, p, i
				break
			}
		}
	}
	return best, word
}

// words of permissions that decide. Of several, the strongest counts.
var (
	adminWords  = wordSet("admin administrator administratoraccess poweruseraccess owner root superuser sudo sysadmin accountadmin orgadmin masters siteadmin fullaccess service_role servicerole fullcontrol dbowner")
	secretWords = wordSet("secret secrets secretsmanager secretmanager credential credentials createcredentials manageusers iam keyvault vault apikeys serviceaccountkeyadmin tokencreator tokens keys members roles impersonate rolemanagement useraccessadministrator createrole createkey")
	publishWord = wordSet("publish packages")
	writeWords  = wordSet("write readwrite readwriteall rw edit update delete create insert put modify manage push upload repo full change post deploy remove drop grant trigger workflow maintain maintainer developer dbdatawriter writer all contributor editor")
	readWords   = wordSet("read readonly viewer view list get listen pull select describe guest reader ro browse download dbdatareader query search audit monitor usage")
	sendWords   = wordSet("send incoming webhook ingest emit submit notify sender publisher")
)

func wordSet(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// camel is where a word of "GetObject" ends, acronym where one of "IAMFull" does.
var (
	camel   = lazy.New(`([a-z0-9])([A-Z])`)
	acronym = lazy.New(`([A-Z])([A-Z][a-z])`)
)

// powerOf is the power that one permission gives; empty if its words say nothing.
func powerOf(permission string) rules.Power {
	if power, ok := outright(permission); ok {
		return power
	}
	return ofWords(bare(permission))
}

// outright is the power of a permission that is known as a whole.
func outright(permission string) (rules.Power, bool) {
	if all, on, ok := strings.Cut(permission, " on "); ok && (strings.HasPrefix(all, "*") || allActions.MatchString(all)) {
		return partly(all, on), true
	}
	switch p := strings.ToLower(strings.TrimSpace(permission)); {
	case p == "*" || p == "*:*" || p == "all" || p == "full" || p == "full access" || strings.HasSuffix(p, "/*") && strings.Count(p, "/") == 1 && strings.HasPrefix(p, "*"):
		return rules.Admin, true
	case p == "* *": // all verbs, all resources of Kubernetes
		return rules.Admin, true
	case strings.HasPrefix(p, "* except "):
		return rules.Secrets, true
	}
	k, ok := known[strings.ToLower(bare(permission))]
	return k.power, ok
}

// ofWords is the power that the words of a permission say.
func ofWords(permission string) rules.Power {
	permission = azureService.ReplaceAllString(permission, "")
	words := strings.FieldsFunc(strings.ToLower(camel.ReplaceAllString(acronym.ReplaceAllString(permission, "$1 $2"), "$1 $2")), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	has := func(set map[string]bool) bool {
		for i, w := range words {
			if set[w] || i > 0 && (set[words[i-1]+w] || set[words[i-1]+"_"+w]) {
				return true
			}
		}
		return false
	}
	reads := has(readWords) && !has(writeWords)
	switch {
	case ofOneService(words):
		if slices.Contains(words, "iam") {
			return rules.Secrets
		}
		return rules.Service
	case allActions.MatchString(permission) && !has(secretWords):
		return rules.Service
	case googleAdmin.MatchString(permission):
		switch role := strings.ToLower(permission[strings.IndexByte(permission, '.')+1:]); {
		case has(secretWords):
			return rules.Secrets
		case role == "admin" || role == "owner":
			return rules.Service
		}
		return rules.Write // "storage.objectAdmin": of what is in it
	case azureOwner.MatchString(permission):
		return rules.Service
	case has(adminWords):
		if len(words) > 1 && words[0] == "admin" {
			return rules.Secrets // "admin:org"
		}
		return rules.Admin
	case has(secretWords) && (!reads || secretsThemselves(words)):
		return rules.Secrets
	case has(publishWord) && !reads:
		return rules.Publish
	case has(sendWords) && !has(readWords):
		return rules.Send
	case strings.Contains(permission, "*") && !reads, has(writeWords):
		return rules.Write
	case has(readWords):
		return rules.Read
	}
	return ""
}

// partly is the power of all actions on a part of what there is.
func partly(all, on string) rules.Power {
	words := strings.FieldsFunc(strings.ToLower(on), func(r rune) bool { return !unicode.IsLetter(r) })
	if powerOf(all) == rules.Secrets && !strings.HasPrefix(all, "* except ") || strings.HasPrefix(on, "namespace ") || secretsThemselves(words) {
		return rules.Secrets
	}
	return rules.Write
}

// bare is a permission without what only says that it is one: the "roles/" of
// Google's roles, the name of an AWS policy up to its last part.
func bare(p string) string {
	p = strings.TrimSpace(p)
	if i := strings.LastIndex(p, ":policy/"); i >= 0 && strings.HasPrefix(p, "arn:") {
		p = p[strings.LastIndexByte(p, '/')+1:]
	}
	if i := strings.LastIndex("/"+p, "/roles/"); i >= 0 {
		p = p[i+len("roles/"):]
	}
	return p
}

// ofOneService reports whether words are those of AWS's policies for all of one
// service: "AmazonS3FullAccess".
func ofOneService(words []string) bool {
	n := len(words)
	return n > 2 && words[n-1] == "access" && words[n-2] == "full"
}

// secretsThemselves reports whether it is secrets that may be read.
func secretsThemselves(words []string) bool {
	for _, w := range words {
		if strings.HasPrefix(w, "secret") || strings.HasPrefix(w, "credential") || w == "keyvault" {
			return true
		}
	}
	return false
}
