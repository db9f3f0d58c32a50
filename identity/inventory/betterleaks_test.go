package inventory

import "testing"

// TestSheetsKeepRisks: a review sheet shows our risk; the inventory keeps its own.
func TestSheetsKeepRisks(t *testing.T) {
	inv := load(t, Options{},
		`[{"id":"nhi:acme:bot:-/x","identity_type":"bot","name":"x","provider":"acme","owner":"team-x","risk_score":55}]`,
		"owner,id,name,identity type,provider,risk score,why you,decision,reviewer,reviewed\nteam-x,nhi:acme:bot:-/x,x,bot,acme,91,it is yours,keep,jane,2026-11-01\n")
	all := entries(t, inv)
	if len(all) != 1 || all[0].Review == nil || all[0].RiskScore == nil || *all[0].RiskScore != 55 {
		t.Errorf("%d entries, %+v", len(all), all[0])
	}
}
