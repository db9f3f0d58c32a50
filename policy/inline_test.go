package policy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
)

// readBeside is what the comments of a text say of the mark § in it.
func readBeside(text string) *leak.Allowance {
	before, after, _ := strings.Cut(text, "§")
	return Allowance([]byte(before), []byte(after))
}

func TestAllowance(t *testing.T) {
	for text, want := range map[string]leak.Allowance{
		`k = "§"#nosec`:                                                                    {By: "nosec"},
		`f("§", x)#nosec`:                                                                  {By: "nosec"},
		`k = "§" + y#nosec`:                                                                {By: "nosec"},
		`<a k="§"/><!--ggignore-->`:                                                        {By: "ggignore"},
		`k = "https://a.example/?§" # nosecret`:                                            {By: "nosecret"},
		`{"a":"§","c":"gitleaks:allow"}`:                                                   {By: "gitleaks:allow", Reason: "}"}, // as gitleaks does
		`k = "§" # an example, whosekey:allow it is documented`:                            {By: "whosekey:allow", Reason: "it is documented"},
		`/* whosekey:allow a sample */ k = "§"`:                                            {By: "whosekey:allow", Reason: "a sample"},
		`k=§ ; whosekey:allow x`:                                                           {By: "whosekey:allow", Reason: "x"},
		`k = "§" # whosekey:allow the vendor's example`:                                    {By: "whosekey:allow", Reason: "the vendor's example"},
		`k = "§" // whosekey:ignore`:                                                       {By: "whosekey:allow"},
		`k = "§" # whosekey:ignore acme-token reason="a test" until=2027-01-31`:            {By: "whosekey:allow", Rule: "acme-token", Reason: "a test", Until: "2027-01-31"},
		`<a k="§"/> <!-- whosekey:allow a sample -->`:                                      {By: "whosekey:allow", Reason: "a sample"},
		"# whosekey:allow-next-line a sample\nk = §":                                       {By: "whosekey:allow-next-line", Reason: "a sample"},
		`k = "§" # gitleaks:allow`:                                                         {By: "gitleaks:allow"},
		`k = "§" # GitLeaks:Allow: public`:                                                 {By: "gitleaks:allow", Reason: "public"},
		`/* gitleaks:allow */ k = "§"`:                                                     {By: "gitleaks:allow"},
		`k = "§" //betterleaks:allow`:                                                      {By: "betterleaks:allow"},
		`k = "§" // trufflehog:ignore`:                                                     {By: "trufflehog:ignore"},
		`k = "§" # kingfisher:ignore`:                                                      {By: "kingfisher:ignore"},
		"// kingfisher:allow\nk = \"§\"":                                                   {By: "kingfisher:ignore"},
		"k = \"\"\"\n§\n\"\"\"  # kingfisher:ignore\n":                                     {By: "kingfisher:ignore"},
		"f('''\r\n  §\r\n  ''', x) # kingfisher:ignore a test\r\n":                         {By: "kingfisher:ignore", Reason: "a test"},
		"const k = `\n§\n`; // kingfisher:ignore":                                          {By: "kingfisher:ignore"},
		"k = \"\"\"\n§\n\"\"\"\n# kingfisher:ignore\nx":                                    {By: "kingfisher:ignore"},
		"// kingfisher:ignore\nk = \"\"\"\n§\n\"\"\"\n":                                    {By: "kingfisher:ignore"},
		`k = "§"  # pragma: allowlist secret`:                                              {By: "pragma: allowlist secret"},
		`k = "§"  // pragma:whitelist-secret`:                                              {By: "pragma: allowlist secret"},
		"# pragma: allowlist nextline secret\nk = §":                                       {By: "pragma: allowlist nextline secret"},
		`k = "§"  # ggignore`:                                                              {By: "ggignore"},
		`k = "§"  # ggignore-not # ggignore`:                                               {By: "ggignore"},
		`k = "§" --ggignore--`:                                                             {By: "ggignore"},
		`k = "§"  # ggignore: a test`:                                                      {By: "ggignore", Reason: "a test"},
		`k = "§"  # ggignore -- a test`:                                                    {By: "ggignore", Reason: "a test"},
		`k = "§"  # ggignore--a test`:                                                      {By: "ggignore", Reason: "a test"},
		`k = "§"  # nosec:B105`:                                                            {By: "nosec"},
		`k = "§"  # whosekey:allow-- a test`:                                               {By: "whosekey:allow", Reason: "a test"},
		`k = "§"  # gitleaks:allow - a test`:                                               {By: "gitleaks:allow", Reason: "a test"},
		`k = "§"  # gitleaks:allow--a test`:                                                {By: "gitleaks:allow", Reason: "a test"},
		`<a k="§"/><!--whosekey:allow-->`:                                                  {By: "whosekey:allow"},
		`k = "§"  # HashiCorpIgnore`:                                                       {By: "HashiCorpIgnore"},
		`k = "§"  # nosec`:                                                                 {By: "nosec"},
		`k = "§"  # nosec B105`:                                                            {By: "nosec"},
		`k = "§"  // #nosec G304 G101 -- a test`:                                           {By: "nosec", Reason: "a test"},
		`k = "§"  # nosec: B105, B311`:                                                     {By: "nosec"},
		`k = "§"  # nosecret`:                                                              {By: "nosecret"},
		`k = "§"  # nosemgrep`:                                                             {By: "nosemgrep"},
		`k = "§"  # nosemgrep: generic.secrets.security.detected-x`:                        {By: "nosemgrep"},
		`k = "§" // secretlint-disable-line`:                                               {By: "secretlint-disable-line"},
		"// secretlint-disable-next-line @secretlint/secretlint-rule-slack -- a test\nk=§": {By: "secretlint-disable-next-line", Reason: "a test"},
		`k = "§" # checkov:skip=CKV_SECRET_6:a test`:                                       {By: "checkov:skip", Reason: "a test"},
		"# checkov:skip=CKV_SECRET_6:a test\nk = §":                                        {By: "checkov:skip", Reason: "a test"},
	} {
		if got := readBeside(text); got == nil || *got != want {
			t.Errorf("%s\n%s", text, cmp.Diff(&want, got))
		}
	}
}

