package detectors

import "testing"

// TestDocumentedPasswords: words that say that they are a password are none, in any order and
// whatever stands between them; real ones that have such a word in them stay.
func TestDocumentedPasswords(t *testing.T) {
	for password, want := range map[string]bool{
		"cachepass": true, "badpass": true, "proxpass": true, "passwd-on-proxy": true, "supersecret": true, "super-secret1": true, "SuperSecret!": true,
		"pass%40host": true, "passw@rd": true, "password!with%40%2B%20symbols": true, "testpwd": true, "insecure": true, "fake": true, "my_db_password_2": true,
		"pass": true, "pa$$word": true, "p%40ss:word!%23$": true, "pa%24%24word": true, "asdfqwer1234asdf": true, "customPass": true, "asdf7jKqz": false, "Pass-word": false, "passTiger": false, "tigerpass": false, "x9k2m4p7": false, "root": false, "postgres": false, "": false, "1234": false,
		"secretX7q": false, "pass%zz": false,
		"%4d^%70": true, "%4D^p": true, "one+two%3F": true, "one%20two": true, "aB3+x9%3F": false, "kite+wolf+seven": false, "%4d^%70q": false, "corr+horse": false,
	} {
		if got := documented(password); got != want {
			t.Errorf("documented(%q) = %v", password, got)
		}
	}
}
