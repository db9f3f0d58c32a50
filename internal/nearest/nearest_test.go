package nearest

import "testing"

func TestOf(t *testing.T) {
	known := []string{"entropy", "pattern", "paths", "path", "severity"}
	for name, want := range map[string]string{"patern": "pattern", "enrtopy": "entropy", "pth": "path", "Paths": "paths", "colour": "", "": ""} {
		if got := Of(name, known); got != want {
			t.Errorf("Of(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestKey(t *testing.T) {
	type rule struct {
		Pattern string `toml:"pattern"`
	}
	var doc struct {
		Rules []rule          `toml:"rule"`
		Tune  map[string]rule `toml:"tune"`
		File  string          `toml:"-"`
	}
	for _, tt := range []struct {
		key  []string
		want string
	}{
		{[]string{"ruel"}, "rule"}, {[]string{"rule", "patren"}, "pattern"}, {[]string{"tune", "some-id", "pattenr"}, "pattern"},
		{[]string{"File"}, ""}, {[]string{"rule", "pattern", "x"}, ""}, {[]string{"other", "pattern"}, ""},
	} {
		if got := Key(&doc, tt.key); got != tt.want {
			t.Errorf("Key(%q) = %q, want %q", tt.key, got, tt.want)
		}
	}
}
