package report

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/whosekey/whosekey/leak"
)

// longNames are a run whose repositories, paths, owners and names are as long as forges
// and file systems let them be.
func longNames() (Run, []*leak.Finding, Summary) {
	run, all, s := organisation(40)
	group := strings.Repeat("platform-engineering/", 11)
	for i, f := range all {
		for j := range f.Locations {
			l := &f.Locations[j]
			l.Repository = group + strings.Repeat("payment", 14) + fmt.Sprint(i)
			l.Path = strings.Repeat("src/main/resources/", 12) + strings.Repeat("x", 200) + ".properties"
		}
		f.Rule.Title = strings.Repeat("An access token of the service ", 6)
		if f.Identity != nil {
			f.Identity.Name = strings.Repeat("deployer", 30)
			f.Identity.Owner = "@" + group + strings.Repeat("owners", 20)
		}
	}
	run.Target = "gitlab:" + group
	return run, all, s
}

// spilled are elements with text that stands beyond their box, or is cut off without
// a sign of it.
const spilled = `(() => {
	const out = [];
	for (const e of document.querySelectorAll("#app *")) {
		if (e.closest("svg") || !e.clientWidth || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
		const s = getComputedStyle(e);
		if (s.display === "inline" || e.scrollWidth <= e.clientWidth + 2 || s.overflowX === "auto" || s.overflowX === "scroll") continue;
		if (s.overflowX !== "visible" && s.textOverflow === "ellipsis" || s.clip !== "auto" || s.clipPath !== "none") continue;
		out.push(e.outerHTML.slice(0, 160) + " has " + e.scrollWidth + " in " + e.clientWidth);
	}
	for (const e of document.querySelectorAll(".spread a > *, .ranking .n, .tabs a, .brand")) {
		const r = document.createRange();
		r.selectNodeContents(e);
		const high = r.getBoundingClientRect().height, line = 1.7 * parseFloat(getComputedStyle(e).fontSize);
		if (high > Math.max(line, 34)) out.push(e.outerHTML.slice(0, 160) + " is broken into lines: " + high);
	}
	return out.slice(0, 5).join("\n");
})()`

// TestPageLooksOdd: with nothing, much, long and hostile names in it the page fits
// phones and large screens.
func TestPageLooksOdd(t *testing.T) {
	runs := map[string]func() (Run, []*leak.Finding, Summary){
		"empty": func() (Run, []*leak.Finding, Summary) {
			run, _, s := organisation(1)
			s.Findings = 0
			return run, nil, s
		},
		"many":    func() (Run, []*leak.Finding, Summary) { return organisation(10_000) },
		"hostile": hostileRun,
		"long":    longNames,
	}
	b := open(t)
	for name, make := range runs {
		run, all, s := make()
		b.load(pageOf(t, Options{}, run, all, s))
		views := map[string]string{"overview": "#/", "findings": "#/findings", "graph": "#/graph"}
		if len(all) > 0 {
			views["finding"] = "#/f/" + all[min(len(all)-1, 7)].ID
		}
		for view, hash := range views {
			for _, width := range []int64{400, 1440, 2560} {
				b.at("#/none")
				b.do(chromedp.EmulateViewport(width, 900))
				b.at(hash)
				what := fmt.Sprint(name, "-", view, "-", width)
				if wide := js[int](b, "document.documentElement.scrollWidth"); wide > int(width) {
					t.Errorf("%s is %d wide", what, wide)
				}
				if bad := js[string](b, spilled); bad != "" {
					t.Errorf("%s: text beyond its box: %s", what, bad)
				}
				if os.Getenv("WHOSEKEY_PAGES") == "" {
					continue
				}
				for _, scheme := range []string{"light", "dark"} {
					b.colours(scheme)
					png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
					if err != nil {
						t.Fatal(err)
					}
					keep(t, what+"-"+scheme+".png", png)
				}
			}
		}
	}
	b.quiet()
}
