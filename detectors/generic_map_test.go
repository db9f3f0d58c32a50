package detectors_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// TestMapped: below a name of several secrets each stands under the name of its service.
func TestMapped(t *testing.T) {
	set := everything(t)
	for _, tt := range []struct{ text, want string }{
		{"api_keys:\n  deepgram: D\n  assemblyai: A\n", "assemblyai-api-key deepgram-api-key"},
		{"services:\n  tokens:\n    # the one of the team\n    deepgram: \"D\"\n", "deepgram-api-key"},
		{"credentials:\r\n  deepgram: D\r\n  region: eu\r\n", "deepgram-api-key"},
		{"[secrets]\ndeepgram = \"D\"\nregion = \"eu\"\nassemblyai = 'A'\n", "assemblyai-api-key deepgram-api-key"},
		{"[tool.acme.api_keys]\ndeepgram = \"D\"\n", "deepgram-api-key"},
		{`{"tokens": {"deepgram": "D", "assemblyai": "A", "region": "eu"}}`, "assemblyai-api-key deepgram-api-key"},
		{"apiKeys: {deepgram: 'D'}\n", "deepgram-api-key"},
		{"api_keys:\n  mapquest: M\n", "generic-secret"}, // has no rule, and is known by its name

		{"api_keys:\n  deepgram: M\n", ""}, // no form of Deepgram's
		{"api_keys:\n  acme: D\n", ""},     // nobody that is known
		{"versions:\n  deepgram: D\n", ""}, // a commit
		{"api_keys:\ndeepgram: D\n", ""},   // not below it
		{"api_keys:\n  a: b\nc:\n  deepgram: D\n", ""},
		{"[secrets]\na = 1\n[other]\ndeepgram = \"D\"\n", ""},
		{"secret:\n  deepgram: D\n", ""}, // of one
		{"api_keys:\n  deepgram: ${DEEPGRAM}\n", ""},
	} {
		text := strings.NewReplacer("D", "6c8ba06cb14a32d508948606d8b5d9c8f70e493b", "A", "fa0ed91518b345468f9df7570f31f18a", "M", "kyorj6r8a3ahnzdt23mpkyorj6r8a3ah").Replace(strings.ReplaceAll(tt.text, "DEEPGRAM", "deep"))
		var got []string
		set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
			if at := text[m.Span.Start:m.Span.End]; at != m.Parts[leak.SecretPart].Reveal() {
				t.Errorf("%q: %s says that it is at %v", tt.text, m.Rule, m.Span)
			}
			if m.Rule == rules.Generic && set.Service(m.Hit) != "mapquest" {
				return
			}
			got = append(got, m.Rule)
		})
		slices.Sort(got)
		if got := strings.Join(slices.Compact(got), " "); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}
