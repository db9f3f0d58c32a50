package sweep_test

import (
	"encoding/json"
	"testing"

	"github.com/whosekey/whosekey/sweep"
)

// TestTemplates fills templates with hostile names: they stay texts, and the rest of
// the JSON stays as it is.
func TestTemplates(t *testing.T) {
	for _, p := range append(payloads, `","channel":"#all`, "{{json}}", `\`, `"`) {
		body, err := sweep.FillTemplate(`{"channel":"#leaks","text":"{{new}} new\n{{text}}","md":"{{markdown}}","n":{{ new }},"all":{{json}},"until":"{{until}}"}`, digestOf(p))
		if err != nil {
			t.Fatalf("%q: %v", p, err)
		}
		var got map[string]any
		if err := json.Unmarshal(body, &got); err != nil || len(got) != 6 || got["md"] != sweep.Markdown(digestOf(p)) || got["channel"] != "#leaks" || got["n"] != 1.0 {
			t.Errorf("%q makes %s, %v", p, body, err)
		}
		text := "1 new\n" + sweep.Plain(digestOf(p))
		if want, err := json.Marshal(text); err != nil || json.Unmarshal(want, &text) != nil || got["text"] != text {
			t.Errorf("%q makes the text %q, want %q", p, got["text"], text)
		}
	}
	for _, bad := range []string{"", "{{text}}", `{"a": {{text}}}`, `{"a": "{{nothing}}"}`, `{"a": "{{text"}`, `{"a": 1`} {
		if body, err := sweep.FillTemplate(bad, digestOf("x")); err == nil {
			t.Errorf("the template %q makes %s", bad, body)
		}
	}
	if _, err := sweep.FillTemplate(sweep.DefaultTemplate, digestOf("x")); err != nil {
		t.Error(err)
	}
}
