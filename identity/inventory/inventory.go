// Package inventory reads and writes lists of non-human identities that an
// organisation keeps elsewhere: spreadsheets, a CMDB, exports of clouds and
// identity providers. It knows nothing of findings but their evidence, which it
// compares with its entries.
//
// Reading streams, so that a million rows fit: rows become entries, entries go to
// a spool, and only hashes and offsets of them stay in memory.
package inventory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// Entry is one identity of an inventory. The first eight fields after the id are
// those of the simple record; docs/schema/inventory-v1.json describes all.
type Entry struct {
	ID string `json:"id"` // canonical, see identity.Identity

	IdentityType leak.IdentityType `json:"identity_type"`
	Name         string            `json:"name"`
	Owner        string            `json:"owner"`
	CreationDate string            `json:"creation_date"`
	LastAccessed string            `json:"last_accessed"`
	Permissions  []string          `json:"permissions"`
	RiskScore    *int              `json:"risk_score,omitempty"`
	Expiration   string            `json:"expiration"`

	Provider    string         `json:"provider,omitempty"`
	ProviderID  string         `json:"provider_id,omitempty"`
	Tenant      *record.Tenant `json:"tenant,omitempty"`
	Environment string         `json:"environment,omitempty"`
	State       State          `json:"state,omitempty"`
	StateReason string         `json:"state_reason,omitempty"`
	Email       string         `json:"email,omitempty"`   // of the identity itself
	Aliases     []string       `json:"aliases,omitempty"` // what else it is known as, and nothing else is
	Names       []string       `json:"names,omitempty"`   // what it is called too, as others may be: display names
	Owners      []Owner        `json:"owners,omitempty"`
	Credentials []Credential   `json:"credentials,omitempty"`
	Review      *Review        `json:"review,omitempty"`
	Sources     []string       `json:"sources,omitempty"` // "nhi.csv:44"
}

// State says whether an inventory counts an identity as in use.
type State string

// The states. Empty is not known.
const (
	Active  State = "active"
	Retired State = "retired"
)

// Owner is who an inventory says owns an identity.
type Owner struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Kind  string `json:"kind,omitempty"` // "team" or "person"
}

// Credential is what an inventory knows of a credential; never the credential.
type Credential struct {
	KeyID         string `json:"key_id,omitempty"` // the provider's public id of it
	Label         string `json:"label,omitempty"`
	Kind          string `json:"kind,omitempty"`
	State         State  `json:"state,omitempty"`
	IssuedAt      string `json:"issued_at,omitempty"`
	ExpiresAt     string `json:"expires_at,omitempty"`
	LastUsedAt    string `json:"last_used_at,omitempty"`
	LastRotatedAt string `json:"last_rotated_at,omitempty"`
}

// Review is what somebody decided about an identity in an access review.
type Review struct {
	Decision string `json:"decision"` // one of Decisions
	Reviewer string `json:"reviewer,omitempty"`
	Date     string `json:"date,omitempty"`
	Comment  string `json:"comment,omitempty"`
	Owner    string `json:"owner,omitempty"`  // whose sheet it was
	Source   string `json:"source,omitempty"` // its row of the sheet
}

// Decisions are the words that a review knows.
var Decisions = []string{"keep", "rotate", "revoke", notMine}

const notMine = "not mine"

// Limits of one entry: an enemy's row must not become a large record.
const (
	maxText    = 1024 // bytes of a text
	maxList    = 256  // permissions
	maxAliases = 64
	maxNames   = 16
	maxPeople  = 16
	maxKeys    = 64
	maxSources = 8
)

