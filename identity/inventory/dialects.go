package inventory

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// dialect is how one kind of export writes its rows.
type dialect struct {
	name  string
	about string
	// knows looks at a row, by plain keys.
	knows func(plain map[string]any) bool
	read  func(c *converter) (*Entry, error)
}

// has makes a knows of the keys that a row of the dialect always has.
func has(keys ...string) func(map[string]any) bool {
	return func(plain map[string]any) bool {
		for _, k := range keys {
			if _, ok := plain[k]; !ok {
				return false
			}
		}
		return true
	}
}

// dialects are tried in this order; the last one takes everything.
var dialects = []dialect{
	{"whosekey", "an inventory, a run or a record that whosekey wrote", isOwn, readOwn},
	{"review-sheet", "a sheet of whosekey inventory review that was signed off, CSV or Markdown", has("whyyou", "id"), readSheet},
	{"aws-credential-report", "aws iam generate-credential-report, get-credential-report", has("arn", "usercreationtime", "accesskey1active"), readAWSReport},
	{"aws-iam", "aws iam list-users, list-roles, list-access-keys, get-account-authorization-details", func(p map[string]any) bool {
		return isAWSKey(p) || p["arn"] != nil && (p["userid"] != nil || p["roleid"] != nil) && p["createdate"] != nil
	}, readAWSList},
	{"gcloud", "gcloud iam service-accounts list, and keys list --format=json", func(p map[string]any) bool {
		name := text(p["name"])
		return strings.HasPrefix(name, "projects/") && strings.Contains(name, "/serviceAccounts/") ||
			strings.HasSuffix(text(p["email"]), ".gserviceaccount.com") && (p["displayname"] != nil || p["disabled"] != nil) && p["owner"] == nil
	}, readGcloud},
	{"kubernetes", "kubectl get serviceaccounts -A -o json", func(p map[string]any) bool {
		_, meta := p["metadata"].(map[string]any)
		return meta && (p["kind"] == nil || p["kind"] == "ServiceAccount" || p["apiversion"] != nil) || isKubectlTable(p)
	}, readKubernetes},
	{"github-pat", "GitHub's fine-grained personal access tokens of an organisation", has("accessgrantedat", "owner", "repositoryselection"), readGitHubPAT},
	{"github-sso", "GitHub's credential authorizations of an organisation with SAML", has("login", "credentialid", "credentialtype"), readGitHubSSO},
	{"github-audit", "GitHub's audit log, JSON or CSV", isGitHubAudit, readGitHubAudit},
	{"okta-app", "Okta's applications", func(p map[string]any) bool { return p["signonmode"] != nil && p["label"] != nil }, readOktaApp},
	{"okta-token", "Okta's API tokens", has("tokenwindow", "clientname"), readOktaToken},
	{"okta-user", "Okta's users", func(p map[string]any) bool {
		profile, ok := p["profile"].(map[string]any)
		return ok && profile["login"] != nil || p["profilelogin"] != nil || p["login"] != nil && p["authenticationsource"] != nil && p["activationdate"] != nil
	}, readOktaUser},
	{"vault-list", "names that vault list writes, and Vault's answer to LIST", has(vaultName), readVaultList},
	{"entra-app", "az ad sp list, az ad app list, and Entra's exports of applications", func(p map[string]any) bool {
		return (p["appid"] != nil || p["applicationid"] != nil || p["applicationclientid"] != nil) && (p["displayname"] != nil || p["appdisplayname"] != nil || p["serviceprincipaltype"] != nil) && p["identitytype"] == nil
	}, readEntraApp},
	{"entra-user", "Entra's users", func(p map[string]any) bool { return p["userprincipalname"] != nil && p["identitytype"] == nil }, readEntraUser},
	{"betterleaks", "Betterleaks' reports with the identities of what works", isBetterleaks, readBetterleaks},
	{"servicenow", "ServiceNow's CMDB, CSV, JSON or XML", func(p map[string]any) bool {
		return p["sysid"] != nil || p["sysclassname"] != nil || p["supportgroup"] != nil && (p["operationalstatus"] != nil || p["class"] != nil || p["installstatus"] != nil)
	}, readServiceNow},
	{"table", "any other table or list, by the names of its columns", func(map[string]any) bool { return true }, readGeneric},
}

