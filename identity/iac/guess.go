package iac

import (
	"slices"

	"github.com/whosekey/whosekey/identity/names"
	"github.com/whosekey/whosekey/leak"
)

// How much it says that code declares a user whom hints point to: in the key's own
// account, as "the same account" does, and where the account is not known.
const (
	pointedAt   = .5
	pointedPart = .42 // where only a part of the name is in the hint
	pointedAny  = .4
	pointedLow  = .3
)

// guess is for a key of AWS of which nothing says whose it is: the declared user whom
// the names around it point to, or else the only one there is.
func (l *link) guess() {
	account := l.claim(leak.ClaimTenant)
	if users := l.declaredUsers(); len(users) > 0 && !l.ofRole() {
		var called []string
		for _, u := range users {
			called = append(called, u.name)
		}
		p, ok := names.Point(names.Hints(l.q), called)
		if ok && (p.Whole || !l.elsewhere(users[p.Name].path)) {
			l.pointed(users[p.Name], p, account)
			return
		}
	}
	if o, sure, by := l.onlyOne(account); o != nil {
		l.match(o, sure, by, "")
	}
}

// ofRole reports whether the credential is a session's, which no user has.
func (l *link) ofRole() bool {
	return leak.IdentityType(l.claim(leak.ClaimType)) == leak.ManagedIdentity
}

// declaredUsers are the users whose the key may be, each once.
func (l *link) declaredUsers() (users []*object) {
	for _, o := range l.ix.objects {
		if o.kind == "aws_iam_user" && o.name != "" && l.fitsTenant(o, "") && len(users) < maxSame &&
			!slices.ContainsFunc(users, func(u *object) bool { return same(u, o) }) {
			users = append(users, o)
		}
	}
	return users
}

// pointed matches the user whom hints point to.
func (l *link) pointed(o *object, p names.Pointed, account string) {
	of := o.tenant.ID
	if of == "" {
		of = l.ix.accountOf(o)
	}
	ours := account != "" && of == account
	weight := pointedLow
	switch {
	case ours && p.Whole:
		weight = pointedAt
	case ours:
		weight = pointedPart
	case p.Whole:
		weight = pointedAny
	}
	e, why := p.Said(l.public(o.name))
	e.Reason = l.public(e.Reason)
	l.pointer = append(l.pointer, e)
	by := why + " may mean it"
	if only, sure, is := l.onlyOne(account); only != nil && same(only, o) {
		weight, by = max(weight, sure), is+", and "+by
	}
	l.match(o, weight, l.public(by), "")
}

// onlyUser is how sure the only user of an account is whom code gives a key. Of the
// generated organisations nine in ten are right, but 0.7 would be more than the
// same account, and a second user in another repository, allow.
const onlyUser = .6

// onlyOne is the guess that is left for an AWS key of a known account: the
// only user of that account that the code gives a key, or the only one at all.
// What stands in the folder of another service does not count.
func (l *link) onlyOne(account string) (o *object, sure float64, by string) {
	if account == "" || l.r.keys.Of(l.q, account) > keysOfUser { // they are not all of one user
		return nil, 0, ""
	}
	var users, withKey []*object
	for _, o := range l.ix.objects {
		switch o.kind {
		case "aws_iam_user":
			users = l.ofAccount(users, o, account)
		case "aws_iam_access_key":
			for _, t := range o.of {
				for _, u := range l.ix.offers[t] {
					withKey = l.ofAccount(withKey, u, account)
				}
			}
		}
	}
	others := l.others(account)
	switch {
	case len(withKey) == 1:
		return withKey[0], less(onlyUser, others), "it is the only user of account " + account + " with a key in code" + others
	case len(withKey) == 0 && len(users) == 1:
		return users[0], less(.45, others), "it is the only user of account " + account + " in code" + others
	}
	return nil, 0, ""
}

// less is how sure the only user that is known is beside others that are not.
func less(sure float64, others string) float64 {
	if others != "" {
		return min(sure, .42)
	}
	return sure
}

// others says which code may make more users in an account: how many, it does not
// tell. It is empty if there is none.
func (l *link) others(account string) string {
	for _, o := range l.ix.objects {
		if !o.many || o.kind != "aws_iam_user" && o.kind != "aws_iam_access_key" && o.kind != "module" {
			continue
		}
		if of := l.ix.accountOf(o); of == "" || of == account {
			return ", but " + o.address + " may make others"
		}
	}
	return ""
}

// ofAccount appends o to users if it is a user of an account, and none of them.
func (l *link) ofAccount(users []*object, o *object, account string) []*object {
	of := o.tenant.ID
	if of == "" {
		of = l.ix.accountOf(o)
	}
	if o.kind != "aws_iam_user" || of != account || len(users) > 1 || l.elsewhere(o.path) || slices.ContainsFunc(users, func(u *object) bool { return same(u, o) }) {
		return users
	}
	return append(users, o)
}

// elsewhere reports whether a file is of another service than all places of the
// credential, in a repository with a folder for each.
func (l *link) elsewhere(path string) bool {
	of := names.PathService(path)
	if of == "" || len(l.starts) == 0 {
		return false
	}
	return !slices.ContainsFunc(l.starts, func(s start) bool {
		at := names.PathService(s.path)
		return at == "" || at == of
	})
}
