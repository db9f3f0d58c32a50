package report

import "testing"

// TestRunURL keeps the number of a run of Azure Pipelines, and no other query.
func TestRunURL(t *testing.T) {
	const page = "https://dev.azure.com/acme/api/_build/results"
	for in, want := range map[string]string{
		page + "?buildId=13":                page + "?buildId=13",
		page + "?buildId=13&sig=abc":        page,
		page + "?buildId=":                  page,
		page + "?sig=13":                    page,
		page:                                page,
		"https://u:p@ci.example/7?a=b#c":    "https://ci.example/7",
		"https://ci.example/x?y#?buildId=1": "https://ci.example/x",
		"":                                  "",
	} {
		if got := runURL(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
