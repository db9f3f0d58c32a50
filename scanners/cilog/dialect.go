package cilog

import (
	"bufio"
	"bytes"
	"io"
	"slices"

	"github.com/whosekey/whosekey/internal/inflate"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/scanners/archive"
)

// jsonHead is how the JSON of a log begins: CircleCI's list of messages, an
// object of Buildkite, Drone's list of lines, Azure's object with one.
var jsonHead = lazy.New(`^\s*(?:(?:\[\s*\{\s*"(?:message|time|type|truncated|pos|out|proc)"|\{\s*"(?:url|content|size|header_times)")\s*:|` + linesHead + `)`)

// linesHead is how the JSON of Azure begins that has the lines of a log, which the service
// gives instead of text where it is asked for it (GetBuildLogLines of
// https://github.com/microsoft/azure-devops-go-api/blob/c7630a814c25ff648b012b988f35f5ca4b79a2cc/azuredevops/build/client.go).
const linesHead = `\{\s*(?:"count"\s*:\s*[0-9]+\s*,\s*)?"value"\s*:\s*\[\s*"`

// textKeys are the keys of JSON under which services have the text.
var textKeys = []string{"message", "content", "out", "output"}

func isTextKey(k string) bool { return slices.Contains(textKeys, k) }

// ofService is a log of which the form says what service it is of.
type ofService struct {
	withClose
	service string
}

// dialected reads a log as text. z is what it comes out of, with fields of its own if
// it is gzip.
func dialected(r *bufio.Reader, z io.Reader, end io.Closer) io.ReadCloser {
	var text io.Reader = r
	head, _ := r.Peek(512)
	known := len(head) > 0 && bytes.ContainsAny(head[:1], "[{ \t\r\n") && jsonHead.Match(head)
	if known {
		text = newJSONText(r, linesKey.Match(head))
	}
	if z, ok := z.(*inflate.Gzip); ok {
		text = archive.WithFields(text, z)
	}
	if !known {
		return withClose{text, end}
	}
	return ofService{withClose{text, end}, jsonService(head)}
}

// The keys that tell the services apart of which the JSON begins alike:
//   - https://buildkite.com/docs/apis/rest-api/jobs#get-a-jobs-log-output
//
// What CircleCI gives at an output_url is documented nowhere: message, type and time are
// what public programs read of it. Drone has pos and out:
// https://github.com/harness/harness/blob/5b6a3d8ff4c37283cf37df20d871cc8dfe439565/core/logs.go
var (
	buildkiteKey = lazy.New(`"(?:content|header_times)"\s*:`)
	circleKey    = lazy.New(`"message"\s*:`)
	linesKey     = lazy.New(`^\s*` + linesHead)
	droneKey     = lazy.New(`"(?:pos|out|proc)"\s*:`)
)

// jsonService is the service whose JSON begins so, empty if that is not known.
func jsonService(head []byte) string {
	list := bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("["))
	switch {
	case !list && buildkiteKey.Match(head):
		return "buildkite"
	case linesKey.Match(head):
		return "azure"
	case list && circleKey.Match(head) && !droneKey.Match(head):
		return "circleci"
	}
	return ""
}
