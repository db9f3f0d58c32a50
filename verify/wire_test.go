package verify

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/whosekey/whosekey/leak"
)

// tape is a connection to a server whose words are known; it keeps what is said
// to it.
type tape struct {
	net.Conn
	says *bytes.Reader
	said bytes.Buffer
}

func (c *tape) Read(p []byte) (int, error)  { return c.says.Read(p) }
func (c *tape) Write(p []byte) (int, error) { return c.said.Write(p) }
func (*tape) Close() error                  { return nil }
func (*tape) SetDeadline(time.Time) error   { return nil }
func (*tape) Inside() (is, proxied bool)    { return true, false }

// recorded is a Door to that server, which can be gone through once.
type recorded struct {
	*tape
	used bool
}

func (*recorded) Do(context.Context, leak.Class, *http.Request) (*Answer, error) { panic("not HTTP") }

func (r *recorded) Dial(context.Context, string, string) (net.Conn, error) {
	if r.used {
		return nil, problem("once is enough")
	}
	r.used = true
	return r.tape, nil
}

// logIn logs in to a server that says this, whatever it is asked.
func logIn(protocol, user, password string, says []byte) (leak.Verdict, *tape) {
	c := &tape{says: bytes.NewReader(says)}
	parts := leak.Parts{"user": leak.NewSecret(user), "secret": leak.NewSecret(password), "host": leak.NewSecret("db.acme.example"), "options": leak.NewSecret("sslmode=disable&tls=false")}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return logins[protocol].Verify(ctx, Query{Rule: "acme-password", Parts: parts, Door: &recorded{tape: c}, Now: time.Now()}), c
}

// amqpFrame is one of the class connection.
func amqpFrame(method uint16, args string) string {
	b := binary.BigEndian.AppendUint32([]byte{1, 0, 0}, uint32(4+len(args)))
	b = append(binary.BigEndian.AppendUint16(append(b, 0, 10), method), args...)
	return string(append(b, 0xCE))
}

// conversations are what servers say, by protocol: to one that is let in, to one
// that is not, and to nobody.
func conversations() map[string][]string {
	start := amqpFrame(amqpStart, "\x00\x09\x00\x00\x00\x13\x07productS\x00\x00\x00\x06Rabbit\x00\x00\x00\x05PLAIN\x00\x00\x00\x05en_US")
	tune := amqpFrame(amqpTune, "\x00\x00\x00\x02\x00\x00\x00\x3c")
	return map[string][]string{
		"redis": {
			"-NOAUTH Authentication required.\r\n+OK\r\n$3\r\napp\r\n*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.0.1\r\n+OK\r\n",
			"-NOAUTH x\r\n-WRONGPASS invalid username-password pair or user is disabled.\r\n", "+PONG\r\n", "*-1\r\n$-1\r\n", "*4096\r\n*4096\r\n*4096\r\n", "$99999999999\r\n", "-\r\n", "$5\r\nab",
		},
		"amqp": {
			start + tune + amqpFrame(amqpOpenOK, "\x00") + amqpFrame(51, ""), start + amqpFrame(amqpClose, "\x01\x93\x24ACCESS_REFUSED - Login was refused u"), "AMQP\x00\x00\x09\x01",
			"\x01\x00\x00\xff\xff\xff\xff", "\x08\x00\x00\x00\x00\x00\x00\xce", start + tune + amqpFrame(amqpClose, "\x02\x12\x0bNOT_ALLOWED"),
		},
		"nats": {
			"INFO {\"auth_required\":true,\"version\":\"2.9\"}\r\nPONG\r\n", "INFO {\"auth_required\":true}\r\n-ERR 'Authorization Violation'\r\n", "INFO {}\r\n", "INFO {\"tls_required\":true,\"auth_required\":true}\r\nPONG\r\n", "INFO null\r\n",
			"INFO {\"auth_required\":true}\r\n-ERR 'User Authentication Expired'\r\n",
		},
		"mqtt":       {"\x20\x02\x00\x00", "\x20\x02\x00\x04", "\x20\x02\x00\x05", "\x20\x03\x00\x00\x00", "\x20\x02\x01"},
		"ldap":       {"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\x00\x04\x00", "\x30\x84\xff\xff\xff\xff", "\x30\x80\x30\x80\x30\x80", "\x30\x00", "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"},
		"postgresql": {"R\x00\x00\x00\x08\x00\x00\x00\x03R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I", "R\x00\x00\x00\x08\x00\x00\x00\x03E\x00\x00\x00\x0dC28P01\x00\x00", "R\x00\x00\x00\x17\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00", "E\xff\xff\xff\xff"},
		"mongodb":    {string(mongoMessage(bsonDoc{{"ok", int32(1)}}, 1, 1)) + string(mongoMessage(bsonDoc{{"ok", int32(0)}, {"code", int32(18)}}, 2, 2)), string(mongoMessage(bsonDoc{{"ok", int32(0)}}, 1, 1)), "\xff\xff\xff\x7f"},
		"smtp":       {"220 x\r\n250-x\r\n250 AUTH PLAIN\r\n235 ok\r\n", "220 x\r\n250 x\r\n535 5.7.8 no\r\n", "421 no\r\n", "220-\r\n220-\r\n"},
	}
}

