package sweep_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// TestListedAndNotReadable: what a forge lists and does not hand out was not searched; it is
// gone only when it is not listed any more. An organisation without any repository is none
// that was swept.
func TestListedAndNotReadable(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		answer := ""
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/repos") && !strings.HasSuffix(r.URL.Path, "/projects") {
				http.NotFound(w, r)
				return
			}
			fmt.Fprint(w, answer)
		}))
		defer srv.Close()
		one := fmt.Sprintf(`{"id":1,"full_name":"acme/one","clone_url":"%s/acme/one.git","has_wiki":true}`, srv.URL)
		pass := func(spec, text string) {
			answer = text
			passes(t, s, spec, func(c *sweep.Config) { c.Once = true })
		}
		spec := "github:org/acme@" + srv.URL + "?wikis"
		local := t.TempDir()
		repository(t, local)
		pass(spec, fmt.Sprintf(`[%s,{"id":2,"full_name":"acme/none"},{"id":3,"full_name":"acme/odd","clone_url":"http://a b/%%zz"},{"id":4,"full_name":"acme/here","clone_url":%q}]`, one, local))
		is(t, s, map[string]string{
			"acme/one": "failed: no such repository", "acme/one.wiki": "skipped", "acme/none": "failed: no address", "acme/odd": "failed: no address", "acme/here": "failed: no address",
		})
		o, err := s.Overview(t.Context())
		if err != nil || o.NeverScanned != 4 {
			t.Errorf("%d were never searched, want 4: %v", o.NeverScanned, err)
		}
		pass(spec, "["+one+"]")
		rs, err := s.Of(t.Context(), "github:org/acme@"+srv.URL)
		if err != nil || rs["acme/one"].State != store.Failed || rs["acme/none"].State != store.Gone {
			t.Errorf("one is %+v, none is %+v: %v", rs["acme/one"], rs["acme/none"], err)
		}
		for _, spec := range []string{spec, "gitlab:group/acme@" + srv.URL, "gitea:org/acme@" + srv.URL} {
			pass(spec, "[]")
			origin, _, _ := strings.Cut(spec, "?")
			troubled(t, s, origin, "lists no repository")
		}
	})
}

// troubled fails unless a source could not be listed, for such a reason.
func troubled(t *testing.T, s *store.Store, spec, problem string) {
	t.Helper()
	all, err := s.TroubledSources(t.Context(), 100)
	for _, k := range all {
		if k.Spec == spec && strings.Contains(k.Problem, problem) {
			return
		}
	}
	t.Errorf("%s is no source that could not be listed as %q: %+v, %v", spec, problem, all, err)
}

// TestListsOfNothing: an entry that is no repository was not searched, and a list without
// entries is none.
func TestListsOfNothing(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		dir := t.TempDir()
		list := filepath.Join(dir, "list.txt")
		write := func(text string) {
			if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			passes(t, s, "list:"+list, func(c *sweep.Config) { c.Once = true })
		}
		if err := os.Mkdir(filepath.Join(dir, "plain"), 0o700); err != nil {
			t.Fatal(err)
		}
		repository(t, filepath.Join(dir, "here"))
		write("here\nplain\nnowhere\n")
		is(t, s, map[string]string{"here": "done", "plain": "failed: no such repository", "nowhere": "failed: no such repository"})
		write("# nothing\n\n")
		troubled(t, s, "list:"+list, "names no repository")
	})
}
