package detectors

import "testing"

func TestByPolicy(t *testing.T) {
	for v, want := range map[string]bool{
		"Kestrel@" + "123": true, "Osprey20" + "31!": true, "Heron#7": true, "Plover$2024": true, "Ibis9!": true,
		"QT@20" + "31#Plover": true, "godwit@1234" + "56": true, "dunlin7!": true, "KNOT#2024": true,
		"Kestrel*07" + "92": true, "Zephyr%x" + "119": true, "Ibis^7" + "Q": true, "Heron?" + "2024": true,
		"kestrel*1024": false, "WIDTH*1024": false, "Kestrel%20a1": false, "a*b*C1d": false,
		"Kestrel": false, "Kestrel@": false, "Kestrel123": false, "Ab@1": false, "@Kestrel1": false, "$kestrel1": false,
		"Kestrel.123": false, "": false, "kestrel$1": false, "a$b$1c": false, "Kestrel@acme.io1": false, "K@1!#$!@1abc": false,
	} {
		if byPolicy(v) != want {
			t.Errorf("byPolicy(%q) is %v", v, !want)
		}
	}
}
