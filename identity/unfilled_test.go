package identity

import (
	"testing"

	"github.com/whosekey/whosekey/leak"
)

func TestUnfilled(t *testing.T) {
	for _, name := range []string{"{{ .Values.team }}", "{{ .Values.owner | quote }}", "${{ values.owner }}", "${TEAM}", "${TEAM:-x}", "$TEAM", "$(TEAM)", "<owner>", "@<your-team>", "<%= team %>",
		"%TEAM%", "__OWNER__", "@OWNER@", "[[team]]", "[owner]", "pay-${var.team}", "unknown", "Unknown", "none", "N/A", "n/a", "TBD", "todo", "example", "group:unknown", "group:default/none",
		"@your-org/your-team", "nobody", "-", "?", "", "  ", "'none'", "your team", "x-{{team}}"} {
		if !Unfilled(name) {
			t.Errorf("%q is somebody", name)
		}
	}
	for _, name := range []string{"payments", "@acme/payments", "team-none", "Ann Unknown", "robot$ci", "Ann <ann@acme.example>", "dependabot[bot]", "group:default/pay", "ops@acme.example", "@@Pay", "a_b__c",
		"CORP\\svc", "100% Team", "nadia", "@tbd-team", "everyone", "100%", "R&D", "a<b"} {
		if Unfilled(name) {
			t.Errorf("%q is nobody", name)
		}
	}
}

// TestNobodyOwns: what a template has not filled in is no owner and no name, whoever says so.
func TestNobodyOwns(t *testing.T) {
	a := filled(Answer{
		Owners: []leak.Owner{{Name: "${TEAM}", Source: OwnerIaC}, {Name: "unknown", Source: OwnerInventory}, {Name: "pay", Source: OwnerCatalog}},
		Evidence: []leak.Evidence{{Claim: leak.ClaimName, Value: "{{ .Release.Name }}-sa", Weight: 0.9}, {Claim: leak.ClaimTenant, Value: "<tenant>", Weight: 0.9},
			{Claim: leak.ClaimName, Value: "unknown", Weight: 0.9}, {Claim: leak.ClaimNote, Value: "${x}", Weight: 0.9}},
	})
	if len(a.Owners) != 1 || a.Owners[0].Name != "pay" || len(a.Evidence) != 2 {
		t.Errorf("%+v", a)
	}
}
