package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	gitlabapi "gitlab.com/gitlab-org/api/client-go"

	"github.com/whosekey/whosekey/store"
)

// gitLabTexts are those of a project on GitLab.
type gitLabTexts struct {
	g       *gitLab
	api     *gitlabapi.Client
	project string // its id
	since   time.Time
}

func gitLabTalk(rest string, r *store.Repository, logins *Logins, since time.Time) ([]talkList, error) {
	src, err := newGitLab(rest, logins)
	if err != nil {
		return nil, err
	}
	t := &gitLabTexts{g: src.(*gitLab), project: r.Native, since: since}
	t.api, err = t.g.api(false)
	return []talkList{t.issues, t.merges, t.snippets}, err
}

// list asks for the pages of something that a project can have switched off.
func (t *gitLabTexts) list(ask func(gitlabapi.ListOptions) (*gitlabapi.Response, error)) error {
	err := t.g.pages(ask)
	if errors.Is(err, errNotThere) {
		return errOff
	}
	return err
}

// after is the time since when something is asked for; nil for all.
func (t *gitLabTexts) after() *time.Time {
	if t.since.IsZero() {
		return nil
	}
	return &t.since
}

var (
	wordAll     = "all"
	wordUpdated = "updated_at"
	wordAsc     = "asc"
	wordDesc    = "desc"
)

// issues are the titles and texts of issues, and what was said below. A note changes
// its issue's time.
// https://docs.gitlab.com/api/issues/#list-project-issues
func (t *gitLabTexts) issues(ctx context.Context, visit func(written) error) error {
	return t.list(func(page gitlabapi.ListOptions) (*gitlabapi.Response, error) {
		o := &gitlabapi.ListProjectIssuesOptions{ListOptions: page, Scope: &wordAll, OrderBy: &wordUpdated, Sort: &wordAsc, UpdatedAfter: t.after()}
		all, res, err := t.api.Issues.ListProjectIssues(t.project, o, gitlabapi.WithContext(ctx))
		for _, k := range all {
			author := ""
			if k.Author != nil {
				author = k.Author.Username
			}
			path := fmt.Sprintf("issues/%d", k.IID)
			if err := visit(written{path, author, timeOf(k.UpdatedAt), []byte(k.Title + "\n\n" + k.Description)}); err != nil {
				return nil, err
			}
			if k.UserNotesCount == 0 {
				continue
			}
			err := t.notes(path, func(page gitlabapi.ListOptions) ([]*gitlabapi.Note, *gitlabapi.Response, error) {
				return t.api.Notes.ListIssueNotes(t.project, k.IID, &gitlabapi.ListIssueNotesOptions{ListOptions: page, OrderBy: &wordUpdated, Sort: &wordDesc}, gitlabapi.WithContext(ctx))
			}, visit)
			if err != nil {
				return nil, err
			}
		}
		return res, err
	})
}

// merges are merge requests and their notes, also those on lines.
// https://docs.gitlab.com/api/merge_requests/#list-project-merge-requests
func (t *gitLabTexts) merges(ctx context.Context, visit func(written) error) error {
	return t.list(func(page gitlabapi.ListOptions) (*gitlabapi.Response, error) {
		o := &gitlabapi.ListProjectMergeRequestsOptions{ListOptions: page, State: &wordAll, Scope: &wordAll, OrderBy: &wordUpdated, Sort: &wordAsc, UpdatedAfter: t.after()}
		all, res, err := t.api.MergeRequests.ListProjectMergeRequests(t.project, o, gitlabapi.WithContext(ctx))
		for _, k := range all {
			author := ""
			if k.Author != nil {
				author = k.Author.Username
			}
			path := fmt.Sprintf("merge_requests/%d", k.IID)
			if err := visit(written{path, author, timeOf(k.UpdatedAt), []byte(k.Title + "\n\n" + k.Description)}); err != nil {
				return nil, err
			}
			if k.UserNotesCount == 0 {
				continue
			}
			err := t.notes(path, func(page gitlabapi.ListOptions) ([]*gitlabapi.Note, *gitlabapi.Response, error) {
				return t.api.Notes.ListMergeRequestNotes(t.project, k.IID, &gitlabapi.ListMergeRequestNotesOptions{ListOptions: page, OrderBy: &wordUpdated, Sort: &wordDesc}, gitlabapi.WithContext(ctx))
			}, visit)
			if err != nil {
				return nil, err
			}
		}
		return res, err
	})
}

