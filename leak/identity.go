package leak

import "time"

// Identity is the non-human identity that a credential belongs to: the record
// that the inventory keeps. It is concluded from evidence, never set directly.
// Nothing in it is secret. Findings of one identity point to the same Identity.
//
// Times are zero where they are not known, texts empty.
type Identity struct {
	ID      string   // canonical: nhi:<provider>:<type>:<tenant>/<local id>; stable
	Aliases []string // canonical ids of records that turned out to be this one

	// The eight core fields of the simple record.
	Type         IdentityType
	Name         string
	Owner        string // the best of Owners, as it is shown
	Created      time.Time
	LastAccessed time.Time
	Permissions  []string // in the provider's words, or read-only, read-write, admin, send, listen, manage
	Risk         Risk     // that of the worst credential
	Expires      time.Time

	Provider   string // id of the provider, as in Rule; with @host if self-hosted
	ProviderID string // as the provider counts
	Tenant     Tenant

	Environment       string // "prod", "staging", "dev", "test", "sandbox"
	EnvironmentSource string // evidence: "name:prod"

	Status       IdentityStatus
	StatusReason string
	Owners       []Owner // best first
	HumanOrigin  *Owner  // whose account or commit it came from

	Credentials []Credential
	Evidence    []Evidence
	Confidence  float64 // 0 to 1 that the credential belongs to this identity
	Conflict    string  // two claims that exclude each other, in words

	Consumers []Consumer
	Declared  []Declaration
	Inventory *InventoryMatch

	Occurrences  int      // places
	Repositories []string // names, sorted

	Controls []Control // of all credentials
	Plan     []Action  // what to do about the credential that is the worst, in order
}

// IdentityType is a word of a closed list.
type IdentityType string

// The identity types.
const (
	ServiceAccount   IdentityType = "service_account"
	ServicePrincipal IdentityType = "service_principal"
	ManagedIdentity  IdentityType = "managed_identity"
	WorkloadIdentity IdentityType = "workload_identity"
	APIKey           IdentityType = "api_key"
	OAuthApp         IdentityType = "oauth_app"
	OAuthToken       IdentityType = "oauth_token"
	Bot              IdentityType = "bot"
	RPABot           IdentityType = "rpa_bot"
	AIAgent          IdentityType = "ai_agent"
	CIIdentity       IdentityType = "ci_identity"
	Certificate      IdentityType = "certificate"
	SSHKey           IdentityType = "ssh_key"
	DeployKey        IdentityType = "deploy_key"
	SigningKey       IdentityType = "signing_key"
	EncryptionKey    IdentityType = "encryption_key"
	DatabaseUser     IdentityType = "database_user"
	RegistryRobot    IdentityType = "registry_robot"
	Webhook          IdentityType = "webhook"
	Device           IdentityType = "device"
	HumanAccount     IdentityType = "human_account"
	UnknownIdentity  IdentityType = "unknown"
)

// IdentityTypes lists them all.
var IdentityTypes = []IdentityType{
	ServiceAccount, ServicePrincipal, ManagedIdentity, WorkloadIdentity, APIKey, OAuthApp, OAuthToken, Bot, RPABot, AIAgent, CIIdentity,
	Certificate, SSHKey, DeployKey, SigningKey, EncryptionKey, DatabaseUser, RegistryRobot, Webhook, Device, HumanAccount, UnknownIdentity,
}

// IdentityStatus says how an identity stands to what is known of the organisation.
type IdentityStatus string

// The statuses.
const (
	KnownIdentity      IdentityStatus = "known"       // in the inventory
	ShadowIdentity     IdentityStatus = "shadow"      // there is an inventory, and it is not in it
	OrphanedIdentity   IdentityStatus = "orphaned"    // nobody who is still there owns it
	RetiredIdentity    IdentityStatus = "retired"     // the inventory says that it is no more
	ThirdPartyIdentity IdentityStatus = "third_party" // of a tenant that is not ours
	UnknownStatus      IdentityStatus = "unknown"     // no inventory was given
)

// Tenant is the account, organization, workspace, project, cluster or shop that
// an identity is in.
type Tenant struct{ ID, Name, Kind string }

// Owner is a person or a team, and why we think that it is theirs.
type Owner struct {
	Name       string  // a handle, a team, a name; an address only where reports may show those
	Email      string  // shown only where addresses may be
	Kind       string  // "team" or "person"
	Source     string  // tier: "inventory", "iac_tag", "catalog", "whoami", "codeowners_declaring", ...
	Ref        string  // "CODEOWNERS:12", a commit
	Reason     string  // for people
	Confidence float64 // 0 to 1
	Gone       bool    // has left, says the list of leavers
	// Of is the Ref of the declaration whose owner it is, or its file; empty
	// for none. Reports do not keep it.
	Of string
	// Holder is set if it is the owner of what the credential stands in, which need not
	// be that of the identity. Reports do not keep it.
	Holder bool
	// Wide is set if a rule for all files, or all with an ending, says so. Reports
	// do not keep it.
	Wide bool
	// Signed is set if an access review says so, that somebody signed lately.
	Signed bool
	// Denied is set if the owner signed lately that it is not theirs: nothing else
	// makes them the owner. It is never in an Identity.
	Denied bool
}

// Credential is one of an identity's credentials.
type Credential struct {
	ID       string // of the finding
	Kind     string // of credential: the rule's id
	Form     string // what it is by its own bytes, in words: "deploy token"; empty for what the rule says
	KeyID    string // the provider's own public id of it
	Label    string // the name that somebody gave it
	State    Status
	StateBy  string // "whoami", "offline" or empty
	StateAt  time.Time
	Issued   time.Time
	Expires  time.Time
	LastUsed time.Time
	Rotated  time.Time

	FirstExposed    time.Time
	FirstExposedRef string // "4048b6e8:deploy/sa.json:1"
	Exposure        string // "public", "internal", "private", "log", "image", "unknown"

	Risk     Risk
	Controls []Control
	Plan     []Action // what to do about it, in order
}

