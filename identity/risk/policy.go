// Package risk says how bad it is that a credential leaked, which controls it is
// evidence for, and what to do about it, step by step. It computes: it asks
// nobody and reads no file.
package risk

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// Policy are the points of the risk score: table -> name -> points. Default has
// all of them; docs/identity.md explains them.
type Policy map[string]map[string]int

// The tables of a Policy.
const (
	Validity   = "validity"
	Privilege  = "privilege"
	ByType     = "privilege_by_type" // where nobody knows what it may do
	Exposure   = "exposure"
	Lifetime   = "lifetime"
	Governance = "governance"
	Reach      = "reach"
	Caps       = "caps"
	Bands      = "bands"
	Most       = "most" // that a factor adds
)

// factors are the tables that add points, in the order of reports.
var factors = []string{Validity, Privilege, Exposure, Lifetime, Governance, Reach}

// Default returns the points that count if nobody says otherwise.
func Default() Policy {
	return Policy{
		Validity: {
			"live": 25, "restricted": 18, "unverifiable": 14, "unknown": 12, "skipped": 12, "unchecked": 12, "dead": 0, "expired": 0, "canary": 0,
			"checksum": 3, // passed, where nobody was asked
		},
		Privilege: {"admin": 25, "secrets": 22, "service": 20, "publish": 20, "write": 18, "read": 10, "send": 5, "none": 3},
		ByType: {
			"service_account": 15, "service_principal": 15, "managed_identity": 15, "workload_identity": 15, "human_account": 14, "ci_identity": 14,
			"registry_robot": 14, "signing_key": 14, "encryption_key": 14, "ssh_key": 14, "deploy_key": 12, "database_user": 12, "certificate": 12,
			"oauth_app": 12, "oauth_token": 12, "ai_agent": 12, "rpa_bot": 12, "bot": 10, "api_key": 10, "device": 8, "webhook": 5, "unknown": 12,
		},
		Exposure:   {"public": 20, "internal": 12, "log": 10, "image": 10, "private": 8, "unknown": 8, "at_head": 3, "unreachable": -2},
		Lifetime:   {"no_expiry": 6, "over_1_year": 4, "over_90_days": 2, "ends_in_30_days": -2},
		Governance: {"no_owner": 4, "shadow": 3, "orphaned": 6, "retired": 6, "undeclared": 1},
		Reach:      {"repositories_2": 3, "repositories_5": 5, "prod_elsewhere": 4, "human_in_software": 3},
		Caps:       {"dead": 15, "expired": 10, "canary": 5, "test_environment": 40, "test_file": 35},
		Bands:      {"critical": 90, "high": 70, "medium": 40, "low": 15},
		Most:       {Validity: 25, Privilege: 25, Exposure: 20, Lifetime: 10, Governance: 10, Reach: 10},
	}
}

// With returns p with the points of o in the place of its own. It refuses names
// that p does not have, and points beyond 100.
func (p Policy) With(o map[string]map[string]int) (Policy, error) {
	out := Policy{}
	for table, points := range p {
		out[table] = maps.Clone(points)
	}
	for _, table := range slices.Sorted(maps.Keys(o)) {
		if out[table] == nil {
			return nil, fmt.Errorf("risk: there is no table %q: there are %s", table, strings.Join(slices.Sorted(maps.Keys(p)), ", "))
		}
		for _, name := range slices.Sorted(maps.Keys(o[table])) {
			n := o[table][name]
			if _, ok := out[table][name]; !ok {
				return nil, fmt.Errorf("risk.%s: there is no %q: there are %s", table, name, strings.Join(slices.Sorted(maps.Keys(p[table])), ", "))
			}
			if least := signed(table, name); n < least || n > 100 {
				return nil, fmt.Errorf("risk.%s.%s: %d: must be from %d to 100", table, name, n, least)
			}
			out[table][name] = n
		}
	}
	if b := out[Bands]; !(b["critical"] >= b["high"] && b["high"] >= b["medium"] && b["medium"] >= b["low"]) {
		return nil, fmt.Errorf("risk.bands: critical, high, medium and low must not rise in this order")
	}
	return out, nil
}

// signed is the least that a name may have: what makes a leak less bad may be
// negative.
func signed(table, name string) int {
	if table == Exposure && name == "unreachable" || table == Lifetime && name == "ends_in_30_days" {
		return -100
	}
	return 0
}

// band is the word for a score.
func (p Policy) band(score int) string {
	for _, name := range []string{"critical", "high", "medium", "low"} {
		if score >= p[Bands][name] {
			return name
		}
	}
	return "info"
}

// factor makes one of points that were given for reasons, within its bounds.
func (p Policy) factor(name string, points int, why []string) leak.RiskFactor {
	most := p[Most][name]
	return leak.RiskFactor{Name: name, Points: min(max(points, 0), most), Max: most, Why: strings.Join(why, "; ")}
}
