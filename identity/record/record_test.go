package record_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// full has something in each field, so that one that is forgotten fails a test.
func full(t *testing.T) *leak.Identity {
	t.Helper()
	id := &leak.Identity{}
	fill(t, reflect.ValueOf(id).Elem())
	id.ID, id.Type, id.Status, id.Risk.Band = "nhi:gcp:service_account:acme/pay", leak.ServiceAccount, leak.KnownIdentity, "high"
	id.Owner = id.Owners[0].Name
	id.Credentials[0].Risk.Band, id.Credentials[0].Plan[0].Step = "low", "revoke"
	id.Credentials[0].State, id.Credentials[0].StateBy, id.Credentials[0].Exposure = leak.Live, "whoami", "public"
	id.Evidence[0].Class, id.Evidence[0].Basis, id.Plan[0].Step = leak.FromStructure, leak.FromName, "rotate"
	id.Owners[0].Kind, id.HumanOrigin.Kind = "team", "person"
	// Working notes, which no report keeps.
	id.Owners[0].Wide, id.HumanOrigin.Wide = false, false
	id.Owners[0].Holder, id.HumanOrigin.Holder = false, false
	id.Owners[0].Of, id.HumanOrigin.Of, id.Consumers[0].Weak, id.Declared[0].Weak = "", "", false, false
	return id
}

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func fill(t *testing.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("text")
	case reflect.Int:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(start))
			return
		}
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	default:
		t.Fatalf("%s", v.Kind())
	}
}

// valid checks a record against the published schema, and that the schema knows
// all of its fields.
func valid(t *testing.T, r *record.Record) {
	t.Helper()
	text, err := os.ReadFile("../../docs/schema/nhi-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	strict(schema)
	c := jsonschema.NewCompiler()
	if err := c.AddResource("nhi.json", schema); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("nhi.json")
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	doc, _ := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err := s.Validate(doc); err != nil {
		t.Errorf("%s\n%v", b, err)
	}
}

func strict(tree any) {
	switch v := tree.(type) {
	case []any:
		for _, e := range v {
			strict(e)
		}
	case map[string]any:
		for _, e := range v {
			strict(e)
		}
		if _, ok := v["properties"].(map[string]any); ok {
			v["unevaluatedProperties"] = false
		}
	}
}

func TestRoundTrip(t *testing.T) {
	id := full(t)
	r := record.From(id, record.Options{People: record.Emails})
	valid(t, r)
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back record.Record
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	// Who denied it is none of a record's owners; what a credential is in words is among the evidence.
	if diff := cmp.Diff(id, back.Identity(), cmpopts.IgnoreFields(leak.Owner{}, "Denied", "Wide", "Holder"), cmpopts.IgnoreFields(leak.Credential{}, "Form")); diff != "" {
		t.Error(diff)
	}
	valid(t, record.From(&leak.Identity{ID: "nhi:-:unknown:-/x"}, record.Options{}))
}

// TestPeople checks that no address of a person gets out, wherever it stands,
// and that names of service accounts do.
func TestPeople(t *testing.T) {
	const person, account = "jane.doe@acme.example", "pay@acme.iam.gserviceaccount.com"
	id := full(t)
	id.Name, id.Owner = account, person
	id.Owners = []leak.Owner{{Name: person, Email: person, Source: "git_introducer", Reason: "wrote it: " + person, Ref: person}}
	id.HumanOrigin = &id.Owners[0]
	id.StatusReason, id.Conflict, id.ProviderID, id.Tenant.Name = person, person, person, person
	id.Evidence = []leak.Evidence{
		{Class: leak.FromGit, Claim: leak.ClaimEmail, Value: person, Reason: person, Ref: person},
		{Class: leak.FromStructure, Claim: leak.ClaimEmail, Value: account},
		{Class: leak.FromStructure, Claim: leak.ClaimName, Value: account},
		{Class: leak.FromName, Claim: leak.ClaimNote, Value: person},
	}
	id.Credentials[0].Label, id.Aliases[0] = person, "nhi:x:human_account:-/"+person
	id.Risk.Factors[0].Why, id.Controls[0].Why, id.Plan[0].Text = person, person, person
	for _, people := range []record.People{record.Handles, record.Hash, record.Emails} {
		r := record.From(id, record.Options{People: people, Salt: []byte("salt")})
		valid(t, r)
		b, _ := json.Marshal(r)
		if shown := strings.Contains(string(b), "acme.example"); shown != (people == record.Emails) {
			t.Errorf("%s: %s", people, b)
		}
		if r.Name != account || r.Evidence[len(r.Evidence)-2].Value != account {
			t.Errorf("%s: %s", people, b)
		}
		if r.Owner != r.Owners[0].Name || r.Owner == "" {
			t.Errorf("%s: the owner is %q, the first of %v", people, r.Owner, r.Owners)
		}
	}
	one := record.From(id, record.Options{Only: "other"})
	if len(one.Credentials) != 0 || one.CredentialCount != 1 {
		t.Errorf("%d of %d credentials", len(one.Credentials), one.CredentialCount)
	}
	valid(t, one)
	human := full(t)
	human.Type, human.Name, human.ID = leak.HumanAccount, person, "nhi:okta:human_account:-/"+person
	if b, _ := json.Marshal(record.From(human, record.Options{})); strings.Contains(string(b), "acme.example") {
		t.Errorf("%s", b)
	}
}

func TestAbsurdDates(t *testing.T) {
	id := full(t)
	id.Expires = time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC)
	id.Created = time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)
	id.LastAccessed = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	r := record.From(id, record.Options{})
	if r.Expiration != "" || r.CreationDate != "" || r.LastAccessed != "2024-01-01" {
		t.Errorf("%q %q %q", r.Expiration, r.CreationDate, r.LastAccessed)
	}
	valid(t, r)
}

