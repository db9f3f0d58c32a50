package leak_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
)

const value, other = "hunter2-hunter2", "hunter3-hunter3"

type outer struct {
	Open   leak.Secret
	Ptr    *leak.Secret
	hidden leak.Secret
	deep   *struct{ s []leak.Secret }
	any    any
	parts  leak.Parts
}

func makeOuter(v string) outer {
	s := leak.NewSecret(v)
	return outer{s, &s, s, &struct{ s []leak.Secret }{[]leak.Secret{s}}, s, leak.Parts{leak.SecretPart: s}}
}

// shapes are a secret and all that it can be in.
func shapes(v string) []any {
	s, o := leak.NewSecret(v), makeOuter(v)
	ps := &s
	f := leak.Finding{ID: "f", Parts: leak.Parts{leak.SecretPart: s}}
	m := leak.Match{Hit: &leak.Hit{Rule: "r", Parts: f.Parts}}
	return []any{
		s, &s, &ps, o, &o, []leak.Secret{s}, [1]leak.Secret{s}, []*leak.Secret{&s}, []any{s}, f, &f, m, &m, f.Parts,
		map[string]leak.Secret{"k": s}, map[string]any{"k": []any{o}}, struct{ s leak.Secret }{s}, struct{ s any }{o},
	}
}

// refuse fails t if out holds a secret, or what some printer would make of one.
func refuse(t *testing.T, how, out string) {
	t.Helper()
	for _, v := range []string{value, other} {
		for _, shown := range []string{
			v, fmt.Sprintf("%x", v), fmt.Sprintf("%X", v), fmt.Sprintf("% x", v), strings.Trim(fmt.Sprint([]byte(v)), "[]"),
			base64.StdEncoding.EncodeToString([]byte(v)), v[:8], strings.ReplaceAll(fmt.Sprintf("%q", []rune(v)), "'", ""),
		} {
			if strings.Contains(out, shown) {
				t.Errorf("%s shows %q:\n%s", how, shown, out)
			}
		}
	}
}

// TestSecretDoesNotEscape prints a secret in every way we could think of.
func TestSecretDoesNotEscape(t *testing.T) {
	for i, v := range shapes(value) {
		for _, verb := range strings.Fields("%v %+v %#v %s %+s %q %+q %#q %x %X %#x %d %o %b %c %U %t %e %g %p %T %w %!") {
			refuse(t, fmt.Sprintf("%s of shape %d", verb, i), fmt.Sprintf(verb, v))
			refuse(t, fmt.Sprintf("%s of shape %d, wide", verb, i), fmt.Sprintf(strings.Replace(verb, "%", "%80.60", 1), v))
		}
		refuse(t, fmt.Sprintf("Sprint of shape %d", i), fmt.Sprint(v)+fmt.Sprintln(v)+string(fmt.Append(nil, v)))
		refuse(t, fmt.Sprintf("error with shape %d", i), fmt.Errorf("bad %v: %w", v, errors.New(fmt.Sprint(v))).Error())
		refuse(t, fmt.Sprintf("panic with shape %d", i), panicText(v))
	}
}

func panicText(v any) (text string) {
	defer func() {
		r := recover()
		text = fmt.Sprint(r) + fmt.Sprintf("%+v %#v", r, r)
	}()
	panic(v)
}

func TestSecretIsNotEncoded(t *testing.T) {
	for i, v := range shapes(value) {
		var out bytes.Buffer
		for how, encode := range map[string]func() error{
			"json":        func() error { return json.NewEncoder(&out).Encode(v) },
			"json indent": func() error { b, err := json.MarshalIndent(v, "", " "); out.Write(b); return err },
			"xml":         func() error { return xml.NewEncoder(&out).Encode(v) },
			"toml":        func() error { return toml.NewEncoder(&out).Encode(map[string]any{"k": v}) },
			"gob":         func() error { return gob.NewEncoder(&out).Encode(v) },
		} {
			out.Reset()
			err := encode() // some cannot encode some shapes, which is as well
			refuse(t, fmt.Sprintf("%s of shape %d", how, i), out.String()+fmt.Sprint(err))
		}
	}
	b, err := json.Marshal(leak.NewSecret(value))
	if want := `"[secret 15 bytes]"`; err != nil || string(b) != want {
		t.Errorf("as JSON %s, %v, want %s", b, err, want)
	}
}

