package iac

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// mentioned takes in what names the identity in so many words, whether or not the
// tree declares it: a binding to an e-mail address, the annotation of a service
// account, a service that runs as it, a key of it.
func (l *link) mentioned() {
	for _, e := range l.q.Known {
		if e.Weight < .4 || e.Class == leak.FromName || e.Class == leak.FromGit || len(e.Value) > maxText {
			continue
		}
		if e.Claim != leak.ClaimName && e.Claim != leak.ClaimID && e.Claim != leak.ClaimEmail {
			continue
		}
		var sure float64
		sure, l.basis = identity.Basis(l.q.Known, e.Value, e.Claim)
		name := strings.ToLower(principal(strings.TrimSpace(e.Value)))
		switch {
		case len(name) < 3:
		case isUnique(name):
			l.uses(named(name), min(.8, sure), nil)
			if role := roleOfSession(name); role != "" {
				l.uses(named(role), min(.8, sure), nil)
			}
		case l.isProvider("aws"):
			l.ofAWS(name, min(.8, sure))
		case l.isProvider("kubernetes"):
			l.ofKubernetes(name, min(.8, sure))
		}
	}
	l.basis = ""
}

// isUnique reports whether nothing else in the world has a name.
func isUnique(name string) bool {
	return strings.HasSuffix(name, ".gserviceaccount.com") || strings.HasPrefix(name, "arn:aws") || guid.MatchString(name)
}

// roleOfSession is the ARN of the role that a session is of: "" for any other name.
func roleOfSession(arn string) string {
	account, rest, ok := strings.Cut(arn, ":assumed-role/")
	if !ok {
		return ""
	}
	role, _, _ := strings.Cut(rest, "/")
	return strings.Replace(account, ":sts:", ":iam:", 1) + ":role/" + role
}

// uses takes in what uses a token, if it fits; nil for all.
func (l *link) uses(t token, weight float64, fits func(user) bool) {
	for _, u := range l.ix.users[t] {
		if fits == nil || fits(u) {
			l.identityUser(u, t, weight, true)
		}
	}
}

// ofAWS takes in what names a user or role of AWS by its ARN, or in its account by
// its name alone.
func (l *link) ofAWS(name string, weight float64) {
	account, isRole := l.claim(leak.ClaimTenant), leak.IdentityType(l.claim(leak.ClaimType)) == leak.ManagedIdentity
	what := ":user/"
	if isRole {
		what = ":role/"
	}
	if account != "" {
		l.uses(named("arn:aws:iam::"+account+what+name), weight, nil)
	}
	l.uses(named(name), weight, func(u user) bool {
		if of := l.ix.accountOf(u.object); account != "" && of != "" && of != account {
			return false
		}
		return strings.HasPrefix(u.kind, "aws_") && strings.HasPrefix(u.kind, "aws_iam_role") == isRole
	})
}

// ofKubernetes takes in what runs as a service account of Kubernetes, and the roles
// that it is given: "namespace/name".
func (l *link) ofKubernetes(name string, weight float64) {
	namespace, account, ok := strings.Cut(name, "/")
	if !ok {
		return
	}
	l.uses(named("system:serviceaccount:"+namespace+":"+account), weight, nil)
	l.uses(token("sa:"+account), weight, func(u user) bool { return u.namespace == namespace })
}

// declaresKey notes what makes a key of an identity that nothing declares.
func (l *link) declaresKey(o *object) {
	if len(l.matches) == 0 && len(l.keys) < maxFacts && !slices.Contains(l.keys, o) {
		l.keys = append(l.keys, o)
	}
}

// identityUser takes in what uses an identity: its credentials and where they go,
// what runs as it, and the roles that it has. literal says that it names it in
// so many words.
func (l *link) identityUser(u user, t token, weight float64, literal bool) {
	use := u.object.uses[u.use]
	next := start{path: u.path, sure: weight}
	switch {
	case u.gives():
		l.give(u.object, use.line, min(.8, weight))
	case slices.Contains(u.of, t) || u.kind == "local" || u.kind == "output":
		if literal && slices.Contains(u.of, t) {
			l.declaresKey(u.object)
		}
		if !l.reached[u.object] {
			l.onward(u.object, next)
			l.into(u.object, next, 1)
		}
	case u.consumer == "service account": // and what runs as that
		l.consume(u.object, use.line, use.via, min(weight, mayActAs))
		l.onward(u.object, next)
	case u.consumer != "" && u.consumer != "resource":
		l.consume(u.object, use.line, use.via, weight)
	}
}

// mayActAs is how sure it is that a service account of Kubernetes uses an identity of a
// cloud that it may act as: perhaps nothing runs as that.
const mayActAs = .7

// onward goes on to what uses an object, if nothing has been there yet.
func (l *link) onward(o *object, s start) {
	if l.reached[o] || len(l.reached) >= maxReached {
		return
	}
	l.reached[o] = true
	for _, t := range o.offers {
		l.users1(t, o, s, 1)
	}
}

// dependent takes in what depends on a password that Terraform makes: the user of a
// database whose it may be, and what runs with it.
func (l *link) dependent(u user, sure float64) {
	use := u.object.uses[u.use]
	switch {
	case u.identity == leak.DatabaseUser && l.fitsProvider(u.object):
		l.match(u.object, .5, "it depends on this password", "")
	case u.consumer != "" && u.consumer != "resource":
		l.consume(u.object, use.line, use.via, sure)
	}
}
