package leak

import (
	"maps"
	"slices"
	"time"
)

// Class says how much a question to a provider touches.
type Class string

// The classes. Calls of class S3 are never made.
const (
	S0 Class = "S0" // an endpoint made for asking about a credential
	S1 Class = "S1" // reads data about the credential, or about its own account
	S2 Class = "S2" // reads a customer's data, or lists resources
	S3 Class = "S3" // changes, bills, notifies or rotates
)

// Verdict is what came of asking a provider about a credential, and how.
// Nothing in it is secret: not the credential, and not the answer's body.
type Verdict struct {
	Status Status
	Reason string    // for people: "401 Unauthorized", "no answer within 10s"
	Class  Class     // of the call; empty if none was made
	Host   string    // that decided, or should have been asked
	Code   int       // HTTP status; 0 for other protocols
	When   time.Time // of the answer, or of the end of the attempt to get one; zero if none was made
	// Asked are all hosts that were to be asked, in turn. Nil if Host is the only
	// one, and was asked.
	Asked []Call
	// Control says what became of the negative control: "refused" (a made-up
	// credential was), "accepted", "inconclusive: ...", or "none: ..." where
	// there is none. Empty if it was not reached.
	Control string
	// Facts are what the answer says about the credential and its identity,
	// by the names below.
	Facts map[string]string
}

// AboutOthers says what to do about a credential of somebody else's account.
const AboutOthers = "It belongs to somebody else: tell them, or the provider, and take it out of here. It is not yours to test or to revoke."

// AboutTraps says what to do about a finding whose verdict is Canary. What its
// rule says would be wrong: to revoke it is to spoil the trap, or to fall into it.
const AboutTraps = "It is a trap: do not use it, do not test it, and do not remove it. Tell whoever sets traps for you (your security team) that it was found here. If nobody of yours set it, somebody else did: ask who put it here."

// Sent reports whether a request of the verdict reached its host.
func (v *Verdict) Sent() bool {
	for _, c := range v.Asked {
		if c.Host == v.Host {
			return c.Sent
		}
	}
	return !v.When.IsZero()
}

// Clone returns a copy that shares nothing with v.
func (v *Verdict) Clone() Verdict {
	out := *v
	out.Facts, out.Asked = maps.Clone(v.Facts), slices.Clone(v.Asked)
	return out
}

// Map returns a copy in which all texts are what change makes of them.
func (v *Verdict) Map(change func(string) string) Verdict {
	out := v.Clone()
	out.Reason, out.Host, out.Control = change(v.Reason), change(v.Host), change(v.Control)
	for i := range out.Asked {
		c := &out.Asked[i]
		c.Host, c.Reason = change(c.Host), change(c.Reason)
	}
	for name, fact := range out.Facts {
		out.Facts[name] = change(fact)
	}
	return out
}

// Call is what became of one host that was to be asked.
type Call struct {
	Host   string
	Status Status    // what it alone says of the credential; empty if it was not about that
	Reason string    // for people
	Code   int       // HTTP status; 0 for other protocols
	When   time.Time // as in Verdict; zero if it was refused before anything was sent
	Sent   bool      // a request reached it
}

// Names of facts.
const (
	FactID         = "id"          // of the identity, as the provider counts
	FactName       = "name"        // of the identity: a login, an address of a service account
	FactKind       = "kind"        // an identity_type: "bot", "service_account", "human_account"
	FactTenant     = "tenant"      // id of the account, organization, workspace or project
	FactTenantName = "tenant_name" // its name
	FactOwner      = "owner"       // who owns the identity, as the provider says
	FactCredential = "credential"  // the provider's public id of the credential
	FactLabel      = "label"       // the name that somebody gave the credential
	FactScopes     = "scopes"      // permissions, separated by spaces
	FactCreated    = "created"     // RFC 3339
	FactExpires    = "expires"     // RFC 3339
	FactLastUsed   = "last_used"   // RFC 3339
	FactActive     = "active"      // "true" or "false"
	FactEmail      = "email"       // shown only where addresses may be
	FactServer     = "server"      // what it opens: host, product, version
)

// Facts lists the names of facts.
var Facts = []string{
	FactID, FactName, FactKind, FactTenant, FactTenantName, FactOwner, FactCredential, FactLabel, FactScopes, FactCreated,
	FactExpires, FactLastUsed, FactActive, FactEmail, FactServer,
}
