package detectors

import "testing"

func TestByPolicy(t *testing.T) {
	for v, want := range map[string]bool{
		"Kestrel@" + "123": true, "Osprey20" + "31!": true, "Heron#7": true, "Plover$2024": true, "Ibis9!": true,
		"kestrel@123": false, "KESTREL@123": false, "Kestrel": false, "Kestrel@": false, "Kestrel123": false,
		"Ab@1": false, "Kestrel@12345": false, "Kestrel@1a": false, "Kestrel.123": false, "": false, "Kestrel@@1": false,
	} {
		if byPolicy(v) != want {
			t.Errorf("byPolicy(%q) is %v", v, !want)
		}
	}
}
