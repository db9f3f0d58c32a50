package inventory

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// read1 reads a text, and writes entries and problems in short.
func read1(t *testing.T, text string) (entries []string, lost int) {
	t.Helper()
	err := Read("x", strings.NewReader(text), Options{}, func(e *Entry) error {
		tenant, keys := "", ""
		if e.Tenant != nil {
			tenant = e.Tenant.ID
		}
		for _, k := range e.Credentials {
			keys += " " + k.KeyID + string(k.State)
		}
		entries = append(entries, fmt.Sprintf("%s %s %s %s %s%s", e.Provider, e.IdentityType, tenant, e.Name, e.ProviderID, keys))
		return nil
	}, func(p Problem) {
		if p.Lost {
			lost++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return entries, lost
}

// TestUnheaded: what commands write without a heading is read all the same, or lost
// with a word, and never taken for a heading.
func TestUnheaded(t *testing.T) {
	const (
		rest = ",2021-03-01T10:00:00+00:00,false,N/A,N/A,N/A,false,true,2021-03-01T10:01:00+00:00,2024-05-01T10:00:00+00:00,eu-west-1,s3,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n"
		root = "<root_account>,arn:aws:iam::111122223333:root" + rest
		user = "pay,arn:aws:iam::111122223333:user/pay" + rest
		a, b = "0c9bd2f4-0000-4000-8000-00000000000a", "0c9bd2f4-0000-4000-8000-00000000000b"
	)
	report := strings.Join(reportHeading, ",") + "\n" + root + user
	inBase64 := base64.StdEncoding.EncodeToString([]byte(report))
	theRoot := "aws human_account 111122223333 <root_account> arn:aws:iam::111122223333:root access key 1"
	theUser := "aws service_account 111122223333 pay arn:aws:iam::111122223333:user/pay access key 1"
	for name, c := range map[string]struct {
		text string
		want []string
		lost int
	}{
		"a report's row":       {user, []string{theUser}, 0},
		"rows of a report":     {root + user, []string{theRoot, theUser}, 0},
		"a report as text":     {inBase64 + "\ttext/csv\t2024-06-01T10:00:00+00:00\n", []string{theRoot, theUser}, 0},
		"a report's content":   {inBase64 + "\n", []string{theRoot, theUser}, 0},
		"addresses":            {"a@acme.iam.gserviceaccount.com\nb@acme.iam.gserviceaccount.com\n", []string{"google service_account acme a@acme.iam.gserviceaccount.com ", "google service_account acme b@acme.iam.gserviceaccount.com "}, 0},
		"names and ids":        {"pay\t" + a + "\nship\t" + b + "\n", []string{" unknown  pay " + a, " unknown  ship " + b}, 0},
		"more ids than one":    {"pay\t" + a + "\t" + b + "\n", nil, 1},
		"ARNs":                 {"arn:aws:iam::111122223333:user/pay\n", []string{"aws unknown 111122223333 pay arn:aws:iam::111122223333:user/pay"}, 0},
		"a heading":            {"name,owner\npay,jane@acme.example\n", []string{" unknown  pay "}, 0},
		"a list with a person": {"pay,jane@acme.example\n", nil, 0},
	} {
		got, lost := read1(t, c.text)
		for i := range got { // kinds of keys have no id there
			if strings.HasPrefix(got[i], "aws") && strings.HasSuffix(got[i], " active") {
				got[i] = strings.TrimSuffix(got[i], " active") + " access key 1"
			}
		}
		if !slices.Equal(got, c.want) || lost != c.lost {
			t.Errorf("%s: %q, %d lost, want %q, %d", name, got, lost, c.want, c.lost)
		}
	}
}

// TestAWSKeys: the lists of keys and of all users and roles of an account.
func TestAWSKeys(t *testing.T) {
	id := func() string { // of account 111122223333
		var b [10]byte
		rand.Read(b[6:])
		for i, n := 5, uint64(1)<<47|111122223333<<7; i >= 0; i, n = i-1, n>>8 {
			b[i] = byte(n)
		}
		return "AKIA" + base32.StdEncoding.EncodeToString(b[:])
	}()
	keys := `{"AccessKeyMetadata": [{"UserName": "pay", "AccessKeyId": "` + id + `", "Status": "Inactive", "CreateDate": "2021-03-01T10:01:00+00:00"}]}`
	if got, lost := read1(t, keys); lost > 0 || len(got) != 1 || got[0] != "aws service_account 111122223333 pay  "+id+"retired" {
		t.Errorf("%q, %d lost", got, lost)
	}
	all, _ := json.Marshal(map[string]any{
		"UserDetailList": []any{map[string]any{"UserName": "pay", "UserId": "AIDA2222222222222222", "Arn": "arn:aws:iam::111122223333:user/pay", "CreateDate": "2021-03-01T10:01:00+00:00",
			"AttachedManagedPolicies": []any{map[string]any{"PolicyName": "AmazonS3FullAccess", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}}}},
		"GroupDetailList": []any{map[string]any{"GroupName": "all", "Arn": "arn:aws:iam::111122223333:group/all"}},
		"RoleDetailList":  []any{map[string]any{"RoleName": "ship", "RoleId": "AROA2222222222222222", "Arn": "arn:aws:iam::111122223333:role/ship", "CreateDate": "2021-03-01T10:01:00+00:00"}},
		"Policies":        []any{},
	})
	got, lost := read1(t, string(all))
	slices.Sort(got)
	if want := []string{"aws managed_identity 111122223333 ship arn:aws:iam::111122223333:role/ship", "aws service_account 111122223333 pay arn:aws:iam::111122223333:user/pay"}; lost > 0 || !slices.Equal(got, want) {
		t.Errorf("%q, %d lost", got, lost)
	}
	inv := load(t, Options{}, keys, string(all))
	if m, err := inv.Find(Query{Provider: "aws", IDs: []string{id}}); err != nil || m == nil || m.Entry.Name != "pay" || !slices.Equal(m.Entry.Permissions, []string{"AmazonS3FullAccess"}) {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestDisabled: who cannot sign in any more has left, unless a later list says else.
func TestDisabled(t *testing.T) {
	const heading = "userPrincipalName,displayName,mail,id,accountEnabled\n"
	off := heading + "jane@acme.example,Jane Roe,j.roe@acme.example,0c9bd2f4-0000-4000-8000-00000000000a,False\nbob@acme.example,Bob Poe,,0c9bd2f4-0000-4000-8000-00000000000b,True\n"
	okta := `[{"id":"00u1ab2cd3ef4gh5ij6k","status":"DEPROVISIONED","created":"2024-01-01T00:00:00.000Z","profile":{"firstName":"Ann","lastName":"Roe","login":"ann@acme.example","email":"ann@acme.example"}}]`
	aws := strings.Join(reportHeading, ",") + "\nkim@acme.example,arn:aws:iam::111122223333:user/kim@acme.example,2021-03-01T10:00:00+00:00,true,N/A,N/A,N/A,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n"
	if got := load(t, Options{}, off, okta, aws).Disabled(); !slices.Equal(got, []string{"ann@acme.example", "j.roe@acme.example", "jane@acme.example"}) {
		t.Errorf("%q", got)
	}
	on := strings.Replace(off, "False", "True", 1)
	if got := load(t, Options{}, off, on).Disabled(); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

// TestFarEnd: what ends in more than a hundred years does not end, and is no mistake; a
// creation in that year is one.
func TestFarEnd(t *testing.T) {
	var notes, ends []string
	err := Read("x", strings.NewReader("name,created,expires\na,2020-01-01,2299-12-31\nb,2299-12-31,2299-12-31T00:00:00Z\nc,2020-01-01,12345-12-31\n"), Options{}, func(e *Entry) error {
		ends = append(ends, e.CreationDate+" "+e.Expiration)
		return nil
	}, func(p Problem) { notes = append(notes, p.Source) })
	if err != nil || !slices.Equal(ends, []string{"2020-01-01 ", " ", "2020-01-01 "}) || !slices.Equal(notes, []string{"x:3", "x:4"}) {
		t.Errorf("%q, %q, %v", ends, notes, err)
	}
}

// TestShownLabels: kubectl's table with the labels, and columns that were added to ServiceNow.
func TestShownLabels(t *testing.T) {
	inv := load(t, Options{}, "NAMESPACE   NAME   SECRETS   AGE    LABELS\nprod        pay    1         215d   app=pay,team=ledger\n",
		"\"name\",\"sys_class_name\",\"owned_by\",\"operational_status\",\"u_environment\"\n\"ship\",\"cmdb_ci_service_account\",\"Jane Roe\",\"Operational\",\"prod\"\n")
	if m, err := inv.Find(Query{Provider: "kubernetes", Type: leak.ServiceAccount, Names: []string{"prod/pay"}}); err != nil || m == nil || m.Entry.Owner != "ledger" {
		t.Errorf("%+v, %v", m, err)
	}
	if m, err := inv.Find(Query{Type: leak.ServiceAccount, Names: []string{"ship"}}); err != nil || m == nil || m.Entry.Environment != "prod" {
		t.Errorf("%+v, %v", m, err)
	}
}
