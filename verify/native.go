package verify

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// What the verifiers in Go share.

// part returns a piece of the credential.
func (q *Query) part(name string) string { return q.Parts[name].Reveal() }

// need says that a piece is missing without which nobody can be asked.
func need(what string) error {
	return fmt.Errorf("needs the %s, which does not stand near it", what)
}

// newGet and newPost make requests for call.
func newGet(target *url.URL) *http.Request {
	return &http.Request{Method: http.MethodGet, URL: target, Host: target.Host, Header: http.Header{"Accept": {"application/json"}}}
}

// newPost makes one with a form for a body: for the token endpoints of OAuth 2.0.
func newPost(target *url.URL, form url.Values) *http.Request {
	r, err := http.NewRequest(http.MethodPost, "https://x/", bytes.NewReader([]byte(form.Encode())))
	if err != nil {
		panic("verify: " + err.Error()) // a constant address
	}
	r.URL, r.Host = target, target.Host
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// call makes a request. The answer is nil if there is none that says anything
// about a credential, and then the verdict says why.
func (q *Query) call(ctx context.Context, class leak.Class, r *http.Request) (*answer, leak.Verdict) {
	v := leak.Verdict{Status: leak.Unknown, Class: class, Host: r.URL.Host, When: q.Now}
	got, err := q.Door.Do(ctx, class, r)
	if err != nil {
		return nil, failed(ctx, v, err)
	}
	a := newAnswer(got)
	v.Code = a.Status
	if why := a.useless(); why != "" {
		v.Reason = why
		return nil, v
	}
	v.Reason = a.unexpected()
	return a, v
}

// text returns what stands at a path of the answer's JSON, "" if nothing does.
func (a *answer) text(path string) string {
	if a.notJSON {
		return ""
	}
	return strings.Join(texts(parsePath(path).get(a.json)), " ")
}

// xml reads an answer that is XML: called so, whole, and with nothing behind it.
func (a *answer) xml(into any) bool {
	main, sub, _ := strings.Cut(a.kind, "/")
	if a.Cut || main != "application" && main != "text" || sub != "xml" && !strings.HasSuffix(sub, "+xml") {
		return false
	}
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(a.Body, []byte("\xef\xbb\xbf"))))
	if d.Decode(into) != nil {
		return false
	}
	for {
		rest, err := d.Token()
		if err == io.EOF {
			return true
		}
		if text, ok := rest.(xml.CharData); err != nil || !ok || len(bytes.TrimSpace(text)) > 0 {
			return false
		}
	}
}

// is sets what a verdict says.
func is(v leak.Verdict, s leak.Status, reason string) leak.Verdict {
	v.Status, v.Reason = s, reason
	return v
}

// stopped is the verdict where no question can be made of the credential.
func stopped(class leak.Class, why error) leak.Verdict {
	return leak.Verdict{Status: leak.Unknown, Class: class, Reason: why.Error()}
}

// maxSkew is how wrong a clock may be for it to be put right.
const maxSkew = 10 * 365 * 24 * time.Hour

// skew tells how far the host's clock is from ours, by the Date header, for
// those that refuse a request because of its date.
func (a *answer) skew(now time.Time) (time.Duration, bool) {
	at, err := http.ParseTime(a.Header.Get("Date"))
	if err != nil {
		return 0, false
	}
	if age, err := strconv.ParseUint(a.Header.Get("Age"), 10, 31); err == nil { // a cache kept it since (RFC 9111, section 5.1)
		at = at.Add(time.Duration(age) * time.Second)
	}
	d := at.Sub(now)
	return d, d.Abs() > time.Minute && d.Abs() < maxSkew
}

var (
	errKey = errors.New("the key cannot be read: it is cut off, encrypted or of an unknown form")
	// codeForm is what a code of an error looks like; whatever else stands in its
	// place is not shown.
	codeForm = lazy.New(`^[A-Za-z][A-Za-z0-9_.-]{1,60}$`)
)

// rewind makes a request's body readable again.
func rewind(r *http.Request) (err error) {
	if r.Body != nil && r.Body != http.NoBody {
		if r.GetBody == nil {
			return errors.New("the body can be sent only once")
		}
		r.Body, err = r.GetBody()
	}
	return err
}
