package report

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/whosekey/whosekey/leak"
)

// The page in a browser. What is said to take how long is told by the log; no
// test fails for a slow machine.

func TestPageWithTenThousandFindings(t *testing.T) {
	b := open(t)
	run, all, s := organisation(10_000)
	page := pageOf(t, Options{}, run, all, s)
	ms := b.load(page)
	t.Logf("10,000 findings: %.1f MB, ready after %.0f ms", float64(len(page))/1e6, ms)

	b.at("#/findings")
	if n := js[int](b, "document.querySelectorAll('.spacer .row').length"); n < 10 || n > 60 {
		t.Errorf("%d of 10,000 rows are elements: want those that can be seen", n)
	}
	if got := js[string](b, "document.querySelector('.status').textContent"); got != "10,000 findings" {
		t.Errorf("the list says %q", got)
	}
	first := func() string { return js[string](b, "document.querySelector('.spacer .row .badge b').textContent") }
	ranks := make([]int, 0, len(all))
	for _, f := range all {
		ranks = append(ranks, int(rank(f)))
	}
	if got := first(); got != fmt.Sprint(slices.Max(ranks)) {
		t.Errorf("the first finding has the risk %s, want the worst", got)
	}
	took := func(what, expression string) {
		t.Helper()
		took := js[float64](b, "(() => { const t = performance.now(); "+expression+"; return performance.now() - t })()")
		t.Logf("%s: %.0f ms", what, took)
	}
	took("sort", "document.querySelector('[data-sort=risk]').click()")
	if got := first(); got != fmt.Sprint(slices.Min(ranks)) {
		t.Errorf("sorted the other way the first has the risk %s", got)
	}
	took("sort by owner", "document.querySelector('[data-sort=owner]').click()")
	took("filter", "document.querySelector('#facet-state-0').click()")
	n := js[int](b, "document.querySelector('.grid').ariaRowCount - 1")
	live := 0
	for _, f := range all {
		if f.Verdict.Status == leak.Live {
			live++
		}
	}
	if n != live || js[int](b, "[...document.querySelectorAll('.spacer .row .state.live')].length") == 0 {
		t.Errorf("%d findings are shown as live, want %d", n, live)
	}
	if got := js[string](b, "location.hash"); !strings.Contains(got, "state=live") || !strings.Contains(got, "sort=owner") {
		t.Errorf("the address is %s", got)
	}
	js[bool](b, "(() => { const s = document.querySelector('#search'); s.value = 'team-07'; s.dispatchEvent(new Event('input')); return true })()")
	b.until("location.hash.includes('q=team-07')")
	if n := js[int](b, "document.querySelector('.grid').ariaRowCount - 1"); n == 0 || n >= live {
		t.Errorf("%d findings after a search", n)
	}
	took("scroll", "document.querySelector('.scroller').scrollTop = 1e6")
	b.at("#/f/" + all[4321].ID)
	b.until("document.querySelector('.steps li')")
	if got := js[string](b, "document.querySelector('.whose .answer').textContent"); !strings.Contains(got, all[4321].Identity.Name) {
		t.Errorf("its identity is %q", got)
	}
	b.quiet()
}

// TestPageByKeyboard goes all the way from the list into the graph and back
// without a mouse.
func TestPageByKeyboard(t *testing.T) {
	b := open(t)
	run, all, s := organisation(60)
	b.load(pageOf(t, Options{}, run, all, s))
	press := func(keys string, then string) {
		t.Helper()
		b.do(chromedp.KeyEvent(keys))
		b.until(then)
	}
	press("f", "document.querySelector('.grid') === document.activeElement")
	press("j", "document.querySelector('#row-1.on')")
	press(kb.ArrowDown, "document.querySelector('#row-2.on')")
	press("k", "document.querySelector('.grid').getAttribute('aria-activedescendant') === 'row-1'")
	press(kb.End, "document.querySelector('#row-59.on')")
	press(kb.Home, "document.querySelector('#row-0.on')")
	press(kb.Enter, "document.querySelector('.finding .steps')")
	title := js[string](b, "document.querySelector('.crumbs .of').textContent")
	if title != "1 of 60" {
		t.Errorf("the finding says %q", title)
	}
	press("j", "document.querySelector('.crumbs .of')?.textContent === '2 of 60' && document.querySelector('.finding .steps')")
	press("k", "document.querySelector('.crumbs .of')?.textContent === '1 of 60'")
	press(kb.Escape, "document.querySelector('.grid') === document.activeElement")
	press("/", "document.activeElement.id === 'search'")
	press(kb.Backspace, "document.activeElement.value === ''") // the key also arrives as a character here, which it does not from a keyboard
	press("team-1", "location.hash.includes('q=team-1')")
	press(kb.Enter, "document.querySelector('.grid') === document.activeElement")
	press("g", "document.querySelector('.node.on') === document.activeElement")
	was := js[string](b, "document.querySelector('.graphview .side h2').textContent")
	press(kb.ArrowRight, "document.activeElement.matches('.node:not(.on)')")
	press(kb.Enter, fmt.Sprintf("document.querySelector('.graphview .side h2').textContent !== %q", was))
	js[bool](b, "history.back() || true")
	b.until(fmt.Sprintf("document.querySelector('.graphview .side h2')?.textContent === %q", was))
	press("?", "document.querySelector('dialog').open")
	press(kb.Escape, "!document.querySelector('dialog').open")
	press("t", "document.documentElement.dataset.theme")
	press("o", "document.querySelector('.overview')")
	b.quiet()
}

