package serve_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/whosekey/whosekey/serve"
)

// TestServedPage opens the address in a browser: the token is gone from it, only
// the page and its version are asked for, and a new run is announced.
func TestServedPage(t *testing.T) {
	names := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}
	i := slices.IndexFunc(names, func(n string) bool { _, err := exec.LookPath(n); return err == nil })
	if i < 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no Chromium: sh scripts/install.sh chromium")
		}
		t.Skip("there is no Chromium, and it could not be installed: sh scripts/install.sh chromium")
	}
	file := runFile(t, filepath.Join(t.TempDir(), "run.jsonl"), 3)
	_, address := started(t, &serve.Runs{Files: []string{file}})

	var mu sync.Mutex
	var heard []string
	listen := func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			heard = append(heard, "exception")
		case *log.EventEntryAdded:
			heard = append(heard, e.Entry.Text)
		case *network.EventRequestWillBeSent:
			u := e.Request.URL
			if u != address && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:") && !strings.HasSuffix(u, "/") && !strings.HasSuffix(u, "/version") {
				heard = append(heard, u)
			}
		}
	}
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(names[i]), chromedp.NoSandbox)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithListener(listen))
	defer cancel()
	js := func(expression string) string {
		t.Helper()
		v, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
		if err != nil {
			t.Fatalf("%s: %v", expression, err)
		}
		return v
	}
	until := func(expression, want string) {
		t.Helper()
		got := ""
		for range 400 {
			if got = js(expression); got == want {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatalf("%s is %q, want %q", expression, got, want)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	until("document.querySelector('.tabs .n')?.textContent || ''", "3")
	if at := js("location.href + document.cookie"); strings.Contains(at, "token") || strings.Contains(at, "whosekey-") {
		t.Errorf("a script can read %s", at)
	}
	until("String(document.querySelector('.news')?.hidden)", "true")
	runFile(t, file, 5)
	until("String(document.querySelector('.news').hidden)", "false")
	js("document.querySelector('.news button').click(); ''")
	until("document.querySelector('.tabs .n')?.textContent || ''", "5")
	mu.Lock()
	defer mu.Unlock()
	if len(heard) > 0 {
		t.Errorf("%q", heard)
	}
}
