package decode

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// jfrogToken reads access tokens of the JFrog platform: iss is the service that
// issued one, jfac@<id> or jfrt@<id>, sub is <service>/users/<name>, and scp has
// what it may do (https://jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens).
func jfrogToken(v *voice, t *jwt) bool {
	sub := t.text("sub")
	of := sub
	if !jfrogService(of) {
		of = t.text("iss")
	}
	if !jfrogService(of) {
		return false
	}
	v.say(leak.ClaimProvider, "jfrog", "the service that issued it is one of JFrog's")
	v.say(leak.ClaimKind, "JFrog access token", "the service that issued it is one of JFrog's")
	if _, user, ok := strings.Cut(sub, "/users/"); ok && user != "" && !secretish(user) {
		v.weigh(.6, leak.ClaimType, string(leak.HumanAccount), "sub names a user")
		if local, _, is := mailAddress(user); is {
			v.say(leak.ClaimEmail, user, "user in sub")
			user = local
		}
		v.say(leak.ClaimName, user, "user in sub")
	} else {
		v.weigh(.6, leak.ClaimType, string(leak.ServiceAccount), "sub names no user")
	}
	for _, scope := range strings.Fields(t.text("scp")) {
		if scope == "applied-permissions/admin" {
			v.say(leak.ClaimPermission, "admin", "scp inside the token")
		}
		v.say(leak.ClaimScope, scope, "scp inside the token")
	}
	return true
}

// jfrogService reports whether a text begins with the id of a service of JFrog.
func jfrogService(s string) bool {
	for _, kind := range []string{"jfac@", "jfrt@"} {
		if strings.HasPrefix(s, kind) {
			return true
		}
	}
	return false
}
