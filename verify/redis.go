package verify

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// redisLogin logs in to a server of Redis or Valkey, by RESP2
// (https://redis.io/docs/latest/develop/reference/protocol-spec/). A library
// would weigh 1.8 MB, and connect again after an error.
func redisLogin(ctx context.Context, s *session) leak.Verdict {
	if strings.Contains(s.scheme, "sentinel") {
		return s.is(leak.Unknown, "it is asked through a Sentinel, which may have another password than its server: give that as redis://host:port")
	}
	if s.secure() {
		if err := s.startTLS(ctx); err != nil {
			return s.failed(ctx, err)
		}
	}
	if s.exposed() {
		return s.failed(ctx, s.unsent())
	}
	r := &resp{s.conn, bufio.NewReaderSize(s.conn, 16<<10)}
	defer r.do("QUIT")
	// Whoever may ask before logging in, may do so with any password.
	open, err := r.do("PING")
	if err != nil {
		return s.failed(ctx, err)
	}
	if open.kind != '-' && open.text != "PONG" {
		return s.failed(ctx, errRESP)
	}
	if word := open.code(); open.kind != '-' && (s.user == "" || s.user == "default") {
		return s.is(leak.Unknown, noPassword)
	} else if open.kind == '-' && word != "NOAUTH" && word != "NOPERM" && word != "ERR" {
		return s.redisRefusal(word)
	}
	args := []string{"AUTH", s.password}
	if s.user != "" {
		args = []string{"AUTH", s.user, s.password}
	}
	got, err := r.do(args...)
	switch {
	case err != nil:
		return s.failed(ctx, err)
	case got.kind == '-' && got.code() == "ERR" && strings.Contains(got.text, "wrong number of arguments") && s.user != "":
		// Before version 6 there were no users; the name was of no use.
		return s.is(leak.Unknown, "the server knows no users")
	case got.kind == '-':
		return s.redisRefusal(got.codeOf("invalid password", "WRONGPASS"))
	case got.text != "OK":
		return s.failed(ctx, errRESP)
	}
	return s.live(r.facts(s.user))
}

func (s *session) redisRefusal(code string) leak.Verdict {
	switch code {
	case "WRONGPASS":
		s.refused = true
		return s.is(leak.Dead, "WRONGPASS: wrong, or the user is disabled")
	case "NOPERM":
		return s.is(leak.Restricted, "NOPERM: the user may not even log in")
	}
	return s.is(leak.Unknown, "the server refuses the login with "+code)
}

// resp speaks the protocol.
type resp struct {
	out io.Writer
	in  *bufio.Reader
}

// reply is what a server says: a status (+), an error (-), a number (:), a text
// ($) or a list (*) of replies.
type reply struct {
	kind byte
	text string
	list []reply
}

// code is the first word of an error, if it looks like one.
func (r reply) code() string {
	word, _, _ := strings.Cut(r.text, " ")
	if word == "" || strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || len(word) > 20 {
		return "an error"
	}
	return word
}

// codeOf is the code, or another one if there is no better word than "ERR" for
// what the text says: before version 6.
func (r reply) codeOf(says, code string) string {
	if r.code() == "ERR" && r.text == "ERR "+says {
		return code
	}
	return r.code()
}

// do sends a command. Its arguments have their lengths before them, so that
// nothing in them can be another command.
func (r *resp) do(args ...string) (reply, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := io.WriteString(r.out, b.String()); err != nil {
		return reply{}, err
	}
	return r.read(3)
}

var errRESP = problem("the server does not speak Redis's protocol")

func (r *resp) read(depth int) (reply, error) {
	line, err := readLine(r.in)
	if err == bufio.ErrBufferFull || err == nil && (line == "" || depth == 0) {
		return reply{}, errRESP
	}
	if err != nil {
		return reply{}, err
	}
	out := reply{kind: line[0], text: line[1:]}
	if strings.IndexByte("+-:", out.kind) >= 0 {
		return out, nil
	}
	n, err := strconv.Atoi(out.text)
	if err != nil || n > 4096 || strings.IndexByte("$*", out.kind) < 0 {
		return reply{}, errRESP
	}
	out.text = ""
	if out.kind == '$' && n >= 0 {
		b := make([]byte, n+2)
		_, err = io.ReadFull(r.in, b)
		out.text = string(b[:n])
		return out, err
	}
	for range max(n, 0) {
		e, err := r.read(depth - 1)
		if err != nil {
			return out, err
		}
		out.list = append(out.list, e)
	}
	return out, nil
}

// facts asks who is logged in, and what the server is. A user may not be
// allowed to ask: then that is all.
func (r *resp) facts(user string) map[string]string {
	facts := map[string]string{leak.FactName: user}
	if who, err := r.do("ACL", "WHOAMI"); err == nil && who.kind == '$' {
		facts[leak.FactName] = who.text
	}
	hello, err := r.do("HELLO")
	if err != nil {
		return facts
	}
	about := map[string]string{}
	for i := 0; i+1 < len(hello.list); i += 2 {
		about[hello.list[i].text] = hello.list[i+1].text
	}
	if name := about["server"]; name != "" {
		facts[leak.FactServer] = strings.TrimSpace(name + " " + about["version"])
	}
	return facts
}
