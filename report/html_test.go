package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/whosekey/whosekey/leak"
)

// organisation makes a run of n findings in 500 repositories: identities with
// one to four credentials, sixty teams, all states.
func organisation(n int) (Run, []*leak.Finding, Summary) {
	kinds := []leak.RuleInfo{
		{ID: "aws-access-key", Title: "AWS secret access key with its id", Provider: "aws", Severity: 9.3, Rotate: "Make a new key, and delete this one."},
		{ID: "github-personal-access-token", Title: "GitHub personal access token", Provider: "github", Severity: 8.9},
		{ID: "slack-bot-token", Title: "Slack bot token", Provider: "slack", Severity: 8.2},
		{ID: "postgresql-url", Title: "PostgreSQL password in a URL", Provider: "postgresql", Severity: 7.5},
		{ID: "stripe-secret-key", Title: "Stripe secret key", Provider: "stripe", Severity: 9.5},
		{ID: "npm-token", Title: "npm access token", Provider: "npm", Severity: 8.8},
		{ID: "generic-secret", Title: "Secret in an assignment", Provider: "generic", Severity: 4},
	}
	states := []leak.Status{leak.Live, leak.Dead, leak.Unchecked, leak.Unchecked, leak.Unchecked, leak.Unknown, leak.Expired, leak.Dead, leak.Restricted}
	start := time.Date(2023, 1, 9, 8, 0, 0, 0, time.UTC)
	run := Run{Tool: "whosekey", Version: "v1.2.3", Mode: "sweep", Target: "acme", Rules: 412, RulesVersion: "2026-11-01", Salted: true, Catalog: kinds}
	var all []*leak.Finding
	var id *leak.Identity
	for i := range n {
		rule, state := kinds[i*5%len(kinds)], states[i*5%len(states)]
		repo := fmt.Sprintf("acme/service-%03d", i*13%500)
		team := fmt.Sprintf("@acme/team-%02d", i*13%500%60)
		first := start.AddDate(0, 0, i*37%1300)
		key := fmt.Sprintf("%032x", i*2654435761)
		path := fmt.Sprintf("deploy/%s/settings-%d.yaml", []string{"prod", "staging", "test"}[i%3], i%20)
		if i%3 != 1 || id == nil {
			id = syntheticIdentity(i, repo, team, rule)
		}
		score := 12 + i*31%86
		if state == leak.Dead || state == leak.Expired {
			score = i * 31 % 16
		}
		id.Credentials = append(id.Credentials, leak.Credential{
			ID: key, Kind: rule.ID, State: state, FirstExposed: first, FirstExposedRef: "4048b6e8:" + path, Exposure: "private",
			Risk: leak.Risk{Score: score, Band: word(score), Factors: []leak.RiskFactor{
				{Name: "validity", Points: 12, Max: 25, Why: "nobody asked whether it works"}, {Name: "privilege", Points: score / 4, Max: 25, Why: "it may change data"},
				{Name: "exposure", Points: 11, Max: 20, Why: "as for a private repository; it is still there"},
			}},
			Controls: []leak.Control{{ID: "NHI2", Title: "Secret Leakage", Why: "it stands in " + path}},
			Plan: []leak.Action{
				{Step: "rotate", Text: "Make a new one, with no more rights than what uses it needs.", Command: []string{"acme keys create --for " + id.Name}, URL: "https://docs.acme.example/rotate"},
				{Step: "revoke", Text: "End the old one.", Command: []string{"acme keys revoke <id>"}}, {Step: "purge", Text: "Take it out of " + path + "."},
			},
		})
		all = append(all, &leak.Finding{
			ID: key, Rule: rule, Confidence: []leak.Confidence{leak.High, leak.Medium, leak.Low}[i%3], Identity: id,
			Verdict: leak.Verdict{Status: state, Reason: "200 OK", Class: leak.S1, Host: "api." + rule.Provider + ".example", When: start.AddDate(3, 0, 0)},
			Why:     []string{"unique prefix", "entropy 4.9 bits per character, at least 3.8"},
			Locations: []leak.Location{{
				Kind: leak.KindBlob, Path: path, Commit: fmt.Sprintf("%040x", i), Author: "Jane Doe", Date: first, AtHead: i%4 != 0,
				Position: leak.Position{Line: 12, Column: 8, EndLine: 12, EndColumn: 52, Frame: &leak.Frame{First: 11, Lines: []string{"DEBUG=1", "TOKEN=" + leak.Mask, ""}, MarkStart: 7, MarkEnd: 15}},
			}},
		})
	}
	return run, all, Summary{
		Findings: n, Places: n, Failing: n, Counts: map[string]int64{"repositories": 500, "commits": 184201, "blobs": 991234, "bytes": 7_712_345_678},
		Skipped: []Gap{{Reason: "submodule that is not there", Fix: "git submodule update --init", Count: 3, First: []string{"acme/service-002: lib/x"}}}, Incomplete: true,
	}
}