// clip bounds what a row may say and fills in what follows from the rest.
func (e *Entry) finish() {
	for _, s := range []*string{&e.ID, &e.Name, &e.Owner, &e.Provider, &e.ProviderID, &e.Environment, &e.StateReason, &e.Email} {
		*s = clip(*s)
	}
	e.Permissions = bounded(e.Permissions, maxList)
	e.Aliases = without(without(bounded(e.Aliases, maxAliases), e.ProviderID), e.Name)
	e.Names = without(bounded(e.Names, maxNames), e.Name)
	e.Owners = e.Owners[:min(len(e.Owners), maxPeople)]
	e.Credentials = e.Credentials[:min(len(e.Credentials), maxKeys)]
	if e.IdentityType == "" {
		e.IdentityType = leak.UnknownIdentity
	}
	if e.Owner == "" && len(e.Owners) > 0 {
		e.Owner = e.Owners[0].text()
	}
	if e.Owner != "" && len(e.Owners) == 0 {
		e.Owners = []Owner{asOwner(e.Owner)}
	}
	if e.Name == "" {
		e.Name = first(e.Email, e.ProviderID)
	}
	if e.Permissions == nil {
		e.Permissions = []string{}
	}
	if e.ID == "" {
		e.ID = canonical(e)
	}
}

// canonical makes the id of an entry: nhi:<provider>:<type>:<tenant>/<local id>.
// What tells entries apart that have no id is their name.
func canonical(e *Entry) string {
	tenant := "-"
	if e.Tenant != nil {
		tenant = first(e.Tenant.ID, e.Tenant.Name, "-")
	}
	local := first(e.Name, e.ProviderID)
	if e.ProviderID != "" && !e.uniqueName() {
		local = e.ProviderID
	}
	return strings.ToLower(fmt.Sprintf("nhi:%s:%s:%s/%s", first(e.Provider, "-"), e.IdentityType, tenant, local))
}

// uniqueName reports whether no other identity has the name in the tenant. Elsewhere
// two applications may be called the same, and so may two users of AWS in accounts that
// a list does not name, and two service accounts of Google, but for their addresses.
func (e *Entry) uniqueName() bool {
	switch e.Provider {
	case "aws":
		return e.Name != "" && e.Tenant != nil
	case "google":
		return isAddress(e.Name)
	}
	return e.Provider == "github"
}

func (o Owner) text() string { return first(o.Name, o.Email) }

// asOwner takes apart what stands in a column for owners.
func asOwner(s string) Owner {
	name, addr := splitAddress(s)
	o := Owner{Name: name, Email: addr}
	switch low := strings.ToLower(s); {
	case addr != "":
		o.Kind = "person"
	case strings.HasPrefix(s, "@") && strings.Contains(s, "/"), strings.Contains(low, "team"), strings.Contains(low, "group"), strings.HasPrefix(low, "group:"):
		o.Kind = "team"
	}
	return o
}

// splitAddress takes "Jane Doe <jane@acme.example>" apart, and the same with
// round brackets.
func splitAddress(s string) (name, addr string) {
	s = strings.TrimSpace(s)
	if open := strings.LastIndexAny(s, "<("); open >= 0 && strings.HasSuffix(s, map[byte]string{'<': ">", '(': ")"}[s[open]]) && isAddress(s[open+1:len(s)-1]) {
		return strings.TrimSpace(s[:open]), s[open+1 : len(s)-1]
	}
	if isAddress(s) {
		return "", s
	}
	return s, ""
}

// isAddress reports whether s is an e-mail address and nothing else.
func isAddress(s string) bool {
	local, host, ok := strings.Cut(s, "@")
	return ok && local != "" && strings.Contains(host, ".") && !strings.ContainsAny(s, " \t<>,;/") && !strings.Contains(host, "@")
}

func clip(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return strings.Map(func(r rune) rune {
				if r < ' ' || r == 0x7f {
					return ' '
				}
				return r
			}, s)
		}
	}
	return s
}

// bounded clips a list, without what is empty or there already.
func bounded(list []string, most int) []string {
	var out []string
	for _, s := range list {
		if s = clip(s); s != "" && len(out) < most && (len(out) > 32 || !slices.Contains(out, s)) {
			out = append(out, s)
		}
	}
	return out
}

// first returns the first text that is not empty.
func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
