package report

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// disguises returns a secret as somebody might write it without meaning to.
func disguises(secret string) []string {
	std := base64.StdEncoding.EncodeToString([]byte(secret))
	list := []string{
		secret, std, base64.URLEncoding.EncodeToString([]byte(secret)),
		hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
		url.PathEscape(secret), url.QueryEscape(secret), text(secret), visible(secret),
		strings.Trim(strconv.QuoteToASCII(secret), `"`),
	}
	// Without the ends, which depend on what is next to the secret.
	for skip := range 3 {
		s := base64.StdEncoding.EncodeToString([]byte(secret[skip:]))
		list = append(list, s[4:len(s)-8])
	}
	return list
}

func TestNoSecretIsShown(t *testing.T) {
	for _, format := range Formats() {
		for _, opts := range []Options{{}, {Verbose: true, Color: true}, {Width: 40}} {
			out := string(written(t, format, opts))
			for _, secret := range []string{planted, plantedID, plantedRw} {
				for _, s := range disguises(secret) {
					if strings.Contains(out, s) {
						t.Errorf("%s with %+v shows %q", format, opts, s)
					}
				}
			}
		}
	}
}

// public are the formats that never hold a secret, whatever is asked for.
var public = []string{"junit", "gitlab", "gitlab-codequality", "markdown", "github", "azure", "bitbucket", "html"}

func TestSecretsAreShownOnRequest(t *testing.T) {
	for _, format := range Formats() {
		out := string(written(t, format, Options{ShowSecrets: true}))
		if slices.Contains(public, format) {
			if strings.Contains(out, planted) || strings.Contains(out, plantedID) {
				t.Errorf("%s with ShowSecrets shows a secret: others read it", format)
			}
			continue
		}
		if !strings.Contains(out, planted) {
			t.Errorf("%s with ShowSecrets does not show the secret", format)
		}
		// SARIF and CSV have the credential itself only.
		rows := format == "sarif" || format == "csv"
		if strings.Contains(out, plantedID) == rows {
			t.Errorf("%s with ShowSecrets: the other part is shown: %v", format, rows)
		}
		// The URLs of the run have it too, and are never shown with it.
		want := 1
		if rows {
			want = len(sampleFindings()[0].Locations)
		}
		if n := strings.Count(out, planted); n != want {
			t.Errorf("%s with ShowSecrets shows the secret %d times, want %d", format, n, want)
		}
	}
}

func TestNoAddressIsShown(t *testing.T) {
	for _, format := range Formats() {
		out := string(written(t, format, Options{Verbose: true}))
		if strings.Contains(out, "jane@") || strings.Contains(out, "acme.example>") {
			t.Errorf("%s shows an e-mail address", format)
		}
		if strings.Contains(out, "Jane") && (format == "sarif" || slices.Contains(public, format)) {
			t.Errorf("%s shows an author", format)
		}
	}
}

// TestAddressesAreShownOnRequest: those of providers, not those of authors.
func TestAddressesAreShownOnRequest(t *testing.T) {
	for _, format := range Formats()[:4] { // the others have no room for what providers say
		out := string(written(t, format, Options{Verbose: true, People: record.Emails}))
		if !strings.Contains(out, "jane@acme.example") || strings.Contains(out, "Doe <jane@") {
			t.Errorf("%s with addresses: the provider's address is shown: %v", format, strings.Contains(out, "jane@acme.example"))
		}
	}
}

func TestCleanAuthor(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "",
		"Jane Doe":                     "Jane Doe",
		"Jane  Doe":                    "Jane  Doe",
		"Jane Doe <jane@acme.example>": "Jane Doe",
		"jane@acme.example":            "",
		"<jane@acme.example>":          "",
		"jane@acme.example (Jane)":     "(Jane)",
		"mailto:jane@acme.example Jo":  "Jo",
		"Jane<jane@localhost>Doe":      "",
		"@jane":                        "@jane",
		"Jane @ Acme":                  "Jane @ Acme",
		"jane\tj@x\nDoe":               "jane Doe",
	} {
		if got := cleanAuthor(in); got != want {
			t.Errorf("cleanAuthor(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCleanURL(t *testing.T) {
	for in, want := range map[string]string{
		".":                               ".",
		"/src/a b":                        "/src/a b",
		"user@host":                       "user@host",
		"git@git.example:acme/app.git":    "git@git.example:acme/app.git",
		"o:pw@git.example:acme/app.git":   "o@git.example:acme/app.git",
		"dir:x/a@b":                       "dir:x/a@b",
		"https://u:p@git.example/a?t=1#x": "https://git.example/a",
		"https://tok@git.example/a":       "https://git.example/a",
		"https://u:p%zz@git.example/a":    "https://",
		"ssh://git@git.example:22/a":      "ssh://git.example:22/a",
	} {
		if got := cleanURL(in); got != want {
			t.Errorf("cleanURL(%q) = %q, want %q", in, got, want)
		}
	}
}

// An output is the same whenever and however often it is made.
func TestOutputIsStable(t *testing.T) {
	for _, format := range Formats() {
		first := written(t, format, Options{ShowSecrets: true})
		for range 20 {
			if !bytes.Equal(first, written(t, format, Options{ShowSecrets: true})) {
				t.Fatalf("%s: two runs differ", format)
			}
		}
	}
	one, two := sampleSummary(), sampleSummary()
	two.Took *= 7
	for _, format := range Formats()[1:] {
		var a, b bytes.Buffer
		for s, w := range map[*Summary]*bytes.Buffer{&one: &a, &two: &b} {
			h, _ := New(format, w, Options{})
			h.Start(sampleRun())
			h.Finish(*s)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s depends on how long the run took", format)
		}
	}
}

func TestNew(t *testing.T) {
	_, err := New("xml", nil, Options{})
	if err == nil || err.Error() != `unknown format "xml": there are `+strings.Join(Formats(), ", ") {
		t.Errorf("New of an unknown format: %v", err)
	}
}

// A handler must pass on that the disk is full.
func TestWriteErrors(t *testing.T) {
	for _, format := range Formats() {
		h, err := New(format, fullDisk{}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = h.Start(Run{})
		if err == nil {
			err = h.Finding(&leak.Finding{Confidence: leak.High})
		}
		if err == nil {
			err = h.Finish(Summary{})
		}
		if err != errFull {
			t.Errorf("%s: error %v, want %v", format, err, errFull)
		}
	}
}