// TestGraphWalk clicks through all kinds of nodes.
func TestGraphWalk(t *testing.T) {
	b := open(t)
	run, all, s := organisation(2000)
	b.load(pageOf(t, Options{}, run, all, s))
	b.at("#/graph")
	if n := js[int](b, "document.querySelectorAll('.stage .node').length"); n < 4 || n > 130 {
		t.Errorf("%d nodes are drawn", n)
	}
	for _, kind := range []string{"owner", "identity", "consumer", "identity", "declaration", "identity", "secret"} {
		was := js[string](b, "location.hash")
		js[bool](b, "document.querySelector('.stage .node."+kind+":not(.on)').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
		b.until(fmt.Sprintf("location.hash !== %q && document.querySelector('.stage .node.on.%s')", was, kind))
	}
	js[bool](b, "document.querySelector('.stage .node.on').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
	b.until("document.querySelector('.finding .steps')")
	b.at("#/graph")
	before := js[string](b, "document.querySelector('.stage svg').getAttribute('viewBox')")
	js[bool](b, "document.querySelector('.tools button').click() || true")
	if js[string](b, "document.querySelector('.stage svg').getAttribute('viewBox')") == before {
		t.Error("zooming changes nothing")
	}
	b.quiet()
}

func TestPagePrints(t *testing.T) {
	b := open(t)
	run, all, s := organisation(300)
	b.load(pageOf(t, Options{}, run, all, s))
	for _, view := range []struct {
		hash  string
		least int // pages
	}{{"#/", 1}, {"#/findings", 6}, {"#/f/" + all[7].ID, 2}, {"#/graph", 1}} {
		b.at(view.hash)
		pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPrintBackground()))
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(pdf, []byte("/Type /Page\n")); n < view.least {
			t.Errorf("%s: %d pages, want %d or more", view.hash, n, view.least)
		}
		keep(t, "print"+strings.Map(func(r rune) rune {
			if r == '#' || r == '/' {
				return '-'
			}
			return r
		}, view.hash[:min(len(view.hash), 10)])+".pdf", pdf)
	}
	b.quiet()
}

// keep writes a file where somebody may look at it, if they say where.
func keep(t *testing.T, name string, content []byte) {
	t.Helper()
	if dir := os.Getenv("WHOSEKEY_PAGES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Error(err)
		}
	}
}

// TestPageLooks takes pictures of all views, light and dark, wide and narrow, for
// people to look at, and lets axe look for what some of them could not use.
func TestPageLooks(t *testing.T) {
	axe, err := os.ReadFile("page/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Log("without axe-core, whose rules are not checked then: make page")
	}
	b := open(t)
	run, all, s := organisation(400)
	s.LeftOut = []Gap{{Reason: "symbolic link", Count: 1200}}
	s.Notes = []string{"2 refs are broken"}
	trend := TrendOf(Point{"2026-09-01", 431, 61, 160, 12, 9}, Point{"2026-10-01", 422, 55, 151, 20, 29}, Point{"2026-11-01", 400, 44, 130, 11, 33})
	trend.Of = "month"
	b.load(pageOf(t, Options{Page: Page{Trend: trend}}, run, all, s))
	if card := js[string](b, `document.querySelector(".serieskey").closest("section").innerText`); !strings.Contains(card, "From month to month") || !strings.Contains(card, "Since the month before: 11 new, 33 gone") {
		t.Errorf("the trend is of months: %s", card)
	}
	if wide := js[int](b, `Math.max(...[...document.querySelectorAll(".serieskey span")].map((e) => e.offsetWidth))`); wide > 200 {
		t.Errorf("a name of a line takes %d pixels", wide)
	}
	for _, scheme := range []string{"light", "dark"} {
		b.colours(scheme)
		for name, hash := range map[string]string{"overview": "#/", "findings": "#/findings", "finding": "#/f/" + all[31].ID, "graph": "#/graph", "none": "#/findings?q=nowhere", "unknown": "#/f/abc"} {
			b.at(hash)
			for _, width := range []int64{1440, 480} {
				b.do(chromedp.EmulateViewport(width, 900))
				if wide := js[int](b, "document.documentElement.scrollWidth"); wide > int(width) {
					t.Errorf("%s is %d wide on a screen of %d", name, wide, width)
				}
				if axe != nil {
					b.accessible(string(axe), fmt.Sprint(name, " ", scheme, " ", width))
				}
				if os.Getenv("WHOSEKEY_PAGES") != "" {
					png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
					if err != nil {
						t.Fatal(err)
					}
					keep(t, fmt.Sprintf("%s-%s-%d.png", name, scheme, width), png)
				}
			}
			b.do(chromedp.EmulateViewport(1440, 900))
		}
		if axe != nil {
			b.do(chromedp.KeyEvent("?"))
			b.until("document.querySelector('dialog').open")
			b.accessible(string(axe), "keys "+scheme)
			b.do(chromedp.KeyEvent(kb.Escape))
		}
	}
	b.quiet()
}

