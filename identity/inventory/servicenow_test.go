package inventory

import (
	"fmt"
	"strings"
	"testing"
)

// TestServiceNowNumbers: without display values, states are numbers, which mean one thing in
// one column and another in the other.
func TestServiceNowNumbers(t *testing.T) {
	for _, c := range []struct {
		install, operational string
		want                 State
	}{
		{"1", "1", Active}, {"7", "6", Retired}, {"7", "", Retired}, {"", "6", Retired}, {"8", "", Retired}, {"100", "", Retired}, {"", "2", Retired},
		{"6", "1", Active}, {"6", "", ""}, {"0", "", ""}, {"", "7", Active}, {"2", "", ""}, {"Retired", "", Retired}, {"", "Operational", Active},
	} {
		text := fmt.Sprintf(`{"result":[{"sys_id":"0001","name":"svc-payments","install_status":%q,"operational_status":%q}]}`, c.install, c.operational)
		var got []*Entry
		err := Read("cmdb.json", strings.NewReader(text), Options{}, func(e *Entry) error { got = append(got, e); return nil }, func(p Problem) { t.Error(p) })
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		if got[0].State != c.want {
			t.Errorf("install_status %q, operational_status %q: state %q, want %q", c.install, c.operational, got[0].State, c.want)
		}
	}
}
