package inventory

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

func utf16Of(text string, order binary.AppendByteOrder) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, u)
	}
	return string(out)
}

// leaversOf is what a list names at noon of 2026-06-15, and what is wrong with it.
func leaversOf(text string) (names, problems []string, err error) {
	list, err := Leavers("dir/l.csv", strings.NewReader(text), func(p Problem) { problems = append(problems, p.String()) })
	names = Left(list, time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC))
	slices.Sort(names)
	return names, problems, err
}

func TestLeavers(t *testing.T) {
	table := "email,left\nana@acme.example,2026-01-31\n"
	for text, want := range map[string]string{
		"jane@acme.example\n# no\n\n  @joe # has gone\n":                       "@joe jane@acme.example",
		"# all of them\n\njane@acme.example\njane.d\n":                         "jane.d jane@acme.example",
		"Jane Doe <jane@acme.example>\nJoe Müller\n":                           "Joe Müller jane@acme.example",
		"name,email,left\nJane,jane@acme.example,2026\nJoe,joe@acme.example\n": "jane@acme.example joe@acme.example",
		"\uFEFFleft;E-Mail\r\n2026-01-01;\"joe@acme.example\"\r\n":             "joe@acme.example",
		"login\tx\nj\n": "j",
		"\xff\xfe" + utf16Of(table, binary.LittleEndian):                                        "ana@acme.example",
		"\xfe\xff" + utf16Of(table, binary.BigEndian):                                           "ana@acme.example",
		utf16Of(table, binary.LittleEndian):                                                     "ana@acme.example",
		"sep=;\nemail;left\nana@acme.example;2026-01-31\n":                                      "ana@acme.example",
		"User principal name,Display name\nana@acme.example,Ana\n":                              "ana@acme.example",
		"Name,Work Email\nAna,ana@acme.example\n":                                               "ana@acme.example",
		"id,mailaddress,x\n7,ana@acme.example,1\n":                                              "ana@acme.example",
		"nr,kontakt?,x\n7,ana@acme.example,1\n":                                                 "ana@acme.example",
		"nr;wer;was\n7;@ana;1\n":                                                                "@ana",
		"Name,Email,GitHub login,Manager email\nAna,ana@acme.example,anab,boss@acme.example\n":  "ana@acme.example anab",
		"Name,Manager,Adresse\nAna,boss@acme.example,ana@acme.example\n":                        "ana@acme.example",
		"Ana Berg,ana@acme.example,2026-01-31\nBo,bo@acme.example,2026-12-31\n":                 "ana@acme.example",
		`[{"email":"ana@acme.example"},{"email":"bo@acme.example","left":"2027-01-01"}]`:        "ana@acme.example",
		`["ana@acme.example", "@bo"]`:                                                           "@bo ana@acme.example",
		`{"leavers": [{"profile": {"email": "ana@acme.example"}}]}`:                             "ana@acme.example",
		`{"leavers": ["ana@acme.example", "bo"]}`:                                               "ana@acme.example bo",
		"{\"mail\":\"ana@acme.example\"}\n{\"mail\":\"bo@acme.example\"}\n":                     "ana@acme.example bo@acme.example",
		"- ana@acme.example\n- bo\n":                                                            "ana@acme.example bo",
		"leavers:\n  - email: ana@acme.example\n    left: 2026-01-01\n":                         "ana@acme.example",
		"<l><p><email>ana@acme.example</email></p></l>":                                         "ana@acme.example",
		"| Email | Left |\n|---|---|\n| ana@acme.example | 2026-01-01 |\n":                      "ana@acme.example",
		"Name      Email\nAna       ana@acme.example\n":                                         "ana@acme.example",
		"email,proxyAddresses\nana@acme.example,SMTP:ana.b@acme.example;smtp:ab@acme.example\n": "ab@acme.example ana.b@acme.example ana@acme.example",
		// Not before the day, in any of the ways that it is written; what has no day has left.
		"email,left\na@x.example,2026-06-15\nb@x.example,2026-06-16\nc@x.example,\nd@x.example,9999-12-31\ne@x.example,never\n": "a@x.example c@x.example",
		"email,Last working day,Contract end\na@x.example,31.12.2026,2026-01-01\nb@x.example,12/31/2025,2027-01-01\n":           "b@x.example",
		"email,left\na@x.example,03/04/2026\nb@x.example,05/07/2026\n":                                                          "a@x.example",
		"email,left\na@x.example,yes\nb@x.example,no\n":                                                                         "a@x.example",
		"email,status\na@x.example,Active\nb@x.example,Terminated\nc@x.example,On leave\n":                                      "b@x.example c@x.example",
		"email,accountEnabled,termination reason\na@x.example,TRUE,\nb@x.example,FALSE,new job\n":                               "b@x.example",
		"login,email,left\njd,\"j.doe@x.example\",2026-01-01T00:00:00Z\n\"k\"\"d\",k@x.example,\n":                              "j.doe@x.example jd k@x.example",
		"'@ana\n":                       "@ana",
		"Mitarbeiter\nana@acme.example": "ana@acme.example",
	} {
		got, problems, err := leaversOf(text)
		if err != nil || strings.Join(got, " ") != want || len(problems) > 0 {
			t.Errorf("%q: %v, %v, %v, want %s", text, got, problems, err, want)
		}
	}
}

func TestLeaversOfNobody(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "it is empty",
		"\n \n":                            "it is empty",
		"# nobody\n":                       "it is empty",
		"email,left\n":                     "nobody in it",
		"a,b,c\n1,2,3\n":                   "no column",
		"[]":                               "it is empty",
		`{"a": 1}`:                         "nobody in it has",
		`[{"x": 1}]`:                       "nobody in it has",
		"email\nn/a\n-\n":                  "nobody in it has an address",
		"email,active\na@x.example,yes\n":  "nobody in it has left",
		"\x7fELF\x02\x01\x01\x00\x00\x00":  "no text",
		"\x89PNG\r\n\x1a\n\x01\x02\x03":    "no text",
		"PK\x03\x04....":                   "workbook",
		"{{{{{{":                           "JSON",
		"\x8b\x1f\x9c\xfe\x03\x04\xff\xe1": "no text",
	} {
		if got, _, err := leaversOf(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want %s", text, got, err, want)
		}
	}
}

// TestLeaversTellsRows: what cannot be read of a list is told, and the rest counts.
func TestLeaversTellsRows(t *testing.T) {
	got, problems, err := leaversOf("email,left\na@x.example,soon\n,2026-01-01\n\"b@x.example,\nc@x.example,\n")
	want := []string{"l.csv:2: the day soon", "l.csv:3: it names nobody", "l.csv:4: a quote"}
	if err != nil || strings.Join(got, " ") != "a@x.example c@x.example" || len(problems) != len(want) {
		t.Fatalf("%v, %q, %v", got, problems, err)
	}
	slices.Sort(problems)
	for i := range want {
		if !strings.HasPrefix(problems[i], want[i]) {
			t.Errorf("%q, want %q", problems[i], want[i])
		}
	}
	var many strings.Builder
	for i := range sampleRows + 10 {
		fmt.Fprintf(&many, "p%d@x.example\n", i)
	}
	if got, _, err := leaversOf(many.String()); err != nil || len(got) != sampleRows+10 {
		t.Errorf("%d, %v", len(got), err)
	}
}
