package names

import (
	"slices"
	"strings"
)

// only are the kinds of credentials, by words in the ids of rules, that have a
// field which others of their provider have not.
var only = map[string][]string{
	"azure accountname":  {"storage", "account", "batch", "sas"},
	"azure tenantid":     {"entra", "devops", "service-key"},
	"azure clientid":     {"entra", "service-key"},
	"google clientid":    {"oauth"},
	"google clientemail": {"service-account", "hmac", "oauth-access"},
}

// has reports whether the field is one of a rule's credentials.
func (n *neighbour) has(rule string) bool {
	words := only[n.providers[0]+" "+n.names[0]]
	return rule == "" || len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return strings.Contains(rule, w) })
}
