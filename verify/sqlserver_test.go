package verify_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// tdsHandshake is a connection on which each side's part of a TLS handshake
// stands in packets of the protocol.
type tdsHandshake struct {
	net.Conn
	done bool
	left int // of the packet that is being read
}

func (h *tdsHandshake) Read(p []byte) (int, error) {
	if h.done {
		return h.Conn.Read(p)
	}
	if h.left == 0 {
		var head [8]byte
		if _, err := io.ReadFull(h.Conn, head[:]); err != nil {
			return 0, err
		}
		h.left = int(binary.BigEndian.Uint16(head[2:])) - 8
	}
	n, err := h.Conn.Read(p[:min(len(p), h.left)])
	h.left -= n
	return n, err
}

func (h *tdsHandshake) Write(p []byte) (int, error) {
	if h.done {
		return h.Conn.Write(p)
	}
	_, err := h.Conn.Write(append(binary.BigEndian.AppendUint16([]byte{0x12, 1}, uint16(8+len(p))), append([]byte{0, 0, 1, 0}, p...)...))
	return len(p), err
}

// tdsServer answers a login with errors of those numbers, or accepts it if there
// are none; another password than the right one is wrong ([MS-TDS]: Tabular Data Stream Protocol). With a certificate it wants
// TLS.
func tdsServer(c net.Conn, cert *tls.Certificate, numbers ...uint32) {
	var said []byte
	read := func() bool {
		for said = nil; ; {
			var head [8]byte
			if _, err := io.ReadFull(c, head[:]); err != nil {
				return false
			}
			body, _ := io.ReadAll(io.LimitReader(c, int64(binary.BigEndian.Uint16(head[2:]))-8))
			said = append(said, body...)
			if head[1]&1 == 1 {
				return true
			}
		}
	}
	say := func(b []byte) {
		c.Write(append(binary.BigEndian.AppendUint16([]byte{4, 1}, uint16(8+len(b))), append([]byte{0, 0, 1, 0}, b...)...))
	}
	if !read() {
		return
	}
	// The version at 11, 6 bytes; encryption at 17, 1 byte: not supported, or
	// required.
	encryption := byte(2)
	if cert != nil {
		encryption = 3
	}
	say([]byte{0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xFF, 16, 0, 0, 0, 0, 0, encryption})
	if _, strict := c.(*tls.Conn); cert != nil && !strict {
		h := &tdsHandshake{Conn: c}
		secure := tls.Server(h, &tls.Config{Certificates: []tls.Certificate{*cert}})
		if secure.Handshake() != nil {
			return
		}
		h.done, c = true, secure
	}
	if !read() {
		return
	}
	if !bytes.Contains(said, tdsPassword(secretOf(1))) {
		numbers = []uint32{18456}
	}
	var b []byte
	for _, n := range numbers {
		e := binary.LittleEndian.AppendUint32(nil, n)
		e = append(append(e, 1, 14), tdsText("Login failed.")...)
		e = append(e, 0, 0, 1, 0, 0, 0)
		b = append(append(b, 0xAA), binary.LittleEndian.AppendUint16(nil, uint16(len(e)))...)
		b = append(b, e...)
	}
	if len(numbers) == 0 {
		ack := append([]byte{1, 0x74, 0, 0, 4, 3}, "S\x00Q\x00L\x00"...)
		ack = append(ack, 16, 0, 0, 0)
		b = append(append(append(b, 0xAD), binary.LittleEndian.AppendUint16(nil, uint16(len(ack)))...), ack...)
	}
	done := make([]byte, 12)
	if len(numbers) > 0 {
		done[0] = 2
	}
	say(append(append(b, 0xFD), done...))
	for read() {
		say(append([]byte{0xFD}, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
	}
}

func tdsText(s string) []byte {
	text := utf16.Encode([]rune(s))
	b := binary.LittleEndian.AppendUint16(nil, uint16(len(text)))
	for _, u := range text {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func TestSQLServer(t *testing.T) {
	n := verifytest.New(t)
	n.Inside = true
	parts := account("sqlserver", "app", secretOf(1), "options", "database=shop&encrypt=disable")
	for _, test := range []struct {
		name    string
		numbers []uint32
		want    leak.Status
		reason  string
	}{
		{"right", nil, leak.Live, ""},
		{"wrong", []uint32{18456}, leak.Dead, "18456"},
		{"expired", []uint32{18487}, leak.Expired, "18487"},
		{"must be changed", []uint32{18488}, leak.Restricted, "18488"},
		{"locked", []uint32{18486}, leak.Unknown, "locked"},
		{"not its database", []uint32{4060, 18456}, leak.Restricted, "4060"},
		{"its address is shut out", []uint32{40615}, leak.Unknown, "40615"},
		{"not from here", []uint32{18452}, leak.Unknown, "18452"},
	} {
		n.ServeConn(db, func(c net.Conn) { tdsServer(c, nil, test.numbers...) })
		logsIn(t, n, "sqlserver", []loginTest{{test.name, parts, test.want, test.reason, nil}})
	}
	n.ServeConn(db, func(c net.Conn) { tdsServer(c, nil, 18456) })
	logsIn(t, n, "sqlserver", []loginTest{
		{"no database", account("sqlserver", "app", secretOf(1), "options", "encrypt=disable"), leak.Unknown, "one database", nil},
	})
	logsIn(t, n, "sqlserver", []loginTest{{"no TLS", account("sqlserver", "app", secretOf(1)), leak.Unknown, "the server has no TLS", nil}})
	strange(t, "sqlserver", parts)
}

// tdsPassword is how LOGIN7 holds a password.
func tdsPassword(s string) []byte {
	b := tdsText(s)[2:]
	for i := range b {
		b[i] = (b[i]<<4 | b[i]>>4) ^ 0xA5
	}
	return b
}

// TestSQLServerByTLS: the handshake inside of the protocol, and the one before it
// (TDS 8.0). The certificate is checked, whatever the URL says.
func TestSQLServerByTLS(t *testing.T) {
	n := verifytest.New(t)
	n.Inside = true
	cert := n.Certificate(db, time.Now().Add(time.Hour))
	parts := func(more ...string) map[string]string {
		return account("sqlserver", "app", secretOf(1), more...)
	}
	serve := func(numbers ...uint32) {
		for _, host := range []string{db, "other.acme.example"} {
			n.ServeConn(host, func(c net.Conn) { tdsServer(c, cert, numbers...) })
		}
	}
	serve()
	logsIn(t, n, "sqlserver", []loginTest{
		{"right", parts("options", "database=shop&encrypt=true"), leak.Live, "", nil},
		{"right, and the URL says nothing", parts(), leak.Live, "", nil},
		{"the server wants it", parts("options", "database=shop&encrypt=disable"), leak.Live, "", nil},
		{"another name", parts("host", "other.acme.example", "options", "encrypt=true&TrustServerCertificate=true"), leak.Unknown, "the certificate is for another host", nil},
	})
	serve(18456)
	logsIn(t, n, "sqlserver", []loginTest{{"wrong", parts("options", "database=shop"), leak.Dead, "18456", nil}})
	n.ServeConn(db, func(c net.Conn) {
		tdsServer(tls.Server(c, &tls.Config{Certificates: []tls.Certificate{*cert}, NextProtos: []string{"tds/8.0"}}), cert)
	})
	logsIn(t, n, "sqlserver", []loginTest{{"strict", parts("options", "database=shop&encrypt=strict"), leak.Live, "", nil}})
}
