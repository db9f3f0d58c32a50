package inventory

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// readGeneric reads a row by the names of its columns.
func readGeneric(c *converter) (*Entry, error) {
	e := &Entry{}
	var last field
	for _, col := range c.columns {
		v, ok := c.plain[col.key]
		if !ok {
			continue
		}
		if col.field == last && !e.more(col.field) {
			switch col.field {
			case fProviderID:
				e.Aliases = append(e.Aliases, texts(v)...)
			case fName:
				e.Names = append(e.Names, texts(v)...)
			}
			continue
		}
		last = col.field
		if err := c.set(e, col.field, stateWord(col.key, v)); err != nil {
			return nil, err
		}
	}
	if len(e.Owners) == 0 { // GitHub's owner-id
		e.addOwners(c.plain["ownerid"])
	}
	if e.Name == "" && e.ProviderID == "" && e.Email == "" && e.Tenant != nil && e.Tenant.ID == text(c.plain["account"]) {
		e.Name, e.Tenant = e.Tenant.ID, nil // there the account is the identity
	}
	e.afterColumns()
	if r := e.Review; r != nil && (r.Reviewer == "" || r.Date == "") {
		return nil, errUnsigned
	}
	return e, nil
}

// more reports whether a second column of a field may add to it.
func (e *Entry) more(f field) bool {
	switch f {
	case fOwner, fOwnerEmail, fState, fDisabled, fAliases, fKeyID, fTenantName:
		return true
	case fTenant:
		return e.Tenant == nil
	case fName:
		return e.Name == ""
	case fProviderID:
		return e.ProviderID == ""
	case fUsed:
		return e.LastAccessed == ""
	case fCreated:
		return e.CreationDate == ""
	case fExpires:
		return e.Expiration == ""
	}
	return false
}

// set puts a value into a field.
func (c *converter) set(e *Entry, f field, v any) error {
	s := text(v)
	switch f {
	case fID:
		e.setID(s)
	case fType:
		e.IdentityType = asType(s)
		if own := c.plain["identitytype"]; own != nil && s != "" && e.IdentityType == leak.UnknownIdentity && plainHeading(s) != string(leak.UnknownIdentity) && text(own) == s {
			c.note("there is no identity_type %q", short(s))
		}
	case fName:
		e.Name = s
	case fOwner:
		e.addOwners(v)
	case fOwnerEmail:
		e.ownerEmail(s)
	case fCreated:
		e.CreationDate = c.date(f, v)
	case fUsed:
		e.LastAccessed = c.date(f, v)
	case fExpires:
		e.Expiration = c.date(f, v)
	case fPerms:
		e.Permissions = words(v)
	case fRisk:
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(n) || n < 0 || n > 100 {
			if s != "" {
				c.note("risk_score %q is no number from 0 to 100", short(s))
			}
			return nil
		}
		score := int(math.Round(n))
		e.RiskScore = &score
	default:
		return c.setMore(e, f, v, s)
	}
	return nil
}

func (c *converter) setMore(e *Entry, f field, v any, s string) error {
	switch f {
	case fProvider:
		e.Provider = s
	case fProviderID:
		e.ProviderID = s
	case fTenant, fTenantName, fTenantKind:
		e.setTenant(f, v, s)
	case fEnv:
		e.Environment = asEnvironment(s)
	case fState:
		if st := asState(s); st == Retired || e.State == "" {
			e.setState(st, "its state is "+s)
		}
	case fDisabled:
		if st := asState(s); st == Active { // "true"
			e.setState(Retired, "it is disabled")
		} else if st == Retired && e.State == "" {
			e.State = Active
		}
	case fEmail:
		e.Email = s
	case fAliases:
		if _, object := v.(map[string]any); object { // ServiceNow's, with a value and how it is shown
			v = s
		}
		e.Aliases = append(e.Aliases, words(v)...)
	case fKeyID:
		for _, id := range words(v) {
			if len(e.Credentials) == 1 && e.Credentials[0].KeyID == "" {
				e.Credentials[0].KeyID = id
				continue
			}
			e.Credentials = append(e.Credentials, Credential{KeyID: id})
		}
	case fLabel:
		e.credential().Label = s
	case fRotated:
		e.credential().LastRotatedAt = c.date(f, v)
	case fIssued:
		e.credential().IssuedAt = c.date(f, v)
	case fDecision, fReviewer, fReviewed, fComment:
		return c.setReview(e, f, v, s)
	}
	return nil
}

func (e *Entry) setID(s string) {
	if strings.HasPrefix(s, "nhi:") {
		e.ID = s
		return
	}
	if e.ProviderID == "" {
		e.ProviderID = s
		return
	}
	e.Aliases = append(e.Aliases, s)
}

func (e *Entry) setState(s State, why string) {
	e.State, e.StateReason = s, ""
	if s == Retired {
		e.StateReason = why
	}
}

// credential is the one that columns beside the identity describe.
func (e *Entry) credential() *Credential {
	if len(e.Credentials) == 0 {
		e.Credentials = append(e.Credentials, Credential{})
	}
	return &e.Credentials[0]
}

