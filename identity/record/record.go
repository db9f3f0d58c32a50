// Package record is the JSON form of an identity, which reports and inventories
// share: docs/schema/nhi-v1.json describes it. It never holds a secret, and
// people's addresses only where they are asked for.
package record

import (
	"math"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// Version is that of docs/schema/nhi-v1.json.
const Version = 1

// Record is leak.Identity in JSON. The first eight fields are those of the simple
// record that most inventories have.
type Record struct {
	ID string `json:"id"`
	// SchemaVersion is Version where the record stands alone; a report has a schema
	// of its own.
	SchemaVersion int `json:"schema_version,omitempty"`

	IdentityType leak.IdentityType `json:"identity_type"`
	Name         string            `json:"name"`
	Owner        string            `json:"owner"`
	CreationDate string            `json:"creation_date"`
	LastAccessed string            `json:"last_accessed"`
	Permissions  []string          `json:"permissions"`
	RiskScore    int               `json:"risk_score"`
	Expiration   string            `json:"expiration"`

	// Called is what reports and pictures call an identity that has no name: what it is,
	// and where its first credential stands. No inventory has it.
	Called            string              `json:"called,omitempty"`
	Provider          string              `json:"provider,omitempty"`
	ProviderID        string              `json:"provider_id,omitempty"`
	Aliases           []string            `json:"aliases,omitempty"`
	Tenant            *Tenant             `json:"tenant,omitempty"`
	Environment       string              `json:"environment,omitempty"`
	EnvironmentSource string              `json:"environment_source,omitempty"`
	Status            leak.IdentityStatus `json:"status"`
	StatusReason      string              `json:"status_reason,omitempty"`
	Owners            []Owner             `json:"owners,omitempty"`
	HumanOrigin       *Owner              `json:"human_origin,omitempty"`
	Credentials       []Credential        `json:"credentials,omitempty"`
	CredentialCount   int                 `json:"credential_count,omitempty"` // of them all
	Evidence          []Evidence          `json:"evidence,omitempty"`
	Confidence        float64             `json:"confidence"`
	Conflict          string              `json:"conflict,omitempty"`
	Consumers         []Consumer          `json:"consumers,omitempty"`
	DeclaredIn        []Declaration       `json:"declared_in,omitempty"`
	Inventory         *Inventory          `json:"inventory,omitempty"`
	Occurrences       int                 `json:"occurrences,omitempty"`
	Repositories      []string            `json:"repositories,omitempty"`
	Risk              *Risk               `json:"risk,omitempty"`
	Controls          []string            `json:"controls,omitempty"`
	ControlDetail     []Control           `json:"control_detail,omitempty"`
	Plan              []Action            `json:"plan,omitempty"`
}

// Tenant is where the identity is.
type Tenant struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	Kind string `json:"kind,omitempty"`
}

// Owner is a person or team.
type Owner struct {
	Name       string  `json:"name"`
	Email      string  `json:"email,omitempty"`
	Kind       string  `json:"kind,omitempty"`
	Source     string  `json:"source"`
	Ref        string  `json:"ref,omitempty"`
	Reason     string  `json:"reason,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
	Gone       bool    `json:"gone,omitempty"`
	Signed     bool    `json:"signed,omitempty"`
}

// Credential is one of the identity's credentials.
type Credential struct {
	ID              string      `json:"id"`
	Kind            string      `json:"kind,omitempty"`
	KeyID           string      `json:"key_id,omitempty"`
	Label           string      `json:"label,omitempty"`
	State           leak.Status `json:"state"`
	StateEvidence   string      `json:"state_evidence,omitempty"`
	StateAt         string      `json:"state_at,omitempty"`
	IssuedAt        string      `json:"issued_at,omitempty"`
	ExpiresAt       string      `json:"expires_at,omitempty"`
	LastUsedAt      string      `json:"last_used_at,omitempty"`
	LastRotatedAt   string      `json:"last_rotated_at,omitempty"`
	FirstExposedAt  string      `json:"first_exposed_at,omitempty"`
	FirstExposedRef string      `json:"first_exposed_ref,omitempty"`
	Exposure        string      `json:"exposure,omitempty"`
	Risk            *Risk       `json:"risk,omitempty"`
	Controls        []Control   `json:"controls,omitempty"`
	Plan            []Action    `json:"plan,omitempty"`
}

// Evidence is a reason to believe a field.
type Evidence struct {
	Kind   leak.EvidenceClass `json:"kind"`
	Claim  string             `json:"claim"`
	Value  string             `json:"value"`
	Weight float64            `json:"weight"`
	Reason string             `json:"reason,omitempty"`
	Ref    string             `json:"ref,omitempty"`
	Basis  leak.EvidenceClass `json:"basis,omitempty"`
}

// Consumer is what uses the identity's credentials.
type Consumer struct {
	Kind string `json:"kind"`
	Ref  string `json:"ref,omitempty"`
	Name string `json:"name,omitempty"`
	Via  string `json:"via,omitempty"`

	Confidence float64 `json:"confidence,omitempty"`
	// Needs is what it needs the credential for, where its commands tell: "s3:read".
	Needs   string `json:"needs,omitempty"`
	NeedsAt string `json:"needs_at,omitempty"`
}

// Declaration is where code declares the identity.
type Declaration struct {
	Kind    string `json:"kind"`
	Address string `json:"address,omitempty"`
	Ref     string `json:"ref,omitempty"`
}

// Inventory is the record of an inventory that the identity is.
type Inventory struct {
	Matched   bool   `json:"matched"`
	Source    string `json:"source,omitempty"`
	By        string `json:"by,omitempty"`
	RiskScore *int   `json:"risk_score,omitempty"` // that the inventory gives
	State     string `json:"state,omitempty"`      // that the inventory gives
	Why       string `json:"why,omitempty"`        // of the state, if the inventory does not call it so
}

// Risk is the score and what it is made of.
type Risk struct {
	Score   int      `json:"score"`
	Band    string   `json:"band"`
	Factors []Factor `json:"factors"`
	Cap     string   `json:"cap,omitempty"`
}

// Factor is one summand of a risk.
type Factor struct {
	Name   string `json:"name"`
	Points int    `json:"points"`
	Max    int    `json:"max"`
	Why    string `json:"why"`
}

// Control is a requirement that the identity is evidence for.
type Control struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
	Why   string `json:"why,omitempty"`
}

// Action is a step of a plan.
type Action struct {
	Step    string   `json:"step"`
	Text    string   `json:"text"`
	Command []string `json:"command,omitempty"`
	URL     string   `json:"url,omitempty"`
}

// when formats a time; a year that the format cannot say is no date.
func when(t time.Time) string {
	if y := t.UTC().Year(); t.IsZero() || y < 0 || y > 9999 {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// day is when without the time of day where there is none.
func day(t time.Time) string {
	if s := when(t); len(s) > 10 && s[10:] == "T00:00:00Z" {
		return s[:10]
	} else {
		return s
	}
}

// parse reads either form; what is no time is zero.
func parse(s string) time.Time {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// round keeps two digits: what is behind them is no knowledge.
func round(c float64) float64 { return math.Round(c*100) / 100 }
