package inventory

import (
	"fmt"
	"strings"
	"testing"
)

// TestCommonKeys: of what most of a list have in common only as much is kept as is ever
// looked at, and what is found by it is the same.
func TestCommonKeys(t *testing.T) {
	const rows = 3000
	var b strings.Builder
	b.WriteString("identity_type,name,provider,tenant\n")
	for i := range rows {
		fmt.Fprintf(&b, "service_account,svc-%d,acme,t%d\n", i, i)
	}
	inv := load(t, Options{}, b.String())
	if _, err := inv.Len(); err != nil {
		t.Fatal(err)
	}
	hash, kept := inv.hash(ofProvider("acme")), 0
	for _, s := range inv.index {
		if s.hash() == hash {
			kept++
		}
	}
	if kept != maxHinted+maxCandidates {
		t.Errorf("%d of %d entries are found by the provider, want %d", kept, rows, maxHinted+maxCandidates)
	}
	list, err := inv.all(ofProvider("acme"), maxHinted)
	if err != nil || len(list) != maxHinted || list[0].Entry.Name != "svc-0" || list[maxHinted-1].Entry.Name != fmt.Sprintf("svc-%d", maxHinted-1) {
		t.Errorf("%d entries, %v", len(list), err)
	}
	for _, i := range []int{0, rows - 1} { // of their own tenants all are found
		if list, err := inv.all(ofTenant("acme", fmt.Sprintf("t%d", i)), 1); err != nil || len(list) != 1 || list[0].Entry.Name != fmt.Sprintf("svc-%d", i) {
			t.Errorf("tenant %d: %d entries, %v", i, len(list), err)
		}
	}
}
