package leak

// Allowance is a comment beside a credential which says that it is no leak.
type Allowance struct {
	By     string // how it begins: "whosekey:allow", "gitleaks:allow"
	Rule   string // for credentials of this rule only; empty for all
	Reason string
	Until  string // the last day on which it counts, such as 2027-01-31; empty for ever
}

// Ignored says that places of a credential were left out of a report, and who
// wanted that.
type Ignored struct {
	ID, Rule string
	By       string // one of the constants below, or how a comment begins
	Reason   string
	Owner    string
	Until    string // the last day; empty for ever
	// Places is how many were left out; Path and Line are the first of them.
	Places int
	Path   string
	Line   int
	// Whole says that no place was left: the credential is not in the report.
	Whole bool
}

// What a finding is left out by, unless it is a comment beside it.
const (
	ByBaseline   = "baseline"
	BySettings   = "settings"       // their allow lists
	ByConfidence = "min-confidence" // the flag, or the key in the settings
)
