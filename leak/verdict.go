package leak

import "time"

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
	Host   string    // that was asked, or should have been
	Code   int       // HTTP status; 0 for other protocols
	When   time.Time // of the answer, or of the end of waiting for it; zero if nobody was reached
	// Control says what became of the negative control: "refused" (a made-up
	// credential was), "accepted", "inconclusive: ...", or "none: ..." where
	// there is none. Empty if it was not reached.
	Control string
	// Facts are what the answer says about the credential and its identity,
	// by the names below.
	Facts map[string]string
}

// AboutTraps says what to do about a finding whose verdict is Canary. What its
// rule says would be wrong: to revoke it is to spoil the trap, or to fall into it.
const AboutTraps = "It is a trap: do not use it, do not test it, and do not remove it. Tell whoever sets traps for you (your security team) that it was found here. If nobody of yours set it, somebody else did: ask who put it here."

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