func TestNoAllowance(t *testing.T) {
	for _, text := range []string{
		`k = "§"`,
		"k = \"§\"\n# gitleaks:allow",                      // about nothing
		"x = 1 # gitleaks:allow\nk = \"§\"",                // about the line before
		"x = 1 # kingfisher:ignore\nk = \"§\"",             // likewise
		"k = \"\"\"\n§\n\"\"\"\nx = 1 # kingfisher:ignore", // about another
		"k = \"\"\"\n§\nx\n\"\"\" # kingfisher:ignore",     // about what is before it
		"k = §\n# kingfisher:ignore",                       // about what comes
		"k = \"§\"\n\"\"\" # kingfisher:ignore",            // the string is another
		"k = \"\"\"\n§\n\"\"\" # gitleaks:allow",           // gitleaks itself does not take it
		"# kingfisher:ignore\nx = 1\n§",
		"x = 1 # kingfisher:ignore\nk = \"\"\"\n§\n\"\"\"",
		"# gitleaks:allow\nk = \"§\"",            // gitleaks itself does not take it
		"k = \"§\" # whosekey:allow-next-line x", // about the next line
		`k = "§" # nosec B602`,                   // another check's
		`k = "§" # nosec G304`,
		`k = "§" # nosemgrep: python.lang.audit`,
		`k = "§" # checkov:skip=CKV_AWS_20:public`,
		`k = "§" # the pragma: allowlist secret is not here`, // not behind the mark
		`nosecond = "§"`,
		`ggignore = "§"`[1:],
		`k = "§" # we allow no secret here`,
		"k = 1 # pragma: allowlist nextline secret\nk = §",
		`k = "§" # xgitleaks:allow`, `k = "§" # gitleaks:allowed`, `k = "§" # untrufflehog:ignore`, `k = "§" # kingfisher:ignored`, `k = "§" # notwhosekey:allow x`,
		`k = "§" # ggignore-not`, `k = "§" # ggignore_not`, `k = "§" # whosekey:allow-not x`, `k = "§" # whosekey:ignore-all`, `k = "§" # gitleaks:allow-not`, `k = "§" # betterleaks:allow-x`, `k = "§" # trufflehog:ignore-x`, `k = "§" # kingfisher:ignore-x`, `k = "§" # pragma: allowlist secret-not`, `k = "§" # HashiCorpIgnore-x`, `k = "§" # nosec-not`, `k = "§" # nosec-B105`, `k = "§" # nosecret-not`, `k = "§" # nosemgrep-not`, `k = "§" # secretlint-disable-line-not`, `k = "§" # checkov:skip=CKV_SECRET_6-not`, `k = "§" # not-ggignore`, `k = "§" # x-nosec`, `k = "§" # no-gitleaks:allow`,
		"# whosekey:allow-next-line-not x\nk = §", "# secretlint-disable-next-line-not\nk = §", "# pragma: allowlist nextline secret-not\nk = §",
		`k = § nosec`, `k = "§", nosecret`, `nosec k = "§"`, `k = "§", "whosekey:allow because"`, `{"a":"§","c":"whosekey:allow an example"}`, `k=§ whosekey:allow x`,
		`https://host.example/#nosecret?k=§`, `https://host.example/?k=§#nosecret`, `https://host.example/?k=§&x#whosekey:allow`, `k=§#nosec`, `see https://nosec?§`,
	} {
		if got := readBeside(text); got != nil {
			t.Errorf("%s: %+v", text, *got)
		}
	}
}