// notes are those below something, the latest first.
func (t *gitLabTexts) notes(below string, ask func(gitlabapi.ListOptions) ([]*gitlabapi.Note, *gitlabapi.Response, error), visit func(written) error) error {
	err := t.g.pages(func(page gitlabapi.ListOptions) (*gitlabapi.Response, error) {
		all, res, err := ask(page)
		for _, k := range all {
			at := timeOf(k.UpdatedAt)
			if at.Before(t.since) {
				res.NextPage = 0
				break
			}
			if err := visit(written{fmt.Sprintf("%s#note_%d", below, k.ID), k.Author.Username, at, []byte(k.Body)}); err != nil {
				return nil, err
			}
		}
		return res, err
	})
	if errors.Is(err, errNotThere) { // deleted meanwhile
		return nil
	}
	return err
}

// snippets are the files of a project's snippets, as they are now.
// https://docs.gitlab.com/api/project_snippets/
func (t *gitLabTexts) snippets(ctx context.Context, visit func(written) error) error {
	return t.list(func(page gitlabapi.ListOptions) (*gitlabapi.Response, error) {
		all, res, err := t.api.ProjectSnippets.ListSnippets(t.project, &gitlabapi.ListProjectSnippetsOptions{ListOptions: page}, gitlabapi.WithContext(ctx))
		if err != nil && res != nil && res.Response != nil && res.StatusCode == http.StatusForbidden {
			return nil, t.withheld(ctx, res)
		}
		for _, k := range all {
			if timeOf(k.UpdatedAt).Before(t.since) {
				continue
			}
			path := fmt.Sprintf("snippets/%d", k.ID)
			if err := visit(written{path, k.Author.Username, timeOf(k.UpdatedAt), []byte(k.Title + "\n\n" + k.Description)}); err != nil {
				return nil, err
			}
			files := k.Files
			if len(files) == 0 {
				files = []gitlabapi.SnippetFile{{Path: k.FileName}}
			}
			for _, file := range files {
				text, res, err := t.file(ctx, k.ID, file, len(files))
				if err != nil {
					return res, err
				}
				if err := visit(written{path + "/" + file.Path, k.Author.Username, timeOf(k.UpdatedAt), text}); err != nil {
					return nil, err
				}
			}
		}
		return res, err
	})
}

// withheld says what a 403 means: GitLab answers so where snippets are switched off, and
// where the token may not read them.
// https://docs.gitlab.com/api/projects/#get-a-single-project
func (t *gitLabTexts) withheld(ctx context.Context, res *gitlabapi.Response) error {
	p, _, err := t.api.Projects.GetProject(t.project, nil, gitlabapi.WithContext(ctx))
	//lint:ignore SA1019 a GitLab that does not know the level yet says it with this alone
	if err == nil && (p.SnippetsAccessLevel == gitlabapi.DisabledAccessControl || p.SnippetsAccessLevel == "" && !p.SnippetsEnabled) {
		return errOff
	}
	return fmt.Errorf("snippets: %w", t.g.problem(nil, res))
}

// file reads one of a snippet. Its address says on which branch it is.
func (t *gitLabTexts) file(ctx context.Context, snippet int64, file gitlabapi.SnippetFile, of int) ([]byte, *gitlabapi.Response, error) {
	if of == 1 {
		return t.api.ProjectSnippets.SnippetContent(t.project, snippet, gitlabapi.WithContext(ctx))
	}
	_, rest, _ := strings.Cut(file.RawURL, "/raw/")
	branch, _, ok := strings.Cut(rest, "/")
	if !ok {
		branch = "main"
	}
	where := fmt.Sprintf("projects/%s/snippets/%d/files/%s/%s/raw", t.project, snippet, url.PathEscape(branch), url.PathEscape(file.Path))
	req, err := t.api.NewRequest(http.MethodGet, where, nil, []gitlabapi.RequestOptionFunc{gitlabapi.WithContext(ctx)})
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	res, err := t.api.Do(req, &b)
	return b.Bytes(), res, err
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