func TestSecretIsNotLogged(t *testing.T) {
	for i, v := range shapes(value) {
		var out bytes.Buffer
		opts := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
		for _, h := range []slog.Handler{slog.NewTextHandler(&out, opts), slog.NewJSONHandler(&out, opts)} {
			slog.New(h).With("with", v).WithGroup("g").Debug("m", "v", v, slog.Any("any", v), slog.Group("in", "v", v))
		}
		refuse(t, fmt.Sprintf("slog of shape %d", i), out.String())
	}
}

func anyType(reflect.Type) bool { return true }

// TestSecretIsNotDiffed: go-cmp prints what tells two values apart, and takes
// their fields for it where their String is the same.
func TestSecretIsNotDiffed(t *testing.T) {
	a, b := shapes(value), shapes(other)
	for i := range a {
		for _, opts := range [][]cmp.Option{{cmp.AllowUnexported(outer{})}, {cmp.Exporter(anyType)}} {
			func() {
				defer func() { recover() }() // fields that cannot be compared
				refuse(t, fmt.Sprintf("cmp.Diff of shape %d", i), cmp.Diff(a[i], b[i], opts...))
			}()
		}
	}
	if cmp.Diff(a[0], b[0]) == "" || cmp.Diff(a[0], shapes(value)[0]) != "" {
		t.Error("cmp.Diff does not tell secrets apart")
	}
}

func TestSecret(t *testing.T) {
	var none leak.Secret
	s := leak.NewSecret(value)
	if none.Reveal() != "" || none.Len() != 0 || none.String() != "[secret 0 bytes]" || !none.Equal(leak.NewSecret("")) {
		t.Errorf("the zero Secret is %q", none.Reveal())
	}
	if s.Reveal() != value || s.Len() != len(value) || s.Equal(none) || !s.Equal(leak.NewSecret(value)) {
		t.Errorf("a Secret of %q reveals %q", value, s.Reveal())
	}
	id := s.Fingerprint([]byte("salt"), "rule")
	if len(id) != 32 || id != leak.NewSecret(value).Fingerprint([]byte("salt"), "rule") {
		t.Errorf("the fingerprint %q is not stable", id)
	}
	for _, differs := range []string{
		s.Fingerprint([]byte("salt2"), "rule"), s.Fingerprint([]byte("salt"), "rule2"), leak.NewSecret(other).Fingerprint([]byte("salt"), "rule"),
		leak.NewSecret("e\x00"+value).Fingerprint([]byte("salt"), "rul"), s.Fingerprint(nil, "rule"),
	} {
		if differs == id {
			t.Error("different fingerprints are the same")
		}
	}
	refuse(t, "Fingerprint", id)
}

func TestConfidence(t *testing.T) {
	order := []leak.Confidence{"", leak.Low, leak.Medium, leak.High}
	for i, a := range order {
		for j, b := range order {
			if got, want := a.AtLeast(b), i >= j; got != want {
				t.Errorf("%q.AtLeast(%q) = %v, want %v", a, b, got, want)
			}
		}
	}
}

func TestSpan(t *testing.T) {
	a := leak.Span{Start: 10, End: 20}
	for _, tt := range []struct {
		b                  leak.Span
		overlaps, contains bool
	}{
		{leak.Span{Start: 10, End: 20}, true, true}, {leak.Span{Start: 11, End: 19}, true, true}, {leak.Span{Start: 9, End: 11}, true, false},
		{leak.Span{Start: 19, End: 21}, true, false}, {leak.Span{Start: 20, End: 30}, false, false}, {leak.Span{Start: 0, End: 10}, false, false},
	} {
		if a.Overlaps(tt.b) != tt.overlaps || tt.b.Overlaps(a) != tt.overlaps || a.Contains(tt.b) != tt.contains {
			t.Errorf("%v and %v: Overlaps %v, Contains %v", a, tt.b, a.Overlaps(tt.b), a.Contains(tt.b))
		}
	}
}
