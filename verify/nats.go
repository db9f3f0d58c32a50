package verify

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/whosekey/whosekey/internal/tokensum"
	"github.com/whosekey/whosekey/leak"
)

// natsInfo is the part of a server's first words that matters here
// (https://docs.nats.io/reference/reference-protocols/nats-protocol).
type natsInfo struct {
	Name         string `json:"server_name"`
	Version      string `json:"version"`
	Nonce        string `json:"nonce"`
	AuthRequired bool   `json:"auth_required"`
	TLSRequired  bool   `json:"tls_required"`
	TLSAvailable bool   `json:"tls_available"`
}

// natsConnect is what a client says of itself.
type natsConnect struct {
	Verbose  bool   `json:"verbose"`
	Pedantic bool   `json:"pedantic"`
	TLS      bool   `json:"tls_required"`
	Name     string `json:"name"`
	Lang     string `json:"lang"`
	Version  string `json:"version"`
	Protocol int    `json:"protocol"`
	User     string `json:"user,omitempty"`
	Pass     string `json:"pass,omitempty"`
	JWT      string `json:"jwt,omitempty"`
	NKey     string `json:"nkey,omitempty"`
	Sig      string `json:"sig,omitempty"`
}

const errNATS = problem("the server does not speak NATS's protocol")

// natsLogin logs in to a server with a user and a password, or with the seed of
// an nkey, which signs what the server says and is not sent. It neither
// subscribes nor publishes; a library would connect again by itself.
func natsLogin(ctx context.Context, s *session) leak.Verdict {
	if end, over := natsEnd(s.q); over {
		return s.is(leak.Expired, "its JWT ended at "+end.Format(time.RFC3339))
	}
	in := bufio.NewReaderSize(s.conn, 32<<10)
	info, err := readNATSInfo(in)
	if err != nil {
		return s.failed(ctx, err)
	}
	if !info.AuthRequired {
		return s.is(leak.Unknown, noPassword)
	}
	if info.TLSRequired || info.TLSAvailable || s.secure() {
		if in.Buffered() > 0 { // not to be taken for what comes by TLS
			return s.failed(ctx, errNATS)
		}
		if err := s.startTLS(ctx); err != nil {
			return s.failed(ctx, err)
		}
		in = bufio.NewReaderSize(s.conn, 32<<10)
	}
	if s.exposed() {
		return s.failed(ctx, s.unsent())
	}
	hello, err := s.natsHello(info)
	if err != nil {
		return s.is(leak.Unknown, err.Error())
	}
	text, err := json.Marshal(hello)
	if err != nil {
		return s.is(leak.Unknown, "the credential cannot be sent")
	}
	if _, err := fmt.Fprintf(s.conn, "CONNECT %s\r\nPING\r\n", text); err != nil {
		return s.failed(ctx, err)
	}
	return s.natsAnswer(ctx, in, info, hello)
}

func readNATSInfo(in *bufio.Reader) (info natsInfo, err error) {
	line, err := readLine(in)
	if err == bufio.ErrBufferFull {
		return info, errNATS
	}
	if err != nil {
		return info, err
	}
	rest, ok := strings.CutPrefix(line, "INFO ")
	if !ok || json.Unmarshal([]byte(rest), &info) != nil {
		return info, errNATS
	}
	return info, nil
}

// natsHello makes what proves who we are.
func (s *session) natsHello(info natsInfo) (natsConnect, error) {
	c := natsConnect{Name: "whosekey", Lang: "go", Version: "1", Protocol: 1, TLS: info.TLSRequired}
	if kind := s.q.part("kind"); kind == "" {
		if !utf8.ValidString(s.user) || !utf8.ValidString(s.password) { // another one would arrive
			return c, problem("the credential " + errNotUTF8.Error())
		}
		c.User, c.Pass = s.user, s.password
		return c, nil
	} else if kind != "U" {
		return c, problem("the seed of an account, an operator or a server does not log in")
	}
	key, err := nkeySeed(s.password)
	if err != nil {
		return c, err
	}
	if info.Nonce == "" {
		return c, problem("the server takes no nkeys")
	}
	c.Sig = base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(info.Nonce)))
	if c.JWT = s.q.part("jwt"); c.JWT == "" {
		c.NKey = nkeyPublic(key)
	}
	return c, nil
}

func (s *session) natsAnswer(ctx context.Context, in *bufio.Reader, info natsInfo, hello natsConnect) leak.Verdict {
	for range 20 {
		line, err := readLine(in)
		switch {
		case err == bufio.ErrBufferFull:
			return s.failed(ctx, errNATS)
		case err != nil:
			return s.failed(ctx, err)
		case line == "PONG":
			facts := map[string]string{leak.FactName: hello.User, leak.FactID: hello.NKey}
			if text := "NATS " + info.Version; versionForm.MatchString(text) {
				facts[leak.FactServer] = text
			}
			return s.live(facts)
		case strings.HasPrefix(line, "-ERR"):
			return s.natsRefusal(strings.ToLower(strings.Trim(line[4:], " '")), hello)
		}
	}
	return s.failed(ctx, errNATS)
}

func (s *session) natsRefusal(text string, hello natsConnect) leak.Verdict {
	switch text {
	case "authorization violation":
		s.refused = true
		if hello.Pass == "" && hello.JWT == "" {
			// Servers that want a JWT refuse every nkey that comes without one.
			return s.is(leak.Unknown, "Authorization Violation: it may need the JWT that belongs to it")
		}
		if natsBound(hello.JWT) {
			return s.is(leak.Unknown, "Authorization Violation, which may be because its JWT is not for now, or not for here")
		}
		return s.is(leak.Dead, "Authorization Violation")
	case "user authentication expired", "account authentication expired":
		return s.is(leak.Expired, "authentication expired")
	case "user authentication revoked":
		return s.is(leak.Dead, "user authentication revoked")
	}
	return s.is(leak.Unknown, "the server refuses the login for another reason than the password")
}

// natsEnd tells when the JWT of a user ends, and whether it has.
func natsEnd(q *Query) (end time.Time, ended bool) {
	t, ok := readJWT(q.part("jwt"))
	if !ok {
		return end, false
	}
	end, ok = t.at("exp")
	return end, ok && over(end, q.Now)
}

// natsBound reports whether a JWT says from where, when, or by which protocol its
// user may log in: a server says nothing of that when it refuses
// (https://docs.nats.io/running-a-nats-service/configuration/securing_nats/jwt).
func natsBound(text string) bool {
	t, ok := readJWT(text)
	return text != "" && (!ok || t.claim("nats.src[*]")+t.claim("nats.times[*].start")+t.claim("nats.allowed_connection_types[*]") != "")
}

// nkeySeed reads "SU...": base32 of two bytes for the kind, 32 of the seed and
// two of a checksum, which the rule has tested
// (https://github.com/nats-io/nkeys).
func nkeySeed(text string) (ed25519.PrivateKey, error) {
	b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil || len(b) != 2+ed25519.SeedSize+2 {
		return nil, errKey
	}
	return ed25519.NewKeyFromSeed(b[2 : 2+ed25519.SeedSize]), nil
}

// nkeyPublic is the name of a user: "U...".
func nkeyPublic(key ed25519.PrivateKey) string { return nkeyName(20<<3, key) }

// nkeyName is the public half of a key with its kind before it.
func nkeyName(kind byte, key ed25519.PrivateKey) string {
	b := append([]byte{kind}, key.Public().(ed25519.PublicKey)...)
	sum := tokensum.CRC16(b)
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(append(b, byte(sum), byte(sum>>8)))
}
