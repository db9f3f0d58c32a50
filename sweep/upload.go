package sweep

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v92/github"

	"github.com/whosekey/whosekey/store"
)

// ErrNotPermitted says that code scanning of a repository takes nothing from this
// token, or is not switched on: callers go on with the next.
var ErrNotPermitted = errors.New("code scanning takes nothing: it is not switched on, or the token lacks security_events:write (an App: Code scanning alerts, read and write; and Contents: read)")

// ErrNoCodeScanning says that a repository's forge has no code scanning.
var ErrNoCodeScanning = errors.New("the repository is not on GitHub")

// Upload sends SARIF to the code scanning of a repository on GitHub, as that of its
// default branch.
// https://docs.github.com/en/rest/code-scanning/code-scanning#upload-an-analysis-as-sarif-data
func Upload(ctx context.Context, r *store.Repository, logins *Logins, sarif []byte) error {
	if !CanUpload(r) {
		return ErrNoCodeScanning
	}
	src, err := ParseSource(r.Source, logins)
	if err != nil {
		return err
	}
	g, ok := src.(*gitHub)
	if !ok {
		return ErrNoCodeScanning
	}
	owner, name, ok := strings.Cut(r.Name, "/")
	if !ok || strings.Contains(name, "/") || r.Branch == "" {
		return ErrNoCodeScanning
	}
	ref := "refs/heads/" + r.Branch
	commit, res, err := g.api.Repositories.GetCommitSHA1(ctx, owner, name, ref, "")
	if err != nil {
		return g.uploadProblem(err, res)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(sarif); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	tool := "whosekey"
	_, res, err = g.api.CodeScanning.UploadSarif(ctx, owner, name, github.SarifAnalysis{
		CommitSHA: commit, Ref: ref, Sarif: base64.StdEncoding.EncodeToString(packed.Bytes()), ToolName: &tool,
	})
	// The client reports 202, which is what is hoped for, as a kind of error.
	if res != nil && res.Response != nil && res.StatusCode == http.StatusAccepted {
		return nil
	}
	if err == nil {
		return nil
	}
	return g.uploadProblem(err, res)
}

// CanUpload reports whether a repository may have code scanning.
func CanUpload(r *store.Repository) bool {
	return strings.HasPrefix(r.Source, "github:") && !besideCode(r) && !isImage(r)
}

func (g *gitHub) uploadProblem(err error, res *github.Response) error {
	if res == nil || res.Response == nil {
		return g.problem(err, res)
	}
	switch res.StatusCode {
	case http.StatusForbidden, http.StatusNotFound:
		return ErrNotPermitted
	case http.StatusConflict:
		return errors.New("the repository is empty")
	case http.StatusRequestEntityTooLarge:
		return errors.New("the SARIF is too large for GitHub")
	}
	return fmt.Errorf("upload: %w", g.problem(err, res))
}
