package report

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is one headless Chromium with one tab, and what happened in it that
// should not have.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	messages []string // errors and warnings of the console, exceptions, dialogs
	requests []string // whatever was asked for beside the page itself
}

// open starts a browser. The tests are skipped where there is none: `make test`
// installs it where that can be done.
func open(t *testing.T) *browser {
	t.Helper()
	name := ""
	for _, n := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(n); err == nil {
			name = found
			break
		}
	}
	if name == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no Chromium: sh scripts/install.sh chromium")
		}
		t.Skip("there is no Chromium to test the page with, and it could not be installed: sh scripts/install.sh chromium")
	}
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(name), chromedp.NoSandbox, chromedp.WindowSize(1440, 900))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(stop)
	b := &browser{t: t}
	b.ctx, cancel = chromedp.NewContext(ctx, chromedp.WithListener(b.heard))
	t.Cleanup(cancel)
	b.do(call(network.Enable, network.EnableParams{}), call(log.Enable, cdp.Empty{}))
	return b
}

// call is a command of the protocol whose answer nobody needs.
func call[P, R any](method cdp.Command[P, R], p P) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, method, p)
		return chromedp.Void{}, err
	}
}

func (b *browser) heard(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		b.messages = append(b.messages, fmt.Sprintf("console %s %v", e.Type, e.Args))
	case *runtime.EventExceptionThrown:
		b.messages = append(b.messages, fmt.Sprintf("exception: %v", e.ExceptionDetails))
	case *log.EventEntryAdded:
		b.messages = append(b.messages, fmt.Sprintf("log: %s %s", e.Entry.Level, e.Entry.Text))
	case *page.EventJavascriptDialogOpening:
		b.messages = append(b.messages, "dialog: "+e.Message)
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; e.Type != network.ResourceTypeDocument && !strings.HasPrefix(u, "data:,") && !strings.HasPrefix(u, "blob:") {
			b.requests = append(b.requests, u)
		}
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// js evaluates an expression.
func js[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", limited(expression, 200), err)
	}
	return v
}

// until waits for an expression to become true.
func (b *browser) until(expression string) {
	b.t.Helper()
	for range 400 {
		if js[bool](b, "!!("+expression+")") {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	b.t.Fatalf("never true: %s", expression)
}

// at goes to an address within the page.
func (b *browser) at(hash string) {
	b.t.Helper()
	js[string](b, "location.hash = "+fmt.Sprintf("%q", hash))
	b.until("document.querySelector('main').firstElementChild && !document.querySelector('.loading')")
	time.Sleep(50 * time.Millisecond) // the event of the change
	b.until("!document.querySelector('.loading')")
}

func (b *browser) colours(scheme string) {
	b.t.Helper()
	b.do(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}))
}

// quiet fails if anything was said or asked for.
func (b *browser) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.messages) > 0 {
		b.t.Errorf("the console says:\n%s", strings.Join(b.messages, "\n"))
	}
	if len(b.requests) > 0 {
		b.t.Errorf("the page asked for %q", b.requests)
	}
	b.messages, b.requests = nil, nil
}

// load opens a page from a file, and returns how long that took the browser
// until it could be used, in milliseconds.
func (b *browser) load(html []byte) float64 {
	b.t.Helper()
	name := filepath.Join(b.t.TempDir(), "page.html")
	if err := os.WriteFile(name, html, 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Navigate((&url.URL{Scheme: "file", Path: name}).String()))
	b.until("document.documentElement.dataset.ready === '1'")
	return js[float64](b, "performance.getEntriesByType('navigation')[0].loadEventEnd")
}
