package inventory

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// A bill of materials of CycloneDX 1.6 has the credentials as cryptographic
// assets, as far as the format goes: their kind, dates, state and public id, never
// a value. Identities are the services that they open; owners, status and risk are
// properties. What uses a credential is a component that depends on it.
type bom struct {
	Schema       string      `json:"$schema"`
	Format       string      `json:"bomFormat"`
	Spec         string      `json:"specVersion"`
	Version      int         `json:"version"`
	Metadata     bomMetadata `json:"metadata"`
	Components   []component `json:"components"`
	Services     []service   `json:"services"`
	Dependencies []dependsOn `json:"dependencies"`
}

type bomMetadata struct {
	Tools struct {
		Components []component `json:"components"`
	} `json:"tools"`
	Properties []property `json:"properties,omitempty"`
}

type component struct {
	Type       string            `json:"type"`
	Ref        string            `json:"bom-ref,omitempty"`
	Name       string            `json:"name"`
	Crypto     *cryptoProperties `json:"cryptoProperties,omitempty"`
	Evidence   *bomEvidence      `json:"evidence,omitempty"`
	Properties []property        `json:"properties,omitempty"`
}

type bomEvidence struct {
	Occurrences []occurrence `json:"occurrences"`
}

type occurrence struct {
	Location string `json:"location"`
}

type cryptoProperties struct {
	AssetType string            `json:"assetType"`
	Material  *materialProperty `json:"relatedCryptoMaterialProperties,omitempty"`
}

type materialProperty struct {
	Type       string `json:"type"`
	ID         string `json:"id,omitempty"`
	State      string `json:"state,omitempty"`
	Creation   string `json:"creationDate,omitempty"`
	Update     string `json:"updateDate,omitempty"`
	Expiration string `json:"expirationDate,omitempty"`
}

type service struct {
	Ref           string            `json:"bom-ref"`
	Provider      map[string]string `json:"provider,omitempty"`
	Group         string            `json:"group,omitempty"`
	Name          string            `json:"name"`
	Authenticated bool              `json:"authenticated"`
	Properties    []property        `json:"properties,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependsOn struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn,omitempty"`
}

func exportCycloneDX(w io.Writer, each records) error {
	all, err := collect(each)
	if err != nil {
		return err
	}
	b := &bom{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", Spec: "1.6", Version: 1,
		Components: []component{}, Services: []service{}, Dependencies: []dependsOn{},
	}
	b.Metadata.Tools.Components = []component{{Type: "application", Name: "whosekey"}}
	seen := map[string]int{} // dependencies by what depends
	for _, r := range all {
		b.identity(r, seen)
	}
	if err := new(indenter).write(w, b, ""); err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n")
	return err
}

// identity adds the service, its credentials and what uses them. A ref stands in
// a bill once.
func (b *bom) identity(r *record.Record, seen map[string]int) {
	if _, twice := seen[r.ID]; twice {
		return
	}
	s := service{Ref: r.ID, Name: first(r.Name, r.ID), Group: tenantText(r.Tenant), Authenticated: true, Properties: properties(
		"identity_type", string(r.IdentityType), "owner", r.Owner, "status", string(r.Status), "environment", r.Environment,
		"risk_score", fmt.Sprint(r.RiskScore), "confidence", fmt.Sprintf("%.2f", r.Confidence), "permissions", strings.Join(r.Permissions, ";"), "controls", strings.Join(r.Controls, ";"))}
	if r.Provider != "" {
		s.Provider = map[string]string{"name": r.Provider}
	}
	b.Services = append(b.Services, s)
	b.depends(seen, r.ID)
	refs := []string{r.ID}
	if len(r.Credentials) > 0 {
		refs = nil
	}
	for _, c := range r.Credentials {
		ref := "secret:" + r.ID + "#" + c.ID
		if _, twice := seen[ref]; twice {
			continue
		}
		b.Components = append(b.Components, asset(r, c, ref))
		b.depends(seen, ref, r.ID)
		refs = append(refs, ref)
	}
	for _, c := range r.Consumers {
		ref := "consumer:" + c.Kind + ":" + first(c.Ref, c.Name)
		if _, known := seen[ref]; !known {
			b.Components = append(b.Components, component{Type: "application", Ref: ref, Name: first(c.Name, c.Ref, c.Kind), Properties: properties("consumer", c.Kind, "ref", c.Ref)})
		}
		b.depends(seen, ref, refs...)
	}
}

// maxEdges bounds what one thing depends on: the format wants each but once.
const maxEdges = 1000

func (b *bom) depends(seen map[string]int, ref string, on ...string) {
	i, there := seen[ref]
	if !there {
		i = len(b.Dependencies)
		seen[ref] = i
		b.Dependencies = append(b.Dependencies, dependsOn{Ref: ref})
	}
	for _, o := range on {
		if d := &b.Dependencies[i]; len(d.On) < maxEdges && !slices.Contains(d.On, o) {
			d.On = append(d.On, o)
		}
	}
}

// asset is a credential.
func asset(r *record.Record, c record.Credential, ref string) component {
	out := component{
		Type: "cryptographic-asset", Ref: ref, Name: first(c.Label, c.KeyID, c.Kind, c.ID),
		Crypto: &cryptoProperties{AssetType: "related-crypto-material", Material: &materialProperty{
			Type: material(r.IdentityType, c.Kind), ID: first(c.KeyID, c.ID), State: keyState(c), Creation: moment(c.IssuedAt), Update: moment(c.LastRotatedAt), Expiration: moment(c.ExpiresAt),
		}},
		Properties: properties("finding", c.ID, "kind", c.Kind, "state", string(c.State), "state_at", c.StateAt, "exposure", c.Exposure, "first_exposed_at", c.FirstExposedAt),
	}
	if c.FirstExposedRef != "" {
		out.Evidence = &bomEvidence{[]occurrence{{c.FirstExposedRef}}}
	}
	return out
}

// material is a word of the format's list.
func material(t leak.IdentityType, kind string) string {
	switch k := strings.ToLower(kind); {
	case t == leak.SSHKey, t == leak.DeployKey, t == leak.SigningKey, t == leak.Certificate, strings.Contains(k, "private"):
		return "private-key"
	case t == leak.EncryptionKey:
		return "secret-key"
	case t == leak.DatabaseUser, strings.Contains(k, "password"):
		return "password"
	case t == leak.OAuthToken, strings.Contains(k, "token"), strings.Contains(k, "jwt"), t == leak.APIKey:
		return "token"
	}
	return "credential"
}

// keyState is a state of NIST SP 800-57: what has leaked and may work is
// compromised.
func keyState(c record.Credential) string {
	switch {
	case c.State == leak.Dead || c.State == leak.Expired:
		return "deactivated"
	case c.FirstExposedRef != "" || c.FirstExposedAt != "":
		return "compromised"
	}
	return "active"
}

// moment is a date as the format wants it: with a time.
func moment(s string) string {
	if t := instant(s); !t.IsZero() {
		return t.Format(time.RFC3339)
	}
	return ""
}

func properties(pairs ...string) (out []property) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, property{"whosekey:" + pairs[i], pairs[i+1]})
		}
	}
	return out
}
