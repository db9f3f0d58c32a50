package awskey

import "testing"

func TestAccount(t *testing.T) {
	for id, want := range map[string]string{ // published ids; the second is a canary in trufflehog's tests
		"ASI" + "AQNZGKIQY56JQ7WML": "029608264753", "AKI" + "AYVP4CIPPERUVIFXG": "595918472158", "ASI" + "AY34FZKBOKMUTVV7A": "609629065308", "AKI" + "AAYLPMN5HAAAAAAAA": "052310077262",
		"AKIAIOSFODNN7EXAMPLE": "", "AKI" + "AJOSFODNN7AAAAAAA": "", "": "", "AKIA": "", "AKI" + "AQNZGKIQY56JQ7WM1": "", "akiaqnzgkiqy56jq7wml": "", "ARO" + "AQNZGKIQY56JQ7WML": "", "AKI" + "AQNZGKIQY56JQ7WMLL": "",
		"AKI" + "A7WKM5TINQ7X2KILK": "", // of 13 digits
		// What base32 lets pass: an end of line, and padding.
		"AKI" + "AQNZGKIQY56JQ7W\r\n": "", "AKI" + "AQNZGKIQY\n56JQ7WML": "", "AKI" + "AQNZGKIQY56======": "", "AKI" + "AQNZGKIQY56JQ7WM=": "",
	} {
		if got, ok := Account(id); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v, want %q", id, got, ok, want)
		}
	}
}

func TestCanary(t *testing.T) {
	if len(canaries()) != 29 {
		t.Errorf("%d accounts", len(canaries()))
	}
	if got := Canary("595918472158"); got != "canarytokens.org" {
		t.Errorf("got %q", got)
	}
	if got := Canary("029608264753"); got != "" {
		t.Errorf("got %q", got)
	}
}