// EvidenceClass groups evidence that is not independent of each other.
type EvidenceClass string

// The classes. Confidence is a noisy or over them: see package identity.
const (
	FromStructure EvidenceClass = "structure" // the bytes of the credential
	FromWhoami    EvidenceClass = "whoami"    // the provider's answer
	FromNeighbour EvidenceClass = "neighbour" // fields beside it
	FromIaC       EvidenceClass = "iac"       // declared in code
	FromInventory EvidenceClass = "inventory"
	FromName      EvidenceClass = "name" // of variables and paths
	FromGit       EvidenceClass = "git"
	FromRule      EvidenceClass = "rule" // what kind of credential the rule finds: says type and provider only
)

// Evidence is one reason to believe one field of an identity.
type Evidence struct {
	Class  EvidenceClass
	Claim  string  // one of the claims below
	Value  string  // times are RFC 3339
	Weight float64 // 0 to 1
	Reason string  // for people: "client_email inside the key file"
	Ref    string  // where it stands: "infra/sa.tf:12"; empty for the credential itself
	// Basis is the class of what this was looked up by, and so is not independent
	// of; empty if it was not.
	Basis EvidenceClass
}

// Group is the class that evidence counts in.
func (e Evidence) Group() EvidenceClass {
	if e.Basis != "" {
		return e.Basis
	}
	return e.Class
}

// The claims.
const (
	ClaimProvider    = "provider"
	ClaimType        = "identity_type"
	ClaimKind        = "kind" // of credential, in words: "classic personal access token"
	ClaimID          = "id"   // of the identity, as the provider counts
	ClaimName        = "name"
	ClaimTenant      = "tenant"
	ClaimTenantName  = "tenant_name"
	ClaimTenantKind  = "tenant_kind" // "account", "project", "organization", "workspace"
	ClaimKeyID       = "key_id"      // public id of the credential
	ClaimLabel       = "label"       // name of the credential
	ClaimPermission  = "permission"  // one piece of evidence each
	ClaimCreated     = "created"     // of the identity
	ClaimIssued      = "issued"      // of the credential
	ClaimExpires     = "expires"
	ClaimLastUsed    = "last_used"
	ClaimRotated     = "rotated"
	ClaimEnvironment = "environment"
	ClaimService     = "service" // name of what uses it: a hint
	ClaimServer      = "server"  // what it opens
	ClaimRegion      = "region"
	ClaimEmail       = "email"
	ClaimHuman       = "human" // the person whose account it is
	ClaimFingerprint = "fingerprint"
	ClaimScope       = "opens" // what a key decrypts, signs or lets in
	ClaimCanary      = "canary"
	ClaimUntold      = "untold" // why an inventory cannot tell whether it knows the identity
	ClaimNote        = "note"   // something to know: "alg is none"
)

// Consumer is something that uses a credential.
type Consumer struct {
	Kind string // "workflow", "deployment", "compose", "function", ...
	Ref  string // ".github/workflows/deploy.yml:31"
	Name string // job, workload, service
	Via  string // "env GCP_SA_KEY"
	// Confidence is how sure it is that it uses this identity, from 0 to 1.
	Confidence float64
	// Weak tells that it was found by a name that many credentials have, such
	// as NPM_TOKEN: it may well use another one. Reports do not keep it.
	Weak bool
	// Needs is what it needs the credential for, "s3:read ecr:write": a service, and
	// read or write; empty where that cannot be told. NeedsAt is where the first command
	// stands that says so, as path:line.
	Needs, NeedsAt string
}

// Declaration is where code declares the identity.
type Declaration struct {
	Kind    string // "terraform", "kubernetes", ...
	Address string // "google_service_account.payments"
	Ref     string // "infra/sa.tf:12"
	// Weak tells that hardly more than a name speaks for it: nobody owns the
	// identity because of that. Reports do not keep it.
	Weak bool
}

// InventoryMatch says which record of an inventory an identity is.
type InventoryMatch struct {
	Source string // "nhi.csv:44"
	By     string // "provider id", "name and tenant", "name"
	Risk   int    // that the inventory gives; -1 for none. Never ours
	State  string // that the inventory gives: "active", "retired"; empty for none
	Why    string // of the state, if it is not what the inventory calls it: "it ended on 2022-01-01"
}

// Risk is how bad a leak is, from 0 to 100, with the reasons.
type Risk struct {
	Score   int
	Band    string // "critical", "high", "medium", "low", "info"
	Factors []RiskFactor
	Cap     string // why the score is not more than it is; empty if it is the sum
}

// RiskFactor is what one aspect adds to a risk.
type RiskFactor struct {
	Name        string
	Points, Max int
	Why         string
}

// LinkedBy begins the reason of a control that a finding is evidence for only by the
// mapping of this project; the risk of OWASP's list follows, and its reason.
const LinkedBy = "this project links it to "

// Control is a requirement of a framework that a finding is evidence for.
type Control struct {
	ID    string // "NHI2", "SOC2:CC6.1"
	Title string
	Why   string
}

// Action is a step of a remediation plan.
type Action struct {
	Step    string   // "rotate", "deploy", "replace", "revoke", "verify", "purge", "audit"; "report" to somebody else
	Text    string   // what to do, for people
	Command []string // lines to run, filled in; never with the secret
	URL     string   // where the provider documents it
}
