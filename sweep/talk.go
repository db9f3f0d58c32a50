package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/store"
)

// talk is a Source of what people wrote about a repository: issues, pull and merge
// requests with their titles, comments, reviews of lines, snippets. What forges answer
// is kept nowhere here: it may hold secrets.
type talk struct {
	lists  []talkList
	where  string // for remarks: "acme/api"
	failed bool   // something could not be read, and is to be read another time

	mu    sync.Mutex
	n     leak.Ref
	texts map[leak.Ref]written // those in which something was found
}

// talkList calls visit with texts.
type talkList func(ctx context.Context, visit func(written) error) error

// written is a text.
type written struct {
	path, author string
	at           time.Time
	text         []byte
}

// errOff says that a repository has none of what a list lists.
var errOff = errors.New("it is switched off")

// newTalk opens what was written about a repository, or changed, since a time.
func newTalk(r *store.Repository, logins *Logins, since time.Time) (LogSource, error) {
	kind, rest, _ := strings.Cut(r.Source, ":")
	t := &talk{where: r.Name}
	var err error
	switch kind {
	case "github":
		t.lists, err = gitHubTalk(rest, r, logins, since)
	case "gitlab":
		t.lists, err = gitLabTalk(rest, r, logins, since)
	case "gitea":
		t.lists, err = giteaTalk(rest, r, logins, since)
	default:
		err = fmt.Errorf("there are no issues of %q", kind)
	}
	return t, err
}

func (t *talk) Reported() error { return nil }
func (t *talk) Close() error    { return nil }

// Scan implements scanners.Source.
func (t *talk) Scan(ctx context.Context, _ int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	t.mu.Lock()
	t.n, t.texts, t.failed = 0, map[leak.Ref]written{}, false
	t.mu.Unlock()
	cov := new(scanners.Coverage)
	cov.Count("bytes", 0)
	for _, list := range t.lists {
		var stopped error
		err := list(ctx, func(k written) error {
			t.n++
			c := leak.Chunk{Ref: t.n, Data: k.text}
			if stopped = emit(&c); stopped != nil {
				return stopped
			}
			cov.Count("texts", 1)
			cov.Count("bytes", int64(len(k.text)))
			if c.Found > 0 {
				t.mu.Lock()
				t.texts[t.n] = k
				t.mu.Unlock()
			}
			return nil
		})
		switch later := new(Later); {
		case stopped != nil:
			return cov, stopped
		case ctx.Err() != nil:
			return cov, ctx.Err()
		case err == nil:
		case errors.Is(err, errOff):
			cov.LeaveOut("issues, requests or snippets that are switched off", "", t.where)
		case errors.As(err, &later):
			return cov, later
		default:
			t.failed = true
			cov.Skip("issues and comments that the forge did not give", "the token needs to read issues, requests and snippets", err.Error())
		}
	}
	return cov, nil
}

func (t *talk) of(ref leak.Ref) (written, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, ok := t.texts[ref]
	if !ok {
		return k, fmt.Errorf("there is no text %d", ref)
	}
	return k, nil
}

// Locate implements scanners.Source.
func (t *talk) Locate(ctx context.Context, matches [][]leak.Match) ([][]leak.Location, error) {
	out := make([][]leak.Location, len(matches))
	for i, ms := range matches {
		for _, m := range ms {
			l := leak.Location{Kind: leak.KindFile, Ref: m.Ref, Span: m.Span}
			k, err := t.of(m.Ref)
			if err != nil {
				l.Problem = err.Error()
			}
			l.Path, l.Author, l.Date = k.path, k.author, k.at
			out[i] = append(out[i], l)
		}
	}
	return out, ctx.Err()
}

// Open implements scanners.Source.
func (t *talk) Open(_ context.Context, ref leak.Ref) (io.ReadCloser, error) {
	k, err := t.of(ref)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(k.text)), nil
}