// Dialects lists the names of the dialects.
func Dialects() (names []string) {
	for _, d := range dialects {
		names = append(names, d.name)
	}
	return names
}

// DialectHelp is a line about each dialect.
func DialectHelp() string {
	var b strings.Builder
	for _, d := range dialects {
		b.WriteString("  " + d.name + strings.Repeat(" ", 23-len(d.name)) + d.about + "\n")
	}
	return b.String()
}

// isOwn knows the lines of whosekey's inventories and runs, and its records.
func isOwn(p map[string]any) bool {
	for _, key := range []string{"inventory", "entry", "run", "finding", "summary"} {
		if _, ok := p[key].(map[string]any); ok && len(p) == 1 {
			return true
		}
	}
	_, evidence := p["evidence"].([]any)
	_, credentials := p["credentials"].([]any)
	_, permissions := p["permissions"].([]any)
	return p["identitytype"] != nil && strings.HasPrefix(text(p["id"]), "nhi:") && permissions && (evidence || credentials || p["confidence"] != nil) ||
		p["locations"] != nil && p["rule"] != nil // a finding of a JSON report
}

func readOwn(c *converter) (*Entry, error) {
	switch {
	case c.made != nil:
		return c.made, nil
	case c.cells["entry"] != nil:
		e := &Entry{}
		return e, remake(c.cells["entry"], e)
	case c.cells["finding"] != nil, c.cells["locations"] != nil:
		rec, err := recordOf(c.cells)
		if err != nil || rec == nil {
			return nil, first2(err, errIgnored)
		}
		return FromRecord(rec), nil
	case c.cells["inventory"] != nil && len(c.cells) == 1, c.cells["run"] != nil, c.cells["summary"] != nil:
		return nil, errSilent
	}
	rec := &record.Record{}
	if err := remake(c.cells, rec); err != nil {
		return nil, err
	}
	return FromRecord(rec), nil
}

func first2(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// errSilent is a row that is not one of the identities.
var errSilent = errors.New("not a row")

// remake turns what encoding/json made without a type into v.
func remake(from, v any) error {
	data, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		return errors.New("it is not what whosekey writes")
	}
	return nil
}

// recordOf is the identity of a finding; nil for none.
func recordOf(cells map[string]any) (*record.Record, error) {
	f, ok := cells["finding"].(map[string]any)
	if !ok {
		f = cells
	}
	id, ok := f["identity"].(map[string]any)
	if !ok {
		return nil, nil
	}
	rec := &record.Record{}
	return rec, remake(id, rec)
}

// FromRecord makes an entry of a record.
func FromRecord(r *record.Record) *Entry {
	e := &Entry{
		ID: r.ID, IdentityType: r.IdentityType, Name: r.Name, Owner: r.Owner, CreationDate: r.CreationDate, LastAccessed: r.LastAccessed,
		Permissions: r.Permissions, Expiration: r.Expiration, Provider: r.Provider, ProviderID: r.ProviderID, Tenant: r.Tenant,
		Environment: r.Environment, Aliases: r.Aliases,
	}
	if r.Inventory != nil && r.Inventory.RiskScore != nil { // theirs, not ours
		e.RiskScore = r.Inventory.RiskScore
	} else if r.RiskScore > 0 {
		score := r.RiskScore
		e.RiskScore = &score
	}
	switch r.Status {
	case leak.RetiredIdentity:
		e.setState(Retired, r.StatusReason)
	case leak.KnownIdentity:
		e.State = Active
	}
	for _, w := range r.Owners {
		e.Owners = append(e.Owners, Owner{Name: w.Name, Email: w.Email, Kind: w.Kind})
	}
	for _, k := range r.Credentials {
		e.Credentials = append(e.Credentials, Credential{
			KeyID: k.KeyID, Label: k.Label, Kind: k.Kind, IssuedAt: k.IssuedAt, ExpiresAt: k.ExpiresAt, LastUsedAt: k.LastUsedAt, LastRotatedAt: k.LastRotatedAt,
		})
	}
	if r.Inventory != nil && r.Inventory.Source != "" {
		e.Sources = []string{r.Inventory.Source}
	}
	return e
}
