package verify

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// mongoLogin logs in to a server of MongoDB by SCRAM, and asks who it is
// (https://github.com/mongodb/specifications/blob/master/source/auth/auth.md).
// The official driver keeps several connections, to all members of a set, and
// logs in on each: that is more than one attempt, and 3 MB.
func mongoLogin(ctx context.Context, s *session) leak.Verdict {
	if way := s.option("authMechanism"); way != "" && !strings.HasPrefix(way, "scram-sha-") {
		return s.is(leak.Unknown, "the server wants another way to log in than a password")
	}
	if tls := s.option("tls", "ssl"); tls == "true" || tls != "false" && strings.HasSuffix(s.scheme, "+srv") {
		if err := s.startTLS(ctx); err != nil {
			return s.failed(ctx, err)
		}
	}
	if s.exposed() {
		return s.failed(ctx, s.unsent())
	}
	m := &mongo{session: s, source: s.mongoSource()}
	if code, err := m.login(); err != nil {
		return s.failed(ctx, err)
	} else if code != 0 {
		return m.refusal(code)
	}
	return s.live(m.facts())
}

// mongoSource is the database that knows the user: an option, else the one of
// the URL, else "admin".
func (s *session) mongoSource() string {
	for _, name := range []string{s.optionText("authSource"), s.q.part("auth_source"), s.database} {
		if name != "" {
			return name
		}
	}
	return "admin"
}

// mongo is the conversation with a server.
type mongo struct {
	*session
	source string
	sent   uint32 // messages
	proved bool   // the server has shown that it knows the password that was used
}

// login returns the code of a refusal, or 0.
func (m *mongo) login() (code int32, err error) {
	hello, err := m.do(bsonDoc{{"hello", int32(1)}, {"saslSupportedMechs", m.source + "." + m.user}, {"$db", "admin"}})
	if err != nil {
		return 0, err
	}
	way, h, password := "SCRAM-SHA-1", sha1.New, hexMD5(m.user+":mongo:"+m.password)
	for _, name := range mongoList(hello["saslSupportedMechs"]) {
		if name == "SCRAM-SHA-256" {
			way, h, password = "SCRAM-SHA-256", sha256.New, m.password
		}
	}
	return m.scram(way, newScram(h, m.user, password))
}

// scram takes the last, empty exchange, which could be left out: only then it
// shows whether the password was wrong, or right and the user may not log in
// from here.
func (m *mongo) scram(way string, c *scram) (code int32, err error) {
	got, err := m.do(bsonDoc{{"saslStart", int32(1)}, {"mechanism", way}, {"payload", []byte(c.hello())}, {"$db", m.source}})
	if err != nil || mongoCode(got) != 0 {
		return mongoCode(got), err
	}
	first, _ := got["payload"].([]byte)
	id, _ := got["conversationId"].(int32)
	text, err := c.answer(string(first))
	if err != nil {
		return 0, err
	}
	next := func(payload string) (map[string]any, error) {
		return m.do(bsonDoc{{"saslContinue", int32(1)}, {"conversationId", id}, {"payload", []byte(payload)}, {"$db", m.source}})
	}
	if got, err = next(text); err != nil || mongoCode(got) != 0 {
		return mongoCode(got), err
	}
	last, _ := got["payload"].([]byte)
	if err := c.check(string(last)); err != nil {
		return 0, err
	}
	m.proved, m.checked = true, true
	if done, _ := got["done"].(bool); !done {
		if got, err = next(""); err != nil || mongoCode(got) != 0 {
			return mongoCode(got), err
		}
	}
	return 0, nil
}

// refusal reads a code
// (https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml).
func (m *mongo) refusal(code int32) leak.Verdict {
	near := m.q.part("auth_source")
	switch {
	case code == 18 && m.proved:
		// https://www.mongodb.com/docs/manual/reference/method/db.createUser/#authentication-restrictions
		return m.is(leak.Restricted, "18 AuthenticationFailed: the password is right, and this user may not log in from here")
	case code == 18 && m.option("authSource") == "" && (near != "" || m.protocol != "" || m.source != "admin"):
		// Drivers ask the one of the path, or admin; whoever has the password may ask all.
		return m.is(leak.Unknown, "18 AuthenticationFailed, which may be because another database knows the user")
	case code == 18 && !isASCII(m.password):
		return m.is(leak.Unknown, "18 AuthenticationFailed, which may be because of letters outside of ASCII")
	case code == 18:
		return m.is(leak.Dead, "18 AuthenticationFailed")
	}
	return m.is(leak.Unknown, fmt.Sprintf("the server refuses the login with %d", code))
}

// mongoCode is the code of an answer that is an error, 0 of any other.
func mongoCode(a map[string]any) int32 {
	if a == nil {
		return 0
	}
	switch ok := a["ok"].(type) {
	case bool:
		if ok {
			return 0
		}
	case int32:
		if ok == 1 {
			return 0
		}
	}
	if code, _ := a["code"].(int32); code != 0 {
		return code
	}
	return -1
}

func (m *mongo) facts() map[string]string {
	facts := map[string]string{leak.FactName: m.user, leak.FactTenant: m.source}
	got, err := m.do(bsonDoc{{"connectionStatus", int32(1)}, {"$db", "admin"}})
	if err != nil {
		return facts
	}
	info, _ := got["authInfo"].(map[string]any)
	roles, _ := info["authenticatedUserRoles"].(map[string]any)
	var scopes []string
	for i := range len(roles) {
		r, _ := roles[fmt.Sprint(i)].(map[string]any)
		role, _ := r["role"].(string)
		on, _ := r["db"].(string)
		scopes = append(scopes, role+"@"+on)
	}
	facts[leak.FactScopes] = strings.Join(scopes, " ")
	if got, err = m.do(bsonDoc{{"buildInfo", int32(1)}, {"$db", "admin"}}); err == nil {
		if v, _ := got["version"].(string); v != "" {
			facts[leak.FactServer] = "MongoDB " + v
		}
	}
	return facts
}

// do sends a command and returns the answer. Both are messages of the kind
// OP_MSG with one document
// (https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/).
func (m *mongo) do(command bsonDoc) (map[string]any, error) {
	m.sent++
	if _, err := m.conn.Write(mongoMessage(command, m.sent, 0)); err != nil {
		return nil, err
	}
	return readMongo(m.conn)
}

const opMsg = 2013

func mongoMessage(d bsonDoc, id, to uint32) []byte {
	doc := d.encode()
	b := binary.LittleEndian.AppendUint32(nil, uint32(21+len(doc)))
	b = binary.LittleEndian.AppendUint32(b, id)
	b = binary.LittleEndian.AppendUint32(b, to)
	b = binary.LittleEndian.AppendUint32(b, opMsg)
	return append(append(b, 0, 0, 0, 0, 0), doc...) // flags, the kind of the section
}

func readMongo(in io.Reader) (map[string]any, error) {
	var head [21]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(head[:])
	if size < 26 || size > 256<<10 || binary.LittleEndian.Uint32(head[12:]) != opMsg || binary.LittleEndian.Uint32(head[16:]) != 0 || head[20] != 0 {
		return nil, errBSON
	}
	doc := make([]byte, size-21)
	if _, err := io.ReadFull(in, doc); err != nil {
		return nil, err
	}
	return decodeBSON(doc, 0)
}

func mongoList(v any) (out []string) {
	list, _ := v.(map[string]any)
	for i := range len(list) {
		s, _ := list[fmt.Sprint(i)].(string)
		out = append(out, s)
	}
	return out
}
