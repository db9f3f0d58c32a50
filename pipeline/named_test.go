package pipeline

import "testing"

// TestNamedBeforeAMark finds credentials whose mark two providers have: the name in front says
// whose each is, also for a rule that has less confidence. Without one it is as it was.
func TestNamedBeforeAMark(t *testing.T) {
	set := everything(t)
	value := "sk_" + "test_" + "Rv8fY2kQ7LmZ" + "x4TnB6cHs1Wd" + "Pj3Gu9Ea"
	for text, want := range map[string]string{
		"clerk_secret = " + value:             "clerk",
		"CLERK_SECRET_KEY=" + value:           "clerk",
		"STRIPE_SECRET_KEY=" + value:          "stripe",
		"secret = " + value:                   "stripe",
		"clerk = 1\nstripe_secret = " + value: "stripe",
	} {
		fs := run(t, blobs("f: "+text+"\n"), set, nil).findings
		if len(fs) != 1 || fs[0].Rule.Provider != want {
			t.Errorf("%s: %d findings, want one of %s: %+v", text, len(fs), want, fs)
		}
	}
}
