package cilog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/whosekey/whosekey/scanners"
)

// stallIn is how long the next piece of an answer may take.
var stallIn = time.Minute

// leastPiece is how many bytes a piece has: who sends fewer in that time sends nothing.
const leastPiece = 1 << 10

var errStalled = errors.New("the service has stopped sending")

// steadily asks, and ends an answer that has stalled.
func steadily(tr http.RoundTripper, req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	resp, err := tr.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	resp.Body = &scanners.Steady{ReadCloser: resp.Body, Ctx: ctx, Cancel: cancel, Within: stallIn, Least: leastPiece, Err: errStalled}
	return resp, nil
}

func isJSON(resp *http.Response) bool {
	return strings.Contains(strings.ToLower(resp.Header.Get("Content-Type")), "json")
}

// buffer reads an answer to its end, if it is no longer than a list may be.
func buffer(resp *http.Response) error {
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		resp.Body.Close()
		return &brokenError{err}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(data), resp.Body), resp.Body}
	return nil
}

// pageError says that there is a web page where a log or a list should be.
type pageError struct{ host string }

func (e *pageError) Error() string {
	return fmt.Sprintf("%s gives a web page instead: a login or a proxy may have answered", e.host)
}

// isPage reports whether an answer is a web page: by its type, or by how it begins.
func isPage(resp *http.Response, head []byte) bool {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Type"))), "text/html") {
		return true
	}
	head = bytes.ToLower(bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n"))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}
