package verify

import "testing"

// TestOfAServerThatSaysLittle: what ZeptoMail says of a wrong password it says of an
// account without credits too.
func TestOfAServerThatSaysLittle(t *testing.T) {
	for host, other := range map[string]bool{"smtp.zeptomail.com": true, "smtp.zeptomail.eu": true, "zeptomail.com.au": true, "mail.acme.example": false, "zeptomail.com.evil-example-of-a-long-name": false} {
		if got := smtpOther(host, "Authentication Failed."); (got != "") != other {
			t.Errorf("%s: %q", host, got)
		}
	}
}
