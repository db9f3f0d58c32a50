package ci

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// talk is a server with the comments of a pull request.
type talk struct {
	comments []map[string]any
	log      []string
	me       string // login of the token's user; empty for a run's own token
	refuse   bool   // to write
}

func (s *talk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.Header.Get("Authorization") != "Bearer tok" {
		w.WriteHeader(401)
		return
	}
	const list = "/repos/acme/app/issues/7/comments"
	body := map[string]any{}
	json.NewDecoder(r.Body).Decode(&body)
	switch {
	case r.URL.Path == "/user" && s.me == "":
		w.WriteHeader(403)
	case r.URL.Path == "/user":
		fmt.Fprintf(w, `{"login":%q,"type":"User"}`, s.me)
	case r.Method == "GET" && r.URL.Path == list:
		page := s.comments
		if r.URL.Query().Get("page") != "2" && len(page) > 2 {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?page=2>; rel="next"`, r.Host, list))
			page = page[:2]
		} else if len(page) > 2 {
			page = page[2:]
		}
		json.NewEncoder(w).Encode(page)
	case s.refuse:
		w.WriteHeader(403)
		fmt.Fprint(w, `{"message":"Resource not accessible by integration"}`)
	case r.Method == "POST" && r.URL.Path == list:
		s.log = append(s.log, "create")
		s.add("github-actions[bot]", "Bot", body["body"].(string))
		w.WriteHeader(201)
		fmt.Fprint(w, `{}`)
	case r.Method == "PATCH":
		s.log = append(s.log, "update "+r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
		for _, c := range s.comments {
			if strings.HasSuffix(r.URL.Path, fmt.Sprint("/", c["id"])) {
				c["body"] = body["body"]
			}
		}
		fmt.Fprint(w, `{}`)
	default:
		w.WriteHeader(404)
	}
}

func (s *talk) add(login, kind, body string) {
	s.comments = append(s.comments, map[string]any{"id": len(s.comments) + 1, "body": body, "user": map[string]any{"login": login, "type": kind}})
}

func TestComment(t *testing.T) {
	s := &talk{}
	server := httptest.NewServer(s)
	defer server.Close()
	c := &Conversation{API: server.URL, Token: "tok", Repository: "acme/app", Number: 7}
	put := func(body string, create bool) {
		t.Helper()
		if err := c.Put(context.Background(), body, create); err != nil {
			t.Fatal(err)
		}
	}
	// Others' comments, with the marker too, and more than a page of them.
	s.add("eve", "User", Marker+"\nall is fine")
	s.add("ann", "User", "hello")
	s.add("bot[bot]", "Bot", "I quote "+Marker)
	put("clean", false)
	put("two findings", true)
	put("two findings", true)
	put("one finding", true)
	put("clean again", false)
	if got := strings.Join(s.log, ", "); got != "create, update 4, update 4" {
		t.Errorf("what was done: %s", got)
	}
	if got := s.comments[3]["body"]; got != Marker+"\nclean again" {
		t.Errorf("it says %q", got)
	}
	// Somebody's own token.
	s.me, s.log = "ann", nil
	put("x", true)
	s.add("ann", "User", Marker+"\nold")
	put("y", true)
	if got := strings.Join(s.log, ", "); got != "create, update 6" {
		t.Errorf("as a user: %s", got)
	}
}

func TestCommentRefused(t *testing.T) {
	s := &talk{refuse: true}
	server := httptest.NewServer(s)
	c := &Conversation{API: server.URL, Token: "tok", Repository: "acme/app", Number: 7}
	if err := c.Put(context.Background(), "x", true); err == nil || !strings.Contains(err.Error(), "pull-requests: write") || strings.Contains(err.Error(), server.URL) {
		t.Errorf("refused: %v", err)
	}
	server.Close()
	if err := c.Put(context.Background(), "x", true); err == nil || strings.Contains(err.Error(), server.URL+"/") {
		t.Errorf("no server: %v", err)
	}
	for _, c := range []*Conversation{{Token: "tok", Repository: "acme"}, {Repository: "a/b"}, {Token: "tok", Repository: "a/b", API: "http://example.com"}, {Token: "tok", Repository: "a/b", API: "::"}} {
		if err := c.Put(context.Background(), "x", true); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}

func TestOutputs(t *testing.T) {
	text := Outputs([]Pair{{"a", "1\nb=2"}, {"c", ""}})
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) != 7 {
		t.Fatalf("%q", text)
	}
	name, end, _ := strings.Cut(lines[0], "<<")
	if name != "a" || lines[3] != end || len(end) < 32 || strings.Contains(lines[1]+lines[2], end) {
		t.Errorf("%q", text)
	}
}
