package inventory

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// An auditor follows a control to its identities, and knows how many reasons are left out.
func TestAttestNamesWhatItCounts(t *testing.T) {
	a := Attest{}
	for i := range 30 {
		server := fmt.Sprintf("db%02d.acme.example", i)
		r := &record.Record{ID: "nhi:postgresql:database_user:" + server + "/app", IdentityType: leak.DatabaseUser, Name: "app", Provider: "postgresql", Tenant: &record.Tenant{ID: server}, RiskScore: 60 - i}
		if i%10 != 9 {
			why := fmt.Sprintf("it stands at a.env:%d", i)
			r.Controls = []string{"NHI2", "SOC2:CC6.1"}
			r.ControlDetail = []record.Control{{ID: "NHI2", Why: why}, {ID: "SOC2:CC6.1", Why: leak.LinkedBy + "NHI2: " + why}}
		}
		a.records = append(a.records, r)
	}
	done, err := a.Done(time.Unix(1e9, 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"markdown", "html"} {
		var b bytes.Buffer
		if err := done.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("</td><td>", " | ", "<td>", "| ", "</td>", " |", `\_`, "_").Replace(b.String())
		for _, want := range []string{
			"| NHI2 |  | 27 | 1-9, 11-19, 21-29 | it stands at a.env:0; it stands at a.env:1; it stands at a.env:2; it stands at a.env:3; and 23 other reasons |",
			"| SOC2:CC6.1 |  | 27 | 1-9, 11-19, 21-29 | NHI2: it stands at a.env:0;",
			"| 3 | app (postgresql, db02.acme.example) | database_user | nobody |",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s:\n%s", format, want, text)
			}
		}
	}
}

func TestNumbersOfIdentities(t *testing.T) {
	at := map[string]int{"a": 1, "b": 2, "c": 3, "d": 5, "e": 6, "f": 9}
	for want, ids := range map[string]string{"": "", "1": "a", "1, 2": "ba", "1-3, 5, 6, 9": "fedcba", "2, 5": "bd"} {
		if got := which(strings.Split(ids, "")[:len(ids)], at); got != want {
			t.Errorf("which(%s) = %q, want %q", ids, got, want)
		}
	}
}

func TestDifferencesSayWhose(t *testing.T) {
	for want, d := range map[string]Difference{
		"  100 (gitlab, acme)  human account, owner nobody: x\n":    {Name: "100", Provider: "gitlab", Tenant: "acme"},
		"  a.acme.example (acme)  human account, owner nobody: x\n": {Name: "a.acme.example", Provider: "acme", Tenant: "A.acme.example"},
		"  nhi:x:y:z/1  human account, owner nobody: x\n":           {ID: "nhi:x:y:z/1", Provider: "x"},
		"  root  human account, owner nobody: x\n":                  {Name: "root", Provider: "unknown"},
	} {
		d.Kind, d.Type, d.Why = Shadow, leak.HumanAccount, "x"
		var b bytes.Buffer
		if err := WriteDiff(&b, "text", []Difference{d}); err != nil || !strings.HasSuffix(b.String(), "\n"+want) {
			t.Errorf("%q, want %q, %v", b.String(), want, err)
		}
	}
}

// A decision is of the sheet that was signed, not of the list that the identity is in.
func TestAttestNamesTheSheet(t *testing.T) {
	inv := New()
	defer inv.Close()
	for _, f := range [][2]string{
		{"nhi.csv", "name,owner,provider,provider_id\nsvc,team-a,aws,arn:aws:iam::111122223333:user/svc\n"},
		{"review-a.csv", "owner,id,name,provider,provider id,decision,reviewer,reviewed\nteam-a,,svc,aws,arn:aws:iam::111122223333:user/svc,revoke,Jane,2026-11-23\n"},
	} {
		if err := inv.Load(f[0], strings.NewReader(f[1]), Options{}); err != nil {
			t.Fatal(err)
		}
	}
	a := Attest{records: []*record.Record{{ID: "nhi:aws:service_account:111122223333/svc", Name: "svc", Provider: "aws", ProviderID: "arn:aws:iam::111122223333:user/svc"}}}
	a.AddReviews(inv)
	done, err := a.Done(time.Unix(1e9, 0))
	if err != nil || len(done.Reviews) != 1 || done.Reviews[0].Source != "review-a.csv:2" {
		t.Errorf("%s, %v", asJSON(t, done.Reviews), err)
	}
}

func TestRetiredIsRevoked(t *testing.T) {
	r := &record.Record{Status: leak.RetiredIdentity, Credentials: []record.Credential{{State: leak.Unchecked, FirstExposedAt: "2026-06-03"}}}
	if got := action(r); !strings.HasPrefix(got, "revoke") {
		t.Error(got)
	}
}