// TestAddressesWithinURLs: the @ of an address in a URL is %40.
func TestAddressesWithinURLs(t *testing.T) {
	id := &leak.Identity{
		Type: leak.HumanAccount, Name: "erin@acme.example", Conflict: "postgres://erin%40acme.example/x",
		Plan: []leak.Action{{Step: "revoke", Command: []string{"tool", "--user=erin@acme.example"}}},
	}
	b, err := json.Marshal(record.From(id, record.Options{}))
	if err != nil || strings.Contains(string(b), "acme.example") || !strings.Contains(string(b), `--user=\u003caddress\u003e`) {
		t.Errorf("%s %v", b, err)
	}
	plain, escaped := record.Options{People: record.Hash}.Text("erin@acme.example"), record.Options{People: record.Hash}.Text("erin%40acme.example")
	if plain != escaped || id.Plan[0].Command[1] != "--user=erin@acme.example" {
		t.Errorf("%s, %s, %s", plain, escaped, id.Plan[0].Command)
	}
}

// TestNoAddressOfAnyType: whatever type an identity is of, and wherever in its record an
// address of a person stands, nobody reads it who did not ask for addresses.
func TestNoAddressOfAnyType(t *testing.T) {
	for _, kind := range append([]leak.IdentityType{""}, leak.IdentityTypes...) {
		for _, person := range []string{"env.user@acme.example", "jürgen@bücher.example", "x%40acme.example"} {
			id := full(t)
			put(reflect.ValueOf(id).Elem(), "a "+person+" and arn:aws:iam::111122223333:user/"+person)
			id.Type, id.ID, id.Provider, id.Name = kind, "nhi:aws@git.acme.test:"+string(kind)+":1/"+person, "aws@git.acme.test", person
			id.Status, id.Aliases = leak.KnownIdentity, []string{id.ID}
			for _, people := range []record.People{"", record.Handles, record.Hash} {
				r := record.From(id, record.Options{People: people, Salt: []byte("salt")})
				b, _ := json.Marshal(r)
				if strings.Contains(string(b), ".example") || r.Provider != id.Provider || !strings.HasPrefix(r.ID, "nhi:aws@git.acme.test:") {
					t.Errorf("%s %q: %s", kind, people, b)
				}
			}
		}
	}
}

func put(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Pointer:
		put(v.Elem(), text)
	case reflect.Slice:
		for i := range v.Len() {
			put(v.Index(i), text)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			put(v.Field(i), text)
		}
	}
}

func TestAgainIsFrom(t *testing.T) {
	id := &leak.Identity{
		ID: "nhi:x:human_account:-/jane@acme.example", Type: leak.HumanAccount, Name: "jane@acme.example", Owner: "jo@acme.example",
		Owners:      []leak.Owner{{Name: "jo@acme.example", Email: "jo@acme.example", Kind: "person", Source: "inventory"}, {Name: "@acme/pay", Kind: "team"}},
		HumanOrigin: &leak.Owner{Name: "Jane", Email: "jane@acme.example"},
		Evidence:    []leak.Evidence{{Claim: leak.ClaimEmail, Value: "jane@acme.example", Reason: "by jane@acme.example"}, {Claim: leak.ClaimName, Value: "x"}},
		Consumers:   []leak.Consumer{{Kind: "job", Ref: "a.yml:3"}}, Risk: leak.Risk{Score: 7, Band: "info", Factors: []leak.RiskFactor{{Name: "reach", Points: 7, Max: 10}}},
		Plan:        []leak.Action{{Step: "rotate", Text: "ask jo@acme.example", Command: []string{"x --user jo@acme.example"}}},
		Credentials: []leak.Credential{{ID: "1", Label: "of jane@acme.example"}},
	}
	all := record.From(id, record.Options{People: record.Emails})
	before := asJSON(t, all)
	for _, p := range []record.People{"", record.Handles, record.Hash} {
		o := record.Options{People: p, Salt: []byte("s")}
		if got, want := asJSON(t, all.Again(o)), asJSON(t, record.From(id, o)); got != want {
			t.Errorf("%s: %s\nwant %s", p, got, want)
		}
	}
	if after := asJSON(t, all); after != before {
		t.Errorf("the record itself became %s", after)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
