package inventory

import (
	"fmt"
	"strings"
	"testing"
)

// bomb is a mapping whose aliases unfold to 9^depth words.
func bomb(indent string, depth int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%sa0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n", indent)
	for i := 1; i < depth; i++ {
		a := fmt.Sprintf("*a%d", i-1)
		fmt.Fprintf(&b, "%sa%d: &a%d [%s]\n", indent, i, i, strings.Join([]string{a, a, a, a, a, a, a, a, a}, ","))
	}
	return b.String()
}

// A billion laughs cost the row that they are in, and it is told.
func TestAliasesCostTheirRow(t *testing.T) {
	for name, text := range map[string]string{
		"a list":          "identities:\n  - name: x\n    owner: lol\n" + bomb("    ", 8) + "  - name: svc-ok\n    owner: team-a\n",
		"documents":       "---\nname: x\n" + bomb("", 6) + "---\nname: svc-ok\nowner: team-a\n",
		"an owner":        bomb("", 8) + "identities:\n- {name: x, owner: *a7}\n- {name: svc-ok, owner: team-a}\n",
		"into themselves": "- &x\n  name: x\n  owner: *x\n- name: svc-ok\n  owner: team-a\n",
	} {
		var got []*Entry
		var problems []Problem
		err := Read("i.yaml", strings.NewReader(text), Options{}, func(e *Entry) error { got = append(got, e); return nil }, func(p Problem) { problems = append(problems, p) })
		if err != nil || len(got) != 1 || got[0].Name != "svc-ok" || got[0].Owner != "team-a" {
			t.Errorf("%s: %s, %v", name, asJSON(t, got), err)
		}
		if len(problems) != 1 || !problems[0].Lost {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

// The last second of the year 9999 is no end, as a day or as a number.
func TestYear9999IsNever(t *testing.T) {
	for _, s := range []string{"9999-12-31", "31.12.9999", "12/31/9999 11:59:59 PM", "9999-12-31T23:59:59.9999999Z", "253402300799", "253402300799000", "253402300799999"} {
		if d, kind := asDate(s, ""); d != "" || kind != noDate {
			t.Errorf("asDate(%q) = %q, %d", s, d, kind)
		}
	}
}

// Fields of ServiceNow with sysparm_display_value=all are objects.
func TestServiceNowDisplayValues(t *testing.T) {
	text := `{"result":[{"sys_id":{"display_value":"0001","value":"0001"},"name":{"display_value":"svc-payments","value":"svc-payments"},"owned_by":{"display_value":"Jane Roe","value":"62"},
		"install_status":{"display_value":"Retired","value":"7"},"sys_class_name":{"display_value":"Service Account","value":"cmdb_ci_service_account"}}]}`
	var got []*Entry
	err := Read("cmdb.json", strings.NewReader(text), Options{}, func(e *Entry) error { got = append(got, e); return nil }, func(p Problem) { t.Error(p) })
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	if e := got[0]; e.Name != "svc-payments" || e.Owner != "Jane Roe" || e.State != Retired || fmt.Sprint(e.Aliases) != "[servicenow:0001]" || e.IdentityType != "service_account" {
		t.Errorf("%s", asJSON(t, e))
	}
}

func TestUnknownTypeIsTold(t *testing.T) {
	var why []string
	err := Read("n.csv", strings.NewReader("name,identity_type\na,nonsense\nb,unknown\nc,\nd,bot\n"), Options{}, func(*Entry) error { return nil }, func(p Problem) { why = append(why, p.String()) })
	if err != nil || fmt.Sprint(why) != `[n.csv:2: there is no identity_type "nonsense"]` {
		t.Error(why, err)
	}
}
