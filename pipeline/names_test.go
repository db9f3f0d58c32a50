package pipeline

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// TestMaskLogins: names that were made of addresses show no password.
func TestMaskLogins(t *testing.T) {
	ps, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	ds, err := detectors.Compile(ps)
	if err != nil {
		t.Fatal(err)
	}
	set, password := detectors.NewSet(ds...), "Tr0ub4dor"+"-Zx9q"
	for _, before := range []string{
		"app:PASS@db.acme.io", "k/app:PASS@db/f.txt", "https:/app:PASS@host.acme.io/x", "https:/app:PASS@10.0.0.7:8080/x",
		"m/app:PASS@a.io/app:PASS@b.io", "the folder app:PASS@db.acme.io is gone", "//app:PASS@db.acme.io/",
		strings.Repeat("a:b@c.io/", 40) + "app:PASS@db.acme.io",
	} {
		got := MaskText(set, strings.ReplaceAll(before, "PASS", password))
		want := strings.ReplaceAll(before, "PASS", leak.Mask)
		if i := strings.Index(want, "a:b@c.io/"); i >= 0 {
			want = strings.Repeat("a:b@c.io/", maxLogins) + strings.Repeat("a:"+leak.Mask+"@c.io/", 40-maxLogins) + "app:" + leak.Mask + "@db.acme.io"
		}
		if got != want {
			t.Errorf("%s becomes %s", before, strings.ReplaceAll(got, password, "PASS"))
		}
	}
	digest := "sha256:" + strings.Repeat("0123456789abcdef", 4)
	for _, name := range []string{
		"nginx:1.27@" + digest, "reg.acme.io:5000/app:v1.22.3-alpine@" + digest + "/etc", "npm:lodash@4.17.21", "a:b", "a@b", ":@", "@:", "a:@b",
		"mail:user@example.com", "C:/Users/app@work",
	} {
		if got := MaskText(set, name); got != name {
			t.Errorf("%s becomes %s", name, got)
		}
	}
}