// FuzzServers: whatever a server says, reading it ends, the verdict has a reason
// that holds nothing of the password, and is dead only if the words are there that
// mean it.
func FuzzServers(f *testing.F) {
	means := map[string][]string{
		"redis": {"WRONGPASS", "invalid password"}, "amqp": {"ACCESS_REFUSED - Login was refused"}, "nats": {"authorization violation", "revoked"}, "mqtt": {"\x20\x02\x00\x04", "\x20\x02\x01\x04", "\x20\x02\x00\x05", "\x20\x02\x01\x05"},
		"ldap": {"\x31"}, "postgresql": {"28P01"}, "mongodb": {"\x12\x00\x00\x00"}, "smtp": {"535"},
	}
	for protocol, all := range conversations() {
		for _, says := range all {
			f.Add(protocol, []byte(says))
		}
	}
	password := "Pw-" + strings.Repeat("q8", 8)
	f.Fuzz(func(t *testing.T, protocol string, says []byte) {
		if _, ok := means[protocol]; !ok || len(says) > 64<<10 {
			return
		}
		v, c := logIn(protocol, "cn=app", password, says)
		if !slices.Contains(answers, v.Status) || v.Reason == "" || strings.Contains(v.Reason, password) {
			t.Errorf("%q: %+v", says, v)
		}
		if v.Status == leak.Dead && !slices.ContainsFunc(means[protocol], func(w string) bool { return strings.Contains(strings.ToLower(string(says)), strings.ToLower(w)) }) {
			t.Errorf("%q is taken for a refusal: %s", says, v.Reason)
		}
		if v.Status == leak.Live && c.said.Len() == 0 {
			t.Errorf("%q: nobody was asked", says)
		}
	})
}

// FuzzLogins: no name and no password changes what a login says: the messages are
// those of a harmless one, with other values in their places, or nothing is sent.
func FuzzLogins(f *testing.F) {
	for _, s := range hostile {
		f.Add("app", s)
		f.Add(s, "harmless")
	}
	f.Add("app", "x\r\nFLUSHALL\r\n")
	f.Add("app", "x\"}\r\nPUB a 1\r\nb\r\n")
	all := conversations()
	f.Fuzz(func(t *testing.T, user, password string) {
		if user == "" || password == "" || len(user)+len(password) > 4000 {
			return
		}
		for protocol, read := range map[string]func(said []byte) (user, password string, ok bool){"redis": readRESP, "nats": readNATS, "amqp": readAMQP, "mqtt": readMQTT, "postgresql": readPG} {
			_, c := logIn(protocol, user, password, []byte(all[protocol][0]))
			said := c.said.Bytes()
			if len(said) == 0 || strings.Contains(user+password, "\x00") {
				if strings.Contains(string(said), password) && len(password) > 3 {
					t.Errorf("%s: %q is sent: %q", protocol, password, said)
				}
				continue
			}
			u, p, ok := read(said)
			if !ok || u != user || p != password {
				t.Errorf("%s: %q, %q is said as %q: %q, %q", protocol, user, password, said, u, p)
			}
		}
	})
}

