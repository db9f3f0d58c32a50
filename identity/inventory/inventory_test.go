package inventory

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/identity/record"
)

// load reads texts into one inventory.
func load(t testing.TB, o Options, texts ...string) *Inventory {
	t.Helper()
	inv := New()
	t.Cleanup(func() { inv.Close() })
	for i, text := range texts {
		if err := inv.Load(fmt.Sprintf("f%d", i+1), strings.NewReader(text), o); err != nil {
			t.Fatal(err)
		}
	}
	return inv
}

func entries(t testing.TB, inv *Inventory) (out []*Entry) {
	t.Helper()
	if err := inv.Each(func(e *Entry) error { out = append(out, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// line is an entry in short.
func line(e *Entry) string {
	tenant := ""
	if e.Tenant != nil {
		tenant = first(e.Tenant.ID, e.Tenant.Name)
	}
	var owners []string
	for _, o := range e.Owners {
		owners = append(owners, strings.Trim(o.Name+" <"+o.Email+">", " <>"))
	}
	return fmt.Sprintf("%s %s %q id=%s tenant=%s owners=%s state=%s created=%s used=%s expires=%s perms=%s keys=%d",
		e.Provider, e.IdentityType, e.Name, e.ProviderID, tenant, strings.Join(owners, "+"), e.State, e.CreationDate, e.LastAccessed, e.Expiration, strings.Join(e.Permissions, ","), len(e.Credentials))
}

// TestDialects reads testdata/dialects: each file begins as its dialect does, and
// its .want says what comes out, with what could not be read.
func TestDialects(t *testing.T) {
	files, err := filepath.Glob("testdata/dialects/*")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, ".want") {
			continue
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			inv := New()
			defer inv.Close()
			if err := inv.LoadFile(name, Options{}); err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, e := range entries(t, inv) {
				fmt.Fprintln(&b, line(e))
			}
			for _, p := range inv.Problems {
				lost := ""
				if p.Lost {
					lost = "LOST "
				}
				fmt.Fprintf(&b, "%s%s\n", lost, p)
			}
			want := name + ".want"
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(want, []byte(b.String()), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			text, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(text), b.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEncodings(t *testing.T) {
	const text = "name,owner,identity_type\r\npäyments,Zoë,service_account\r\n𝔘nicode,\"a\nb\",bot\r\n"
	utf := func(order binary.AppendByteOrder, mark bool) string {
		var b []byte
		if mark {
			b = order.AppendUint16(b, 0xfeff)
		}
		for _, u := range utf16.Encode([]rune(text)) {
			b = order.AppendUint16(b, u)
		}
		return string(b)
	}
	want := []string{line(entries(t, load(t, Options{}, text))[0]), line(entries(t, load(t, Options{}, text))[1])}
	if !strings.Contains(want[0], "päyments") || !strings.Contains(want[1], "𝔘nicode") {
		t.Fatalf("plain: %q", want)
	}
	for name, in := range map[string]string{
		"UTF-8 mark": "\xef\xbb\xbf" + text, "UTF-16LE mark": utf(binary.LittleEndian, true), "UTF-16BE mark": utf(binary.BigEndian, true),
		"UTF-16LE": utf(binary.LittleEndian, false), "UTF-16BE": utf(binary.BigEndian, false),
	} {
		inv := load(t, Options{}, in)
		var got []string
		for _, e := range entries(t, inv) {
			got = append(got, line(e))
		}
		if diff := cmp.Diff(want, got); diff != "" || inv.Lost > 0 {
			t.Errorf("%s: lost %d\n%s", name, inv.Lost, diff)
		}
	}
	latin := entries(t, load(t, Options{}, "name;owner\np\xe4yments;Zo\xeb\n"))
	if latin[0].Name != "päyments" || latin[0].Owner != "Zoë" {
		t.Errorf("Latin-1: %s", line(latin[0]))
	}
}

func TestBadRows(t *testing.T) {
	inv := load(t, Options{}, strings.Join([]string{
		"name,owner,creation_date,risk_score", // 1
		"a,team-a,2024-01-02,10",              // 2
		"b,team-b",                            // 3: too few
		"c,team-c,2024-01-02,10,more",         // 4: too many
		",,,",                                 // 5: nothing in it
		`"d""x",team-d,9999-12-31,x`,          // 6: never; no number
		`e,"never closed,2024-01-02,10`,       // 7
		"f,team-f,-62135596800,101",           // 8: absurd
		`"g"h,team,2024-01-02,1`,              // 9
		"i,team-i,02/03/2024,5",               // 10: two ways
		"j,team-j,23/03/2024,5",               // 11
	}, "\n"))
	var names []string
	for _, e := range entries(t, inv) {
		names = append(names, e.Name+" "+e.CreationDate)
	}
	if diff := cmp.Diff([]string{"a 2024-01-02", `d"x `, "f ", "i ", "j 2024-03-23"}, names); diff != "" {
		t.Error(diff)
	}
	var lost, notes []string
	for _, p := range inv.Problems {
		if p.Lost {
			lost = append(lost, p.Source)
		} else {
			notes = append(notes, p.Source)
		}
	}
	if diff := cmp.Diff([]string{"f1:3", "f1:4", "f1:5", "f1:7", "f1:9"}, lost); diff != "" {
		t.Errorf("lost: %s", diff)
	}
	if diff := cmp.Diff([]string{"f1:6", "f1:8", "f1:8", "f1:10"}, notes); diff != "" {
		t.Errorf("notes: %s", diff)
	}
}

func TestJoins(t *testing.T) {
	inv := load(t, Options{},
		"id,name,provider,tenant,owner,permissions,aliases\nAIDA0000EXAMPLE00001,deploy,aws,123456789012,team-a,read,\n"+
			"AIDA0000EXAMPLE00001,deploy,aws,123456789012,team-b,write,\n"+
			"x1,one,acme,,,,x2\nx2,two,acme,,,,x3\nx3,three,acme,,team-x,,x1\n"+ // a circle
			"y,same,acme,t1,,,\nz,same,acme,t2,,,\n")
	all := entries(t, inv)
	if len(all) != 4 || inv.Joined != 3 {
		for _, e := range all {
			t.Log(line(e))
		}
		t.Fatalf("%d identities, %d joined", len(all), inv.Joined)
	}
	if e := all[0]; e.Owner != "team-b" || len(e.Owners) != 2 || strings.Join(e.Permissions, ",") != "write,read" || len(e.Sources) != 2 {
		t.Errorf("last one counts, lists are joined: %s", line(e))
	}
	if all[1].Owner != "team-x" {
		t.Errorf("circle: %s", line(all[1]))
	}
}

func TestMapping(t *testing.T) {
	const text = "Konto;Wer;Dienst;Bis\nsvc-pay;Zahlungen;AWS;31.12.2030\n"
	inv := load(t, Options{Map: map[string]string{"name": "Konto", "owner": "Wer", "provider": "Dienst", "expiration": "Bis"}}, text)
	all := entries(t, inv)
	if len(all) != 1 || line(all[0]) != `aws unknown "svc-pay" id= tenant= owners=Zahlungen state= created= used= expires=2030-12-31 perms= keys=0` {
		t.Errorf("%v %v", line(all[0]), inv.Problems)
	}
	inv = load(t, Options{Map: map[string]string{"owner": "tags.crew"}}, `[{"name":"a1","tags":{"crew":"blue"}}]`)
	if e := entries(t, inv)[0]; e.Owner != "blue" {
		t.Errorf("nested: %s", line(e))
	}
	if err := (Options{Map: map[string]string{"boss": "x"}}).Check(); err == nil {
		t.Error("an unknown field is taken")
	}
}

func TestColumnsByName(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Account,Owner\nsvc-1,Jane Doe (jane@acme.example)\n", ` unknown "svc-1" id= tenant= owners=Jane Doe <jane@acme.example state= created= used= expires= perms= keys=0`},
		{"User Name,Team,AWS Account ID,Platform,Disabled\nci,blue,111122223333,Amazon Web Services,true\n", `aws unknown "ci" id= tenant=111122223333 owners=blue state=retired created= used= expires= perms= keys=0`},
		{"ARN,Roles,Access Key ID\narn:aws:iam::111122223333:user/ci,Storage Blob Data Reader,AKIAIOSFODNN7EXAMPLE\n", `aws unknown "ci" id=arn:aws:iam::111122223333:user/ci tenant=111122223333 owners= state= created= used= expires= perms=Storage Blob Data Reader keys=1`},
	} {
		if all := entries(t, load(t, Options{}, c.text)); len(all) != 1 || line(all[0]) != c.want {
			t.Errorf("%q:\n%s\nwant\n%s", c.text, line(all[0]), c.want)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	inv := load(t, Options{}, "name,owner,provider,tenant,permissions,expiration,risk_score,email\n"+
		"pay,Jane Doe <jane@acme.example>,stripe,acct_1,read;write,2030-01-01,72,\n'=cmd,'@acme/ops,aws,1,,,,\n")
	var b bytes.Buffer
	if err := inv.Write(&b, record.Options{People: record.Emails}, "dir/f1"); err != nil {
		t.Fatal(err)
	}
	again := load(t, Options{}, b.String())
	if diff := cmp.Diff(entries(t, inv), entries(t, again)); diff != "" || again.Lost != 0 {
		t.Errorf("read again (-first +again):\n%s\n%v", diff, again.Problems)
	}
	if e := entries(t, again)[1]; e.Name != "=cmd" || e.Owner != "@acme/ops" {
		t.Errorf("formula: %s", line(e))
	}
	b.Reset()
	if err := inv.Write(&b, record.Options{}); err != nil || strings.Contains(b.String(), "acme.example") {
		t.Errorf("an address is written: %s %v", &b, err)
	}
	var h struct{ Inventory struct{ Schema int } }
	if err := json.Unmarshal([]byte(strings.SplitN(b.String(), "\n", 2)[0]), &h); err != nil || h.Inventory.Schema != 1 {
		t.Errorf("header %s", b.String()[:80])
	}
}

// TestWords: a list in a cell is taken apart, the name of a role is not.
func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"Storage Blob Data Contributor":               "Storage Blob Data Contributor",
		"storage blob data reader":                    "storage blob data reader",
		"Storage Blob Data Reader; Key Vault User":    "Storage Blob Data Reader|Key Vault User",
		"a b, c;d|e\nf":                               "a b|c|d|e|f",
		"roles/editor roles/viewer":                   "roles/editor|roles/viewer",
		"repo read:org workflow":                      "repo|read:org|workflow",
		"openid profile email":                        "openid|profile|email",
		"channels:read chat:write":                    "channels:read|chat:write",
		"s3:GetObject":                                "s3:GetObject",
		"[\"a\", 'b']":                                "a|b",
		"Reader":                                      "Reader",
		"https://www.googleapis.com/auth/drive email": "https://www.googleapis.com/auth/drive|email",
		"":                                  "",
		" ; , ":                             "",
		"User.Read Mail.Send":               "User.Read|Mail.Send",
		"read write":                        "read|write",
		"none":                              "",
		"can read all secrets of the vault": "can read all secrets of the vault",
	} {
		if got := strings.Join(words(text), "|"); got != want {
			t.Errorf("words(%q) = %q, want %q", text, got, want)
		}
	}
}

// TestPortalsLabels: a table that was copied out of Entra's portal has its labels.
func TestPortalsLabels(t *testing.T) {
	inv := load(t, Options{}, "Display name,Application (client) ID,Created on,Certificates & secrets\nLedger API,77777777-7777-4888-9999-aaaaaaaaaaaa,2023-01-15,Current\n")
	m, err := inv.Find(Query{Provider: "azure", IDs: []string{"77777777-7777-4888-9999-aaaaaaaaaaaa"}})
	if err != nil || m == nil || m.Entry.Name != "Ledger API" || m.Entry.IdentityType != "service_principal" {
		t.Errorf("%+v, %v", m, err)
	}
}