func (b *browser) accessible(axe, what string) {
	b.t.Helper()
	if !js[bool](b, "!!window.axe") {
		js[bool](b, axe+"; true")
	}
	// A colour on its way to another one is neither.
	js[bool](b, `Promise.allSettled(document.getAnimations().map((a) => a.finished)).then(() => true)`)
	found := js[[]string](b, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => v.id + " (" + v.impact + "): " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + " " + n.failureSummary).join(" | ")))`)
	for _, f := range found {
		b.t.Errorf("%s: %s", what, f)
	}
}

// payloads are what names, paths and messages may hold.
var payloads = []string{
	`<script>window.pwned=1</script>`, `</script><script>window.pwned=1</script>`, `<!--<script>`, `--><img src=x onerror=window.pwned=1>`,
	`"><img src=x onerror=window.pwned=1>`, `' onmouseover='window.pwned=1`, `<svg/onload=window.pwned=1>`, `<iframe srcdoc="<script>parent.pwned=1</script>">`,
	`javascript:window.pwned=1`, `data:text/html,<script>window.pwned=1</script>`, `{{constructor.constructor('window.pwned=1')()}}`, `${window.pwned=1}`,
	`</title><script>window.pwned=1</script>`, `</style><script>window.pwned=1</script>`, `</noscript><script>window.pwned=1</script>`, `<base href="https://evil.example/">`,
	`<link rel=stylesheet href=https://evil.example/x.css>`, `<meta http-equiv=refresh content="0;url=https://evil.example/">`, `<form action=https://evil.example/><input name=x autofocus>`,
	`<math><mi xlink:href="javascript:window.pwned=1">`, `__proto__`, `constructor`, `\u003cscript\u003ewindow.pwned=1`, "\u202egpj.exe", "\u2028\u2029\u0000", "a\xffb", `https://evil.example/"><script>`,
	"\x1b]8;;https://evil.example\x07click\x1b]8;;\x07", `%3Cscript%3Ewindow.pwned=1%3C/script%3E`, `#/graph?at=0`, strings.Repeat("W", 5000),
}

