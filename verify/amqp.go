package verify

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// versionForm is what a name and version of a server look like.
var versionForm = lazy.New(`^[\w .+:~/()-]{1,80}$`)

const errAMQP = problem("the server does not speak AMQP 0-9-1")

// Methods of the class connection
// (https://www.rabbitmq.com/amqp-0-9-1-reference).
const (
	amqpStart   = 10
	amqpStartOK = 11
	amqpTune    = 30
	amqpTuneOK  = 31
	amqpOpen    = 40
	amqpOpenOK  = 41
	amqpClose   = 50
)

// amqpLogin logs in to a broker by AMQP 0-9-1, and opens no channel. RabbitMQ
// tells a client why it refuses only if that client says that it understands
// (https://www.rabbitmq.com/docs/auth-notification). RabbitMQ's own library for
// Go does not say so: with it a wrong password and a lost connection are alike.
func amqpLogin(ctx context.Context, s *session) leak.Verdict {
	if s.secure() {
		if err := s.startTLS(ctx); err != nil {
			return s.failed(ctx, err)
		}
	}
	if s.exposed() {
		return s.failed(ctx, s.unsent())
	}
	vhost := s.database // none is "/", as is "%2F"
	if vhost == "" {
		vhost = "/"
	}
	if len(vhost) > 255 {
		return s.is(leak.Unknown, "the virtual host is too long to be one")
	}
	if _, err := io.WriteString(s.conn, "AMQP\x00\x00\x09\x01"); err != nil {
		return s.failed(ctx, err)
	}
	start, err := s.amqpRead()
	if err != nil || start.method != amqpStart {
		return s.amqpRefusal(ctx, start, err)
	}
	about, mechanisms := amqpAbout(start.args)
	if !slices.Contains(strings.Fields(mechanisms), "PLAIN") {
		return s.is(leak.Unknown, "the broker wants another way to log in than a password")
	}
	tune, err := s.amqpDo(amqpStartOK, amqpHello(s.user, s.password))
	if err != nil || tune.method != amqpTune || len(tune.args) != 8 {
		return s.amqpRefusal(ctx, tune, err)
	}
	if err := s.amqpWrite(amqpTuneOK, tune.args); err != nil {
		return s.failed(ctx, err)
	}
	open, err := s.amqpDo(amqpOpen, append(append([]byte{byte(len(vhost))}, vhost...), 0, 0))
	if err != nil || open.method != amqpOpenOK {
		return s.amqpRefusal(ctx, open, err)
	}
	s.amqpDo(amqpClose, []byte{0, 200, 0, 0, 0, 0, 0})
	server := strings.TrimSpace(about["product"] + " " + about["version"])
	if !versionForm.MatchString(server) {
		server = "AMQP 0-9-1"
	}
	return s.live(map[string]string{leak.FactName: s.user, leak.FactTenant: vhost, leak.FactTenantName: about["cluster_name"], leak.FactServer: server})
}

// amqpHello makes the arguments of StartOK: a table of what the client is, the way
// to log in, what proves who it is, and the language.
func amqpHello(user, password string) []byte {
	table := append(amqpText4([]byte("\x07productS"), "whosekey"), "\x0ccapabilitiesF\x00\x00\x00\x1f\x1cauthentication_failure_closet\x01"...)
	b := append(amqpText4(nil, string(table)), "\x05PLAIN"...)
	return append(amqpText4(b, "\x00"+user+"\x00"+password), "\x05en_US"...)
}

