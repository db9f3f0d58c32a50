package archive

import (
	"bytes"
	"strings"
	"testing"
)

// namesQuoted says what a search of the text in small letters does.
func TestNamesQuoted(t *testing.T) {
	for _, text := range []string{
		"", "-", "quoted-printable", "Quoted-Printable", "=?QUOTED-PRINTABLE", "uoted-printable", "quoted-printabl", "quoted-printabl-quoted-printable",
		strings.Repeat("-", 40), "--quoted-quoted-printable--", "Content-Transfer-Encoding: base64\n\nAAAA", "Content-Transfer-Encoding: qUOTED-pRINTABLE\r\n",
		"quoted\u2010printable", "quoted-prin\u0130table",
	} {
		want := bytes.Contains(bytes.ToLower([]byte(text)), []byte("quoted-printable"))
		if got := namesQuoted([]byte(text)); got != want {
			t.Errorf("namesQuoted(%q) = %v, want %v", text, got, want)
		}
	}
}
