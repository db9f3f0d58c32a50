package image

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// maxRefusal is how much is read of an answer that says what is wrong.
const maxRefusal = 64 << 10

// inMemory reads the beginning of an answer, and closes it: the registry library reads
// some to their ends, which need not come, and does not close all of those that it asks
// for again or that are not what they should be.
func inMemory(body io.ReadCloser, most int64) io.ReadCloser {
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, most))
	if err == nil {
		err = io.EOF
	}
	return io.NopCloser(io.MultiReader(bytes.NewReader(text), failing{err}))
}

// failing only has an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// large reports whether what is asked for may be large: a layer, or all of an image.
func large(req *http.Request) bool {
	path := origin(req).URL.Path
	return strings.Contains(path, "/blobs/") || strings.HasPrefix(path, "/images/")
}

// origin is the request that led to another one.
func origin(req *http.Request) *http.Request {
	for n := 0; req.Response != nil && req.Response.Request != nil && n <= maxRedirects; n++ {
		req = req.Response.Request
	}
	return req
}
