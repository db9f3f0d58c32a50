package sweep_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/sweep"
)

// TestTemplates fills templates with hostile names: they stay texts, and the rest of
// the JSON stays as it is.
func TestTemplates(t *testing.T) {
	for _, p := range append(payloads, `","channel":"#all`, "{{json}}", `\`, `"`) {
		body, err := sweep.FillTemplate(`{"channel":"#leaks","text":"{{new}} new\n{{text}}","md":"{{markdown}}","n":{{ new }},"all":{{json}},"until":"{{until}}"}`, digestOf(p))
		if err != nil {
			t.Fatalf("%q: %v", p, err)
		}
		var got map[string]any
		if err := json.Unmarshal(body, &got); err != nil || len(got) != 6 || got["md"] != sweep.Markdown(digestOf(p)) || got["channel"] != "#leaks" || got["n"] != 1.0 {
			t.Errorf("%q makes %s, %v", p, body, err)
		}
		text := "1 new\n" + sweep.Plain(digestOf(p))
		if want, err := json.Marshal(text); err != nil || json.Unmarshal(want, &text) != nil || got["text"] != text {
			t.Errorf("%q makes the text %q, want %q", p, got["text"], text)
		}
	}
	for _, bad := range []string{"", "{{text}}", `{"a": {{text}}}`, `{"a": "{{nothing}}"}`, `{"a": "{{text"}`, `{"a": 1`} {
		if body, err := sweep.FillTemplate(bad, digestOf("x")); err == nil {
			t.Errorf("the template %q makes %s", bad, body)
		}
	}
	if _, err := sweep.FillTemplate(sweep.DefaultTemplate, digestOf("x")); err != nil {
		t.Error(err)
	}
}

// TestDigestsFitIntoChats: however much is new, what chats get is no longer than they
// take, and says what it leaves out. {{json}} has all of it.
func TestDigestsFitIntoChats(t *testing.T) {
	big := func(owners, findings int, name string) *sweep.Digest {
		d := &sweep.Digest{Open: owners * findings}
		for i := range owners {
			o := sweep.OwnerDigest{Owner: fmt.Sprint(name, i), New: sweep.Part{Count: findings}}
			for j := range findings {
				o.New.Findings = append(o.New.Findings, sweep.Line{ID: fmt.Sprintf("%012d", j), Title: name, Repository: "acme/api", Path: name, Places: 1})
			}
			d.Owners = append(d.Owners, o)
		}
		return d
	}
	for _, k := range []struct {
		d    *sweep.Digest
		says string
	}{
		{big(1, 3, "a"), "3 new"}, {big(1, 500, "a"), " more: whosekey sweep digest"}, {big(2000, 5, "a"), " owners more: whosekey sweep digest"},
		{big(3, 50, strings.Repeat("ü<", 3000)), "150 credentials are open"},
	} {
		for _, word := range []string{"text", "markdown"} {
			body, err := sweep.FillTemplate(`{"text": "{{`+word+`}}"}`, k.d)
			if err != nil {
				t.Fatal(err)
			}
			var got struct{ Text string }
			if err := json.Unmarshal(body, &got); err != nil || len(got.Text) > 12_000 || !strings.Contains(got.Text, k.says) {
				t.Errorf("%s of %d owners has %d bytes, %v, and says %.300q", word, len(k.d.Owners), len(got.Text), err, got.Text)
			}
		}
		body, err := sweep.FillTemplate("{{json}}", k.d)
		var all sweep.Digest
		if err != nil || json.Unmarshal(body, &all) != nil || len(all.Owners) != len(k.d.Owners) || len(all.Owners[0].New.Findings) != len(k.d.Owners[0].New.Findings) {
			t.Errorf("the JSON of %d owners has not all of it: %v", len(k.d.Owners), err)
		}
	}
	if whole := sweep.Markdown(big(1, 500, "a")); strings.Count(whole, "\n- ") != 501 {
		t.Errorf("a digest in a file has %d lines", strings.Count(whole, "\n- "))
	}
}

// TestWebhooksAreTriedAgain: what may pass is tried again, after as long as the server
// says, and not for ever; what will not is told at once.
func TestWebhooksAreTriedAgain(t *testing.T) {
	type answer struct {
		status int
		after  string
	}
	for _, k := range []struct {
		name    string
		answers []answer // the last one again and again; status 0 cuts the connection
		tries   int
		waits   string
		err     string // "" for none
		later   time.Duration
	}{
		{"it works", []answer{{200, ""}}, 1, "[]", "", 0},
		{"502 once", []answer{{502, ""}, {204, ""}}, 2, "[1s]", "", 0},
		{"cut off twice", []answer{{0, ""}, {0, ""}, {200, ""}}, 3, "[1s 2s]", "", 0},
		{"as it says", []answer{{429, "7"}, {503, "3"}, {200, ""}}, 3, "[7s 3s]", "", 0},
		{"a date that is past", []answer{{503, "Sun, 06 Nov 1994 08:49:37 GMT"}, {200, ""}}, 2, "[1s]", "", 0},
		{"for ever", []answer{{500, ""}}, 5, "[1s 2s 4s 8s]", "500 Internal Server Error (5 times)", 0},
		{"too late", []answer{{429, "3600"}}, 1, "[]", "429 Too Many Requests, and not before 1h0m0s", time.Hour},
		{"much too late", []answer{{429, "99999999999"}}, 1, "[]", "429 Too Many Requests, and not before", 24 * time.Hour},
		{"refused", []answer{{404, ""}}, 1, "[]", "404 Not Found", 0},
		{"redirected", []answer{{302, ""}}, 1, "[]", "302 Found", 0},
	} {
		tries := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a := k.answers[min(tries, len(k.answers)-1)]
			tries++
			if b, err := io.ReadAll(r.Body); err != nil || string(b) != `{"a": 1}` || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s: try %d sends %q, %v", k.name, tries, b, err)
			}
			if a.after != "" {
				w.Header().Set("Retry-After", a.after)
			}
			if a.status == 0 {
				panic(http.ErrAbortHandler)
			}
			w.WriteHeader(a.status)
		}))
		waits := []time.Duration{}
		hook := sweep.Webhook{Address: server.URL + "/services/T1/hush-hush", Sleep: func(_ context.Context, d time.Duration) error {
			waits = append(waits, d)
			return nil
		}}
		err := hook.Post(t.Context(), []byte(`{"a": 1}`))
		server.Close()
		if tries != k.tries || fmt.Sprint(waits) != k.waits || (err == nil) != (k.err == "") || err != nil && (!strings.Contains(err.Error(), k.err) || strings.Contains(err.Error(), "hush")) {
			t.Errorf("%s: %d tries, waits %v, %v; want %d, %s, %q", k.name, tries, waits, err, k.tries, k.waits, k.err)
		}
		later := new(sweep.Later)
		if errors.As(err, &later); later.After != k.later {
			t.Errorf("%s: it is put off for %v, want %v", k.name, later.After, k.later)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&sweep.Webhook{Address: "http://127.0.0.1:1/"}).Post(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("it is cancelled, and there is %v", err)
	}
}
