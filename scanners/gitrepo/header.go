package gitrepo

import (
	"bytes"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/leak"
)

// texts emits the two parts of a commit or tag: what people wrote of it. The ids of objects
// and the numbers of a signature are searched for nothing: they are what a search for base64 and
// for keys has most work with.
func (t *teller) texts(w int, o *gitpack.Object) error {
	t.bytes.Add(o.Size)
	at := gitpack.MessageStart(o.Data)
	d := &t.workers[w]
	c := &d.chunk
	d.header = append(d.header[:0], unsigned(o.Data[:at])...)
	blank(d.header, 2*t.store.HashLen())
	*c = leak.Chunk{Ref: refOf(o.N, header), Data: d.header}
	if err := t.send(o.N, c); err != nil {
		return err
	}
	*c = leak.Chunk{Ref: refOf(o.N, message), Data: unsigned(o.Data[at:])}
	return t.send(o.N, c)
}

// named are the lines of a commit or tag that name an object.
var named = [][]byte{[]byte("tree "), []byte("parent "), []byte("object ")}

// blank overwrites the ids at the beginning of a header, with as many digits as they have.
func blank(header []byte, digits int) {
	for _, key := range named {
		for bytes.HasPrefix(header, key) && len(header) > len(key)+digits && header[len(key)+digits] == '\n' {
			id := header[len(key) : len(key)+digits]
			if !allOf(id, &isDigit) {
				return
			}
			copy(id, spaces[:])
			header = header[len(key)+digits+1:]
		}
	}
}

// Bounds on a signature: that of an RSA key of 16384 bits has 43 lines of 64 characters.
const (
	maxSigned = 96 // lines
	maxArmor  = 8  // settings in front of them
)

// armors are how signatures of commits and tags begin and end, and the characters that the
// base64 of one starts with: of the tag of a packet (RFC 9580, 4.2 and 6.2), or of the magic
// preamble (PROTOCOL.sshsig of OpenSSH).
var armors = []struct{ begin, end, first string }{
	{"-----BEGIN PGP SIGNATURE-----", "-----END PGP SIGNATURE-----", "iw"},
	{"-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----", "U"},
}

// unsigned is a commit's header or a tag's message without the numbers of the signature at
// its end, which are most of the bytes of a signed commit. Anything else in its place stays.
func unsigned(text []byte) []byte {
	end := bytes.TrimRight(text, " \n")
	for _, a := range armors {
		if !bytes.HasSuffix(end, []byte(a.end)) {
			continue
		}
		from, ok := numbersIn(end[:len(end)-len(a.end)], a.first)
		if ok && isArmor(text[:from], a.begin) {
			return text[:from]
		}
	}
	return text
}

// numbersIn returns where the lines of base64 at the end of a text begin. In a commit's
// header there is a space before each.
func numbersIn(text []byte, first string) (from int, ok bool) {
	from = len(bytes.TrimRight(text, " "))
	for range maxSigned {
		if from == 0 || text[from-1] != '\n' {
			return 0, false
		}
		begin := bytes.LastIndexByte(text[:from-1], '\n') + 1
		line := bytes.TrimPrefix(text[begin:from-1], []byte(" "))
		if len(line) == 0 || !allOf(line, &isNumber) {
			line = bytes.TrimLeft(text[from:], " ")
			return from, len(line) > 0 && bytes.IndexByte([]byte(first), line[0]) >= 0
		}
		from = begin
	}
	return 0, false
}

// isNumber is of what the lines of a signature consist of: base64, with its filling and sum.
// isDigit is of ids.
var (
	isNumber = bytesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
	isDigit  = bytesOf("0123456789abcdef")

	spaces = [64]byte(bytes.Repeat([]byte(" "), 64)) // as many as the longest id has digits
)

func bytesOf(chars string) (v [256]bool) {
	for _, c := range chars {
		v[c] = true
	}
	return v
}

func allOf(text []byte, chars *[256]bool) bool {
	for _, c := range text {
		if !chars[c] {
			return false
		}
	}
	return true
}

// isArmor reports whether a text ends with the beginning of a signature, and settings of it.
func isArmor(text []byte, begin string) bool {
	for range maxArmor {
		text = bytes.TrimSuffix(text, []byte("\n"))
		line := text[bytes.LastIndexByte(text, '\n')+1:]
		if bytes.HasSuffix(line, []byte(begin)) {
			return true
		}
		if len(bytes.TrimLeft(line, " ")) > 0 && !bytes.Contains(line, []byte(": ")) {
			return false
		}
		text = text[:len(text)-len(line)]
	}
	return false
}
