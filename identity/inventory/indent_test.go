package inventory

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestIndenterWritesWhatIndentDoes(t *testing.T) {
	var in indenter
	for _, v := range []any{
		nil, true, 1.5, "a", []string{}, map[string]string{}, struct{}{}, []any{nil, []any{}, map[string]any{"a": []int{1, 2}, "b": map[string]any{}}},
		map[string]string{`k"{[,:]}\`: "\\\" , : { [ \\", "<b>": "\u2028&\x00\n"}, [][]int{{}, {1}, {2, 3}}, &Entry{Name: `a\`, Permissions: []string{`"`, ""}},
	} {
		var flat, want, got bytes.Buffer
		enc := json.NewEncoder(&flat)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		if err := json.Indent(&want, bytes.TrimSpace(flat.Bytes()), "  ", "  "); err != nil {
			t.Fatal(err)
		}
		if err := in.write(&got, v, "  "); err != nil || got.String() != want.String() {
			t.Errorf("%v: %v\n%s\nwant\n%s", v, err, got.String(), want.String())
		}
	}
}

// What is read as an entry at once is what is read by way of a map.
func TestOwnEntryAtOnce(t *testing.T) {
	line := `{"entry":{"id":"nhi:aws:service_account:1/a","identity_type":"service_account","name":"a","owner":"t","permissions":["x"],"risk_score":5,"sources":["n.csv:2"]}}`
	slow := strings.Replace(line, `"entry":`, `"entry" :`, 1)
	read := func(text string) (out []*Entry, problems []Problem) {
		err := Read("i.jsonl", strings.NewReader("{\"inventory\":{\"schema\":1}}\n"+text+"\n"), Options{}, func(e *Entry) error { out = append(out, e); return nil }, func(p Problem) { problems = append(problems, p) })
		if err != nil {
			t.Fatal(err)
		}
		return out, problems
	}
	a, _ := read(line)
	b, _ := read(slow)
	if len(a) != 1 || ownEntry(line) == nil || ownEntry(slow) != nil {
		t.Fatalf("%d entries of %s", len(a), line)
	}
	if x, y := asJSON(t, a), asJSON(t, b); x != y {
		t.Errorf("at once %s\notherwise %s", x, y)
	}
	for _, bad := range []string{`{"entry":{"id":7}}`, `{"entry":{"id":"nhi:a:b:c/d"}`, `{"entry":{}}`, `{"entry":null}`, `{"entry":{"name":"a"},"entry":{"name":"b"}} `, `{"entry":[]}`} {
		got, problems := read(bad)
		if strings.Count(bad, "entry") == 2 { // the last of two, as encoding/json has it
			if len(got) != 1 || got[0].Name != "b" {
				t.Errorf("%s: %s", bad, asJSON(t, got))
			}
			continue
		}
		if len(got) != 0 || len(problems) != 1 || !problems[0].Lost {
			t.Errorf("%s: %d entries, %v", bad, len(got), problems)
		}
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