// readRESP reads commands, and wants those of a login and no other.
func readRESP(said []byte) (user, password string, ok bool) {
	r := bytes.NewReader(said)
	number := func(kind byte) int {
		n, line := 0, []byte{}
		for b, err := r.ReadByte(); err == nil && b != '\n'; b, err = r.ReadByte() {
			line = append(line, b)
		}
		if len(line) < 2 || line[0] != kind || line[len(line)-1] != '\r' {
			return -1
		}
		for _, b := range line[1 : len(line)-1] {
			n = n*10 + int(b-'0')
		}
		return n
	}
	var commands []string
	for r.Len() > 0 {
		count := number('*')
		var args []string
		for range count {
			b := make([]byte, max(0, number('$'))+2)
			if _, err := io.ReadFull(r, b); err != nil {
				return "", "", false
			}
			args = append(args, string(b[:len(b)-2]))
		}
		if len(args) == 0 {
			return "", "", false
		}
		if args[0] == "AUTH" && len(args) == 3 {
			user, password = args[1], args[2]
		}
		commands = append(commands, args[0])
	}
	return user, password, slices.Equal(commands, []string{"PING", "AUTH", "ACL", "HELLO", "QUIT"})
}

func readNATS(said []byte) (user, password string, ok bool) {
	text, ok := strings.CutPrefix(string(said), "CONNECT ")
	line, rest, found := strings.Cut(text, "\r\n")
	var c struct{ User, Pass string }
	err := json.Unmarshal([]byte(line), &c)
	return c.User, c.Pass, ok && found && err == nil && rest == "PING\r\n"
}

func readAMQP(said []byte) (user, password string, ok bool) {
	rest, ok := bytes.CutPrefix(said, []byte("AMQP\x00\x00\x09\x01"))
	var methods []uint16
	for ok && len(rest) >= 8 {
		size := int(binary.BigEndian.Uint32(rest[3:]))
		if len(rest) < 8+size || rest[7+size] != 0xCE {
			return "", "", false
		}
		body := rest[7 : 7+size]
		rest = rest[8+size:]
		methods = append(methods, binary.BigEndian.Uint16(body[2:]))
		if methods[len(methods)-1] == amqpStartOK {
			_, after := amqpCut(body[4:], 4)
			_, after = amqpCut(after, 1)
			proof, language := amqpCut(after, 4)
			fields := strings.Split(string(proof), "\x00")
			if len(fields) != 3 || string(language) != "\x05en_US" {
				return "", "", false
			}
			user, password = fields[1], fields[2]
		}
	}
	return user, password, ok && len(rest) == 0 && slices.Equal(methods, []uint16{amqpStartOK, amqpTuneOK, amqpOpen, amqpClose})
}

func readMQTT(said []byte) (user, password string, ok bool) {
	size, n := binary.Uvarint(said[1:])
	if said[0] != 0x10 || n <= 0 || len(said) < 1+n+int(size) {
		return "", "", false
	}
	body, rest := said[1+n:][:size], said[1+n+int(size):]
	text := func() string {
		if len(body) < 2 || len(body) < 2+int(binary.BigEndian.Uint16(body)) {
			ok = false
			return ""
		}
		s := string(body[2:][:binary.BigEndian.Uint16(body)])
		body = body[2+len(s):]
		return s
	}
	ok = string(rest) == "\xE0\x00" && text() == "MQTT" && len(body) > 4
	if ok {
		body = body[4:]
		text()
		user, password = text(), text()
	}
	return user, password, ok && len(body) == 0
}

func readPG(said []byte) (user, password string, ok bool) {
	b := pgproto3.NewBackend(bytes.NewReader(said), io.Discard)
	start, err := b.ReceiveStartupMessage()
	hello, good := start.(*pgproto3.StartupMessage)
	if err != nil || !good || len(hello.Parameters) != 4 {
		return "", "", false
	}
	b.SetAuthType(pgproto3.AuthTypeCleartextPassword)
	next, err := b.Receive()
	proof, good := next.(*pgproto3.PasswordMessage)
	if err != nil || !good {
		return "", "", false
	}
	password = strings.Clone(proof.Password)
	next, err = b.Receive()
	if q, good := next.(*pgproto3.Query); err != nil || !good || q.String != pgIdentity {
		return "", "", false
	}
	next, err = b.Receive()
	_, good = next.(*pgproto3.Terminate)
	_, end := b.Receive()
	return hello.Parameters["user"], password, err == nil && good && end != nil
}