func word(score int) string {
	switch {
	case score >= 90:
		return "critical"
	case score >= 70:
		return "high"
	case score >= 40:
		return "medium"
	}
	return "low"
}

func syntheticIdentity(i int, repo, team string, rule leak.RuleInfo) *leak.Identity {
	name := fmt.Sprintf("%s-deployer-%d", strings.TrimPrefix(repo, "acme/"), i)
	id := &leak.Identity{
		ID: "nhi:" + rule.Provider + ":service_account:acme/" + name, Type: leak.ServiceAccount, Name: name, Owner: team, Provider: rule.Provider,
		Tenant: leak.Tenant{ID: "acme", Kind: "account"}, Environment: []string{"prod", "staging", "test"}[i%3], Status: leak.ShadowIdentity, StatusReason: "it is not in the inventory",
		Owners:     []leak.Owner{{Name: team, Kind: "team", Source: "codeowners_leaking", Ref: "CODEOWNERS:12", Reason: "code owner of the file", Confidence: 0.75}},
		Evidence:   []leak.Evidence{{Class: leak.FromNeighbour, Claim: leak.ClaimName, Value: name, Weight: 0.75, Reason: "stands beside it", Ref: "deploy/x:3"}, {Class: leak.FromStructure, Claim: leak.ClaimTenant, Value: "acme", Weight: 0.95, Reason: "inside the key"}},
		Confidence: 0.5 + float64(i%5)/10, Repositories: []string{repo}, Risk: leak.Risk{Score: 60, Band: "medium"},
		Consumers: []leak.Consumer{{Kind: "workflow", Ref: repo + "/.github/workflows/deploy.yml:31", Name: "deploy", Via: "env TOKEN", Confidence: 0.7}},
		Declared:  []leak.Declaration{{Kind: "terraform", Address: "acme_user." + name, Ref: "infra/users.tf:12"}},
	}
	if i%11 == 0 {
		id.Owner, id.Owners, id.Status = "", nil, leak.OrphanedIdentity
	}
	return id
}

func pageOf(t testing.TB, opts Options, run Run, all []*leak.Finding, s Summary) []byte {
	t.Helper()
	var b bytes.Buffer
	h := NewHTML(&b, opts)
	if err := h.Start(run); err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if err := h.Finding(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Finish(s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var blockText = regexp.MustCompile(`<script type="text/plain" class="block">([^<]*)</script>`)

// unpacked is a page with its blocks as the script reads them.
func unpacked(t *testing.T, page []byte) string {
	t.Helper()
	out := string(page)
	for _, m := range blockText.FindAllSubmatch(page, -1) {
		z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(m[1])))
		if err != nil {
			t.Fatal(err)
		}
		lines, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		out += string(lines)
	}
	return out
}

func TestPageHasNoSecret(t *testing.T) {
	out := unpacked(t, written(t, "html", Options{ShowSecrets: true, Verbose: true}))
	if !strings.Contains(out, "config/app.env") || !strings.Contains(out, `"evidence"`) {
		t.Fatal("the blocks are not what was looked for")
	}
	for _, secret := range []string{planted, plantedID, plantedRw} {
		for _, s := range disguises(secret) {
			if strings.Contains(out, s) {
				t.Errorf("the page shows %q", s)
			}
		}
	}
	if strings.Contains(out, "jane@acme.example") {
		t.Error("the page shows the address of a person")
	}
}

// TestPageHasOnlyItsOwnElements reads the page as a browser does: whatever names
// and messages hold, there are the elements of the shell and no others.
func TestPageHasOnlyItsOwnElements(t *testing.T) {
	run, all, s := hostileRun()
	for name, page := range map[string][]byte{"sample": written(t, "html", Options{}), "hostile": pageOf(t, Options{}, run, all, s)} {
		counts := map[string]int{}
		z := html.NewTokenizer(bytes.NewReader(page))
		for {
			kind := z.Next()
			if kind == html.ErrorToken {
				break
			}
			tok := z.Token()
			if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
				continue
			}
			counts[tok.Data]++
			for _, a := range tok.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "style" || a.Key == "href" && a.Val != "data:," {
					t.Errorf("%s: <%s %s=%q>", name, tok.Data, a.Key, a.Val)
				}
			}
		}
		for tag := range counts {
			if !strings.Contains(" html head meta title link style body div noscript script ", " "+tag+" ") {
				t.Errorf("%s: there is a <%s>", name, tag)
			}
		}
		if want := 2 + strings.Count(string(page), `class="block"`); counts["script"] != want || counts["style"] != 1 {
			t.Errorf("%s: %d scripts, want %d; %d styles", name, counts["script"], want, counts["style"])
		}
	}
}