func (e *Entry) setTenant(f field, v any, s string) {
	if s == "" {
		return
	}
	if e.Tenant == nil {
		e.Tenant = &record.Tenant{}
	}
	m, nested := v.(map[string]any)
	switch {
	case nested:
		e.Tenant = &record.Tenant{ID: text(m["id"]), Name: text(m["name"]), Kind: text(m["kind"])}
	case f == fTenant:
		e.Tenant.ID = clip(s)
	case f == fTenantName:
		e.Tenant.Name = clip(s)
	default:
		e.Tenant.Kind = clip(s)
	}
}

// addOwners adds the owners that a cell names: one, a list, or several divided
// by semicolons.
func (e *Entry) addOwners(v any) {
	var names []string
	for _, s := range texts(v) {
		if strings.Contains(s, ";") || strings.Count(s, "@") > 1 && strings.Contains(s, ",") {
			names = append(names, strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == ',' })...)
			continue
		}
		names = append(names, s)
	}
	for _, s := range names {
		if s = clip(s); s == "" || len(e.Owners) >= maxPeople {
			continue
		}
		o := asOwner(s)
		if m, ok := v.(map[string]any); ok {
			o.Email = first(o.Email, text(m["email"]), text(m["mail"]))
			o.Kind = first(text(m["kind"]), o.Kind)
		}
		if !slices.ContainsFunc(e.Owners, func(w Owner) bool { return strings.EqualFold(w.text(), o.text()) }) {
			e.Owners = append(e.Owners, o)
		}
	}
	if e.Owner == "" && len(e.Owners) > 0 {
		e.Owner = e.Owners[0].text()
	}
}

// ownerEmail gives the first owner an address.
func (e *Entry) ownerEmail(s string) {
	if !isAddress(s) {
		return
	}
	if len(e.Owners) == 0 {
		e.Owners = []Owner{{Email: s, Kind: "person"}}
		e.Owner = s
	} else if e.Owners[0].Email == "" {
		e.Owners[0].Email = s
	}
}

// setReview takes over what a signed-off sheet says.
func (c *converter) setReview(e *Entry, f field, v any, s string) error {
	if s == "" {
		return nil
	}
	if e.Review == nil {
		e.Review = &Review{}
	}
	switch f {
	case fDecision:
		d := strings.ToLower(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" _-", r) }), " "))
		if !slices.Contains(Decisions, d) {
			return fmt.Errorf("the decision %q is none of %s", short(s), strings.Join(Decisions, ", "))
		}
		e.Review.Decision = d
	case fReviewer:
		e.Review.Reviewer = clip(s)
	case fReviewed:
		e.Review.Date = c.date(f, v)
	case fComment:
		e.Review.Comment = clip(s)
	}
	return nil
}

// errUnsigned is a decision that nobody answers for.
var errUnsigned = errors.New("a decision without a reviewer and a date is not signed off")

// afterColumns draws what follows from the columns.
func (e *Entry) afterColumns() {
	if r := e.Review; r != nil && r.Decision == "" {
		e.Review = nil
	} else if r != nil {
		r.Owner = e.Owner
		if r.Decision == "revoke" {
			e.setState(Retired, "to be revoked, says the review of "+first(r.Date, "an unknown day"))
		}
	}
	if isAddress(e.Name) && e.Email == "" {
		e.Email = e.Name
	}
	e.fromARN()
	if e.Provider == "" && strings.HasSuffix(strings.ToLower(first(e.Email, e.Name)), ".gserviceaccount.com") {
		e.Provider = "google"
		if e.IdentityType == leak.UnknownIdentity || e.IdentityType == "" {
			e.IdentityType = leak.ServiceAccount
		}
	}
	e.fromGoogle()
}

// fromGoogle takes the project out of the address of a service account.
func (e *Entry) fromGoogle() {
	addr := strings.ToLower(first(e.Email, e.Name))
	if project, ok := strings.CutSuffix(addr, ".iam.gserviceaccount.com"); ok && e.Tenant == nil {
		if _, project, ok = strings.Cut(project, "@"); ok {
			e.Tenant = &record.Tenant{ID: project, Kind: "project"}
		}
	}
}

// fromARN takes account and name out of an ARN:
// arn:aws:iam::123456789012:user/path/name.
func (e *Entry) fromARN() {
	arn := ""
	for _, s := range append([]string{e.ProviderID, e.Name}, e.Aliases...) {
		if strings.HasPrefix(s, "arn:aws") {
			arn = s
			break
		}
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return
	}
	e.Provider = first(e.Provider, "aws")
	if e.Tenant == nil && parts[4] != "" {
		e.Tenant = &record.Tenant{ID: parts[4], Kind: "account"}
	}
	if e.Name == "" || e.Name == arn {
		e.Name = parts[5][strings.LastIndexByte(parts[5], '/')+1:]
	}
	if e.ProviderID == "" {
		e.ProviderID = arn
	} else if e.ProviderID != arn {
		e.Aliases = append(e.Aliases, arn)
	}
}
