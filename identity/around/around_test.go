package around

import (
	"strings"
	"testing"
)

// secret stands for the credential in the texts of tests.
const secret = "S3CR3T"

func read(text string) *Text {
	at := strings.Index(text, secret)
	return Read([]byte(text), at, at+len(secret), 1)
}

func TestWeight(t *testing.T) {
	for text, want := range map[string]float64{
		"a: FIELD\nb: " + secret:                                        InBlock,
		"a: FIELD\n\nb: " + secret:                                      Near,
		"{\"a\": \"FIELD\",\n\n \"b\": \"" + secret + "\"}":             InBlock,
		"{\"a\": \"FIELD\", \"c\": {\"b\": \"" + secret + "\"}}":        Near,
		"{\"c\": {\"a\": \"FIELD\"}, \"b\": \"" + secret + "\"}":        InFile,
		"{\"c\": [{\"a\": \"FIELD\"}], \"b\": \"" + secret + "\"}":      0,
		"{\"c\": {\"a\": \"FIELD\"}, \"d\":{\"b\":\"" + secret:          0,
		"a: FIELD\n---\nb: " + secret:                                   0,
		"# license\n---\na: FIELD\nb: " + secret:                        InBlock,
		"[x]\na = FIELD\n[y]\nb = " + secret:                            0,
		"[x]\na = FIELD\n[x.y]\nb = " + secret:                          Near,
		"a = FIELD\n[x]\nb = " + secret:                                 Near,
		"PW={abc\na=FIELD\nb=" + secret:                                 InBlock,
		"PW=ab}c\na=FIELD\nb=" + secret:                                 InBlock,
		"a=FIELD\nPW=x[1\nQ=y)\nb=" + secret:                            InBlock,
		"},{\"a\":\"FIELD\",\"b\":\"" + secret:                          InBlock,
		"\"a\":\"FIELD\"},{\"c\":1,\"b\":\"" + secret:                   0,
		"spec:\n{{- if .Values.x }}\n  a: FIELD\n  b: " + secret:        InBlock,
		"  a: FIELD\n{{- if .Values.x }}\n  b: " + secret:               InBlock,
		"az login \\\n  --name FIELD \\\n  --password " + secret + "\n": InBlock,
		"<s>\n <a>FIELD</a>\n <b>" + secret + "</b>\n</s>":              InBlock,
		"<s><a>FIELD</a></s><s><b>" + secret + "</b></s>":               0,
		"call(\n  a=\"FIELD\",\n  b=\"" + secret + "\")":                InBlock,
		"a: FIELD\nlist:\n- x: 1\n- b: " + secret:                       Near,
		"- x: 1\n  a: FIELD\n-\n  b: " + secret:                         0,
		"# a: FIELD\nb: " + secret:                                      Others,
	} {
		s := read(text)
		got := -1.0
		for i := range s.Fields {
			if s.Fields[i].Value == "FIELD" {
				got = s.Weight(&s.Fields[i])
			}
		}
		if got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestWorth: a value near the place counts by the field that it is in, and not at all
// in a record beside.
func TestWorth(t *testing.T) {
	for text, want := range map[string]struct {
		weight float64
		ok     bool
	}{
		"a: VALUE\nb: " + secret:                           {InBlock, true},
		"a: https://VALUE/x\nb: " + secret:                 {InBlock, true},
		"[{\"a\":\"VALUE\"},{\"b\":\"" + secret + "\"}]":   {0, true},
		"[{\"a\":[\"VALUE\"]},{\"b\":\"" + secret + "\"}]": {0, true},
		"see VALUE\nb: " + secret:                          {0, false},
		"b: " + secret:                                     {0, false},
		"id,secret\nVALUE,x\ny," + secret + "\n":           {0, true},
		"id,secret\nVALUE," + secret + "\n":                {InBlock, true},
	} {
		if weight, ok := read(text).Worth("VALUE"); weight != want.weight || ok != want.ok {
			t.Errorf("%q: %v %v, want %v", text, weight, ok, want)
		}
	}
}

// TestLongLine: of a line of any length, what is around the credential is read.
func TestLongLine(t *testing.T) {
	fill := strings.Repeat(`{"a":"b","c":"d"},`, 4000)
	s := read("[" + fill + `{"tenant":"FIELD","key":"` + secret + `"},` + fill + "{}]")
	if s.Own.Name != "key" {
		t.Fatalf("the name is %q", s.Own.Name)
	}
	if weight, ok := s.Worth("FIELD"); weight != InBlock || !ok {
		t.Errorf("%v %v", weight, ok)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("a:\n  - name: x\n    value: y\n  key: |\n  z --user b"), 10)
	f.Add([]byte("<a>b</a>\n[x]\nk=v}\n---\n- - a: [{]}"), 8)
	f.Add([]byte("a,b\n1,2\n"), 5)
	f.Add([]byte("tls: true\n}\nz: b\n  tls: true\n  password: c"), 39)
	f.Fuzz(func(t *testing.T, text []byte, at int) {
		at = max(0, min(at, len(text)))
		// What is read begins within a long text, too.
		before := strings.Repeat("a line of some words\n", 2000)
		if s := Read(append([]byte(before), text...), len(before)+at, len(before)+min(len(text), at+5), 1); true {
			for i := range s.Fields {
				s.Weight(&s.Fields[i])
				s.Blocks(&s.Fields[i])
			}
			s.Family()
		}
		s := Read(text, at, min(len(text), at+5), 1)
		for i := range s.Fields {
			s.Weight(&s.Fields[i])
			s.Blocks(&s.Fields[i])
		}
		s.Family()
		s.Worth("y")
		if s.tree == nil {
			return
		}
		last := -1
		for i, from := range s.tree.from {
			if from <= last || s.tree.in[i] >= len(s.tree.records) {
				t.Fatalf("record %d begins at %d behind %d", s.tree.in[i], from, last)
			}
			last = from
		}
	})
}

// TestAbove: what encloses a place has a name, in however many lines it stands.
func TestAbove(t *testing.T) {
	for text, want := range map[string]string{
		`{"payments":{"aws":{"access_key":"` + secret + `"}}}`:                                           "aws payments",
		`{"a":{"x":"{"},"payments": {"list":[{"n":1},{"access_key":"` + secret + `"}]}}`:                 "list payments",
		`{"billing":{"aws":{"k":"x"}},"payments":{"aws":{"id":"y","k":"` + secret + `"}},"z":{"k":"q"}}`: "aws payments",
		"{\r\n  \"payments\": {\r\n    \"aws\": {\"k\": \"" + secret + "\"}\r\n  }\r\n}\r\n":             "aws payments",
		"{\n  \"payments\": {\n    \"aws\": {\n      \"k\": \"" + secret + "\"\n    }\n  }\n}\n":         "aws payments",
		"{\n\"payments\": {\n\"aws\": {\n\"k\": \"" + secret + "\"\n}\n}\n}\n":                           "aws payments",
		"\"payments\":\n{\n  \"k\": \"" + secret + "\"\n}\n":                                             "payments",
		"payments:\n  aws: {id: x, k: " + secret + "}\n":                                                 "aws payments",
		"var c={payments:{aws:{id:\"x\",k:\"" + secret + "\"}}};":                                        "aws payments c",
		"payments = { aws = { id = \"x\", k = \"" + secret + "\" } }\n":                                  "aws payments",
		"[payments]\naws = { id = \"x\", k = \"" + secret + "\" }\n":                                     "aws payments",
		"[\n  'payments' => ['aws' => ['k' => '" + secret + "']],\n]":                                    "aws payments",
		"{\"auths\":{\"https://hub.acme.example/v1/\":{\"auth\":\"" + secret + "\"}}}":                   "https://hub.acme.example/v1/ auths",
		"resource \"aws_x\" \"payments\" {\n  settings {\n    k = \"" + secret + "\"\n  }\n}\n":          "settings payments",
		"payments:\n  aws:\n    k: " + secret + "\n":                                                     "aws payments",
		"[profile payments]\nk = " + secret + "\n":                                                       "profile payments",
	} {
		if got := strings.Join(read(text).Key.Above, " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestHeld: an object that is the text of a variable is called as that.
func TestHeld(t *testing.T) {
	for text, want := range map[string]string{
		`GCP_SA_KEY='{"type": "x", "private_key": "` + secret + `"}'`:                    "GCP_SA_KEY",
		`export GCP_SA_KEY='{"type": "x", "private_key": "` + secret + `"}'`:             "GCP_SA_KEY",
		`GCP_SA_KEY={"type": "x", "private_key": "` + secret + `"}`:                      "GCP_SA_KEY",
		`GCP_SA_KEY="{  \"type\": \"x\", \"private_key\": \"` + secret + `\"}"`:          "GCP_SA_KEY",
		"GCP_SA_KEY='{\n  \"type\": \"x\",\n  \"private_key\": \"" + secret + "\"\n}'\n": "GCP_SA_KEY",
		"  gcp_key: '{\"type\": \"x\", \"private_key\": \"" + secret + "\"}'\n":          "gcp_key",
		`{"gcp": {"private_key": "` + secret + `"}}`:                                     "",
		`config={"private_key": "` + secret + `"}`:                                       "",
		`GCP_SA_KEY=x; {"private_key": "` + secret + `"}`:                                "",
	} {
		if got := read(text).Key.Held; got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
