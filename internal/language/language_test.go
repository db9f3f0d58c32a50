package language

import (
	"strconv"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/rules"
)

// TestSurprise: words and the names of code look like language, what a machine has
// drawn does not.
func TestSurprise(t *testing.T) {
	if len(trigrams) != 27*27*27 {
		t.Fatalf("the table has %d bytes", len(trigrams))
	}
	for _, w := range strings.Fields("database connection username environment letter holiday correct horse battery staple rabbit getPassword newUserName hostnames keyring Passwort contrasena parola ENVIRONMENT MY_DATABASE_NAME kubernetes postgres localhost") {
		if bits, n := Surprise(w, 2); n == 0 || bits > 4.9 {
			t.Errorf("%s: %.1f bits", w, bits)
		}
	}
	few := 0
	for i := range 200 {
		w, err := rules.Expand("${letter:9}", string(rune('a'+i)), nil)
		if err != nil {
			t.Fatal(err)
		}
		if bits, _ := Surprise(w, 2); bits < 5.2 {
			few++
		}
	}
	if few > 10 {
		t.Errorf("%d of 200 texts by chance look like words", few)
	}
}

func TestNamed(t *testing.T) {
	for v, want := range map[string]bool{
		"defaultConfiguration": true, "fullDescriptionOfRule": true, "set_default_value_for": true, "some.package.ClassName": true,
		"default2Configuration": false, "qXkvRzTwLmpBnHgFdSaQ": false, "xqzvjkwpqhgfdmnbvcxz": false,
	} {
		if Named(v) != want {
			t.Errorf("%s: %v", v, !want)
		}
	}
}

// TestWord: only what is short and reads as words is a word among credentials.
func TestWord(t *testing.T) {
	for v, want := range map[string]bool{
		"outline": true, "postgres": true, "sunshine": true, "Passwort": true, "my-secret": false, "hkk_aaaaaa": false,
		"hunter2": false, "xkqzwvpt": false, "qwrtzpsdfghjklmn": false, "correcthorsebatterystaple": false, "pässword": false, "": false,
	} {
		if Word(v) != want {
			t.Errorf("%s: %v", v, !want)
		}
	}
}

// TestNumbered: names in code with numbers in them, and texts by chance that are none.
func TestNumbered(t *testing.T) {
	for v, want := range map[string]bool{
		"clientPrivateKeyPEM4096": true, "testRSA2048KeyWithPassphrase": true, "oauth2_client_credentials_v3": true, "AWS4SigningKeyOfTheRegion": true, "_sha256SumForArchives": true,
		"2faBackupCodesOfTheUser": false, "a1b2c3d4e5f6a7b8c9d0": false, "aB3dE5gH7jK9mN1pQ3sT5vW7": false, "qXkvRzTwLmpBnHgFdSaQ2": false, "key/with/path2": false, "": false,
	} {
		if Numbered(v) != want {
			t.Errorf("%s: %v", v, !want)
		}
	}
	for _, class := range []string{"alnum", "lower", "b32", "b64url", "upper"} {
		few := 0
		for i := range 4000 {
			w, err := rules.Expand("${"+class+":"+[]string{"20", "24", "32", "40"}[i%4]+"}", class+strconv.Itoa(i), nil)
			if err != nil {
				t.Fatal(err)
			}
			if Numbered(w) {
				few++
			}
		}
		t.Logf("%s: %d of 4,000", class, few)
		if few > 1 {
			t.Errorf("%d of 4,000 texts of %s by chance look like names", few, class)
		}
	}
}