// hostileRun has them in every text.
func hostileRun() (Run, []*leak.Finding, Summary) {
	run := Run{Tool: "whosekey", Version: "v1", Mode: "git"}
	var all []*leak.Finding
	s := Summary{Counts: map[string]int64{}, Incomplete: true}
	for i, p := range payloads {
		run.Target, run.RepositoryURI, run.Branch, run.Root, run.Revision = p, p, p, p, p
		id := &leak.Identity{
			ID: "nhi:" + p, Type: leak.IdentityType(p), Name: p, Owner: p, Provider: p, ProviderID: p, Tenant: leak.Tenant{ID: p, Name: p, Kind: p}, Permissions: []string{p},
			Environment: p, EnvironmentSource: p, Status: leak.IdentityStatus(p), StatusReason: p, Conflict: p, Confidence: 0.9, Repositories: []string{p},
			Owners:    []leak.Owner{{Name: p, Kind: p, Source: p, Ref: p, Reason: p, Confidence: 0.8, Gone: true}},
			Evidence:  []leak.Evidence{{Class: leak.EvidenceClass(p), Claim: p, Value: p, Reason: p, Ref: p, Weight: 0.5, Basis: leak.EvidenceClass(p)}},
			Consumers: []leak.Consumer{{Kind: p, Ref: p, Name: p, Via: p}}, Declared: []leak.Declaration{{Kind: p, Address: p, Ref: p}}, Inventory: &leak.InventoryMatch{Source: p, By: p, Risk: 1, State: p},
			Risk: leak.Risk{Score: 50, Band: p, Cap: p, Factors: []leak.RiskFactor{{Name: p, Points: 3, Max: 9, Why: p}}}, Controls: []leak.Control{{ID: p, Title: p, Why: p}},
		}
		key := fmt.Sprintf("%032x", i+1)
		id.Credentials = []leak.Credential{{ID: key, Kind: p, KeyID: p, Label: p, State: leak.Status(p), StateBy: p, FirstExposedRef: p, Exposure: p, Risk: id.Risk, Plan: []leak.Action{{Step: p, Text: p, Command: []string{p}, URL: p}}}}
		place := leak.Location{
			Kind: leak.Kind(p), Path: p, InArchive: p, Commit: p, Author: p, Field: p, NoteFor: p, Problem: p, Date: sampleDate,
			Position: leak.Position{Line: 1, Column: 1, Blob: p, LineHash: p, Frame: &leak.Frame{First: 1, Lines: []string{p, p}, MarkStart: 2, MarkEnd: 9}},
			Image:    &leak.ImagePlace{Name: p, Digest: p, Platform: p, Layer: 1, Layers: 2, Instruction: p, RemovedIn: 2, RemovedBy: p},
			Log:      &leak.Log{Service: p, Repository: p, Workflow: p, Job: p, Step: p, Run: p, RunURL: p, Printed: p, Readers: []string{p}, Source: p, SourceLine: 3},
		}
		file := place
		file.Kind, file.Image, file.Log = leak.KindBlob, nil, nil
		all = append(all, &leak.Finding{
			ID: key, Rule: leak.RuleInfo{ID: p, Title: p, Provider: p, About: p, Rotate: p, Severity: 9}, Confidence: leak.Confidence(p), Identity: id,
			Verdict: leak.Verdict{Status: leak.Status(p), Reason: p, Host: p, Class: leak.Class(p), Control: p, Facts: map[string]string{p: p}, Asked: []leak.Call{{Host: p, Reason: p}}},
			Why:     []string{p}, Also: []string{p}, Encoding: p, Locations: []leak.Location{place, file},
		})
		s.Counts[text(p)] = 3
		s.Notes = append(s.Notes, p)
		s.Skipped = append(s.Skipped, Gap{Reason: p, Fix: p, Count: 1, First: []string{p}})
		s.LeftOut = append(s.LeftOut, Gap{Reason: p, Fix: p, Count: 1, First: []string{p}})
		s.Ignored = append(s.Ignored, leak.Ignored{ID: p, Rule: p, By: p, Reason: p, Owner: p, Until: p, Places: 2, Path: p, Line: 1})
	}
	return run, all, s
}

// TestPageIsNotInjected shows all payloads everywhere, in a browser.
func TestPageIsNotInjected(t *testing.T) {
	b := open(t)
	run, all, s := hostileRun()
	trend := TrendOf()
	for _, p := range payloads[:6] {
		h := trend.Run(p)
		h.Finding(all[0])
		h.Finish(Summary{})
	}
	b.load(pageOf(t, Options{Page: Page{Trend: trend}}, run, all, s))
	check := func(where string) {
		t.Helper()
		if bad := js[string](b, `(() => {
			const bad = document.querySelectorAll("#app img, #app iframe, #app script, #app object, #app embed, #app base, #app link, #app meta, #app math, #app style, #app form[action]");
			const links = [...document.querySelectorAll("a")].filter(a => !/^(#|https?:)/.test(a.getAttribute("href") || "#"));
			const handlers = [...document.querySelectorAll("#app *")].filter(e => [...e.attributes].some(a => /^on/.test(a.name)));
			return [...bad, ...links, ...handlers].map(e => e.outerHTML.slice(0, 200)).join("\n") + (window.pwned ? " PWNED" : "") + ({}).polluted || ""
		})()`); bad != "" && bad != "undefined" {
			t.Errorf("%s: %s", where, bad)
		}
		if js[bool](b, `/[\u202a-\u202e\u2028\u0000]/.test(document.body.innerText)`) {
			t.Errorf("%s shows what cannot be seen", where)
		}
		if wide := js[int](b, "document.documentElement.scrollWidth"); wide > 1440 {
			t.Errorf("%s is %d wide", where, wide)
		}
	}
	b.at("#/")
	check("overview")
	b.at("#/findings")
	check("findings")
	for i, f := range all {
		b.at("#/f/" + f.ID)
		b.until("document.querySelector('.columns .card')")
		check("finding " + limited(payloads[i], 60))
	}
	for i := range js[int](b, "(() => { location.hash = '#/graph'; return 60 })()") {
		if i%6 == 0 {
			b.at(fmt.Sprintf("#/graph?at=%d", i))
			check("graph")
		}
	}
	for _, hash := range []string{"#/graph?at=999999", "#/graph?at=-1", "#/graph?at=__proto__", "#/constructor", "#/__proto__/x", "#/f/%", "#/findings?sort=constructor&risk=%3Cimg%3E", "#/findings?q=%3Cimg%20src%3Dx%3E"} {
		b.at(hash)
		check(hash)
	}
	b.quiet()
}