// amqpRefusal reads a broker's reason for ending the connection.
func (s *session) amqpRefusal(ctx context.Context, m amqpMethod, err error) leak.Verdict {
	if err != nil {
		return s.failed(ctx, err)
	}
	if m.method != amqpClose || len(m.args) < 3 {
		return s.failed(ctx, errAMQP)
	}
	code, text := binary.BigEndian.Uint16(m.args), string(m.args[3:])
	s.refused = code == 403
	switch {
	case code == 403 && s.user == "guest":
		// https://www.rabbitmq.com/docs/access-control#loopback-users
		return s.is(leak.Unknown, "403 ACCESS_REFUSED: guest may log in from the broker's own machine alone")
	case code == 403 && strings.HasPrefix(text, "ACCESS_REFUSED - Login was refused"):
		return s.is(leak.Dead, "403 ACCESS_REFUSED")
	case code == 403:
		return s.is(leak.Unknown, "403 ACCESS_REFUSED: this user may not log in from here")
	case code == 530:
		return s.is(leak.Restricted, "530 NOT_ALLOWED: the password is right, and the virtual host is not there or not for this user")
	}
	return s.is(leak.Unknown, fmt.Sprintf("the broker ends the connection with %d", code))
}

// amqpMethod is one of the class connection.
type amqpMethod struct {
	method uint16
	args   []byte
}

func (s *session) amqpDo(method uint16, args []byte) (amqpMethod, error) {
	if err := s.amqpWrite(method, args); err != nil {
		return amqpMethod{}, err
	}
	return s.amqpRead()
}

// amqpWrite sends a frame: its type, the channel, the length, and the byte that
// ends it.
func (s *session) amqpWrite(method uint16, args []byte) error {
	b := binary.BigEndian.AppendUint32([]byte{1, 0, 0}, uint32(4+len(args)))
	b = binary.BigEndian.AppendUint16(append(b, 0, 10), method)
	_, err := s.conn.Write(append(append(b, args...), 0xCE))
	return err
}

// amqpRead reads a frame with a method, after any heartbeats.
func (s *session) amqpRead() (amqpMethod, error) {
	for range 10 {
		var head [7]byte
		if _, err := io.ReadFull(s.conn, head[:]); err != nil {
			return amqpMethod{}, err
		}
		size := binary.BigEndian.Uint32(head[3:])
		if size > 128<<10 || head[1] != 0 || head[2] != 0 {
			return amqpMethod{}, errAMQP
		}
		body := make([]byte, size+1)
		if _, err := io.ReadFull(s.conn, body); err != nil {
			return amqpMethod{}, err
		}
		switch {
		case body[size] != 0xCE:
			return amqpMethod{}, errAMQP
		case head[0] == 8:
			continue
		case head[0] != 1 || size < 4 || binary.BigEndian.Uint16(body) != 10:
			return amqpMethod{}, errAMQP
		}
		return amqpMethod{binary.BigEndian.Uint16(body[2:]), body[4:size]}, nil
	}
	return amqpMethod{}, errLong
}

func amqpText4(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// amqpAbout reads the arguments of Start: the version, a table of what the
// broker is, the ways to log in. Of the table only texts matter.
func amqpAbout(args []byte) (about map[string]string, mechanisms string) {
	about = map[string]string{}
	if len(args) < 2 {
		return about, ""
	}
	table, rest := amqpCut(args[2:], 4)
	list, _ := amqpCut(rest, 4)
	for len(table) > 0 {
		name, rest := amqpCut(table, 1)
		if len(rest) == 0 {
			break
		}
		kind, rest := rest[0], rest[1:]
		switch kind {
		case 'S':
			value, after := amqpCut(rest, 4)
			about[string(name)], table = string(value), after
		case 'F':
			_, table = amqpCut(rest, 4)
		case 't':
			table = rest[min(1, len(rest)):]
		default:
			return about, string(list)
		}
	}
	return about, string(list)
}

// amqpCut cuts off a text with its length of so many bytes before it; both are
// empty if there is not so much.
func amqpCut(b []byte, size int) (text, rest []byte) {
	if len(b) < size {
		return nil, nil
	}
	n := uint64(b[0])
	if size == 4 {
		n = uint64(binary.BigEndian.Uint32(b))
	}
	if n > uint64(len(b)-size) {
		return nil, nil
	}
	return b[size:][:n], b[size:][n:]
}