// TestPagePolicy: the policy allows the script and the style of the page, and
// nothing else. A hash is over what stands between the tags, so these must not
// end early.
func TestPagePolicy(t *testing.T) {
	page := string(written(t, "html", Options{}))
	for _, text := range []string{pageScript, pageStyle} {
		if strings.Contains(strings.ToLower(text), "</s") || strings.Contains(text, "<!--") {
			t.Error("what is built could end its element")
		}
		if !strings.Contains(page, ">"+text+"</") {
			t.Error("what is built is not in the page as it is")
		}
	}
	for _, word := range []string{"unsafe", "http", "*", "eval"} {
		if strings.Contains(PagePolicy(true), word) {
			t.Errorf("the policy has %q: %s", word, PagePolicy(true))
		}
	}
	for _, sink := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"} {
		if strings.Contains(pageScript, sink) {
			t.Errorf("the script has %s", sink)
		}
	}
}

// TestPageKeepsTheWorst: a page that cannot hold all findings holds the worst,
// and says how many it does not.
func TestPageKeepsTheWorst(t *testing.T) {
	run, all, s := organisation(200)
	page := pageOf(t, Options{Page: Page{Limit: 60}}, run, all, s)
	text := regexp.MustCompile(`(?s)id="index">(.*?)</script>`).FindSubmatch(page)
	var index struct {
		Left  int
		Rows  [][]any
		Bands map[string]int
	}
	if err := json.Unmarshal(text[1], &index); err != nil {
		t.Fatal(err)
	}
	if len(index.Rows) != 60 || index.Left != 140 || index.Bands["critical"]+index.Bands["high"]+index.Bands["medium"]+index.Bands["low"] != 200 {
		t.Errorf("%d rows, %d left, %v", len(index.Rows), index.Left, index.Bands)
	}
	least := index.Rows[59][4].(float64)
	for _, f := range all {
		if rank(f) > least && !bytes.Contains(text[1], []byte(f.ID)) {
			t.Errorf("a finding of risk %v is left out, one of %v is not", rank(f), least)
		}
	}
}

// TestPageIsBuilt: what is compiled in is what page/src gives.
func TestPageIsBuilt(t *testing.T) {
	if _, err := os.Stat("page/node_modules/esbuild"); err != nil {
		t.Skip("the page is not built again, as its tools are not there: make page")
	}
	out := t.TempDir()
	build := exec.Command("node", "build.mjs", out)
	build.Dir = "page"
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for name, have := range map[string]string{"page.js": pageScript, "page.css": pageStyle} {
		if want, err := os.ReadFile(filepath.Join(out, name)); err != nil || string(want) != have {
			t.Errorf("dist/%s is not what src gives (%v): make page", name, err)
		}
	}
}

func TestTrend(t *testing.T) {
	_, all, _ := organisation(30)
	trend := TrendOf(Point{Label: "before", Findings: 7})
	for i, part := range [][]*leak.Finding{all[:20], all[10:30]} {
		h := trend.Run(fmt.Sprint(i))
		for _, f := range part {
			h.Finding(f)
		}
		h.Finish(Summary{})
	}
	p := trend.Points()
	if len(p) != 3 || p[1].Findings != 20 || p[1].New != 0 || p[2].Findings != 20 || p[2].New != 10 || p[2].Gone != 10 || p[2].Live == 0 || p[2].Severe == 0 {
		t.Errorf("%+v", p)
	}
}

// TestPageGraph: what stands at the same line of two repositories is two things,
// and a credential of an identity that is there already joins it.
func TestPageGraph(t *testing.T) {
	g := pageGraph{at: map[string]int{}}
	opts := Options{}
	_, all, _ := organisation(3)
	other := *all[0].Identity
	other.ID, other.Repositories = "nhi:other", []string{"acme/other"}
	other.Consumers[0].Ref = all[0].Identity.Consumers[0].Ref
	for i, f := range []*leak.Finding{all[0], all[1], {ID: "x", Identity: &other}, {ID: "y"}} {
		g.add(i, f, opts.identity(f))
	}
	kinds := map[string]int{}
	for _, n := range g.nodes {
		kinds[fmt.Sprint(n[0])]++
	}
	// all[0] and all[1] share their identity.
	if kinds["secret"] != 4 || kinds["identity"] != 2 || kinds["consumer"] != 2 || kinds["declaration"] != 2 {
		t.Errorf("%v", kinds)
	}
	for _, e := range g.edges {
		if e[0].(int) >= len(g.nodes) || e[1].(int) >= len(g.nodes) {
			t.Errorf("an edge leads nowhere: %v", e)
		}
	}
}

func BenchmarkPage(b *testing.B) {
	run, all, s := organisation(10_000)
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(pageOf(b, Options{}, run, all, s))))
	}
}
