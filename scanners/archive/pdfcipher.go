package archive

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"strconv"
)

// A PDF file that forbids to print it, or to change it, is encrypted with an empty password:
// everybody can read it. See ISO 32000-1, 7.6, for what is encrypted, and ISO 32000-2, 7.6.4,
// for revision 6; revision 5 is in Adobe's Supplement to ISO 32000, ExtensionLevel 3.

// pdfMethod is how strings or streams are encrypted.
type pdfMethod uint8

const (
	pdfClear pdfMethod = iota
	pdfRC4
	pdfAES    // with keys of their own for each object
	pdfAES256 // with the file's key
)

// pdfCipher decrypts a file. nil is of one that is not encrypted.
type pdfCipher struct {
	key        []byte
	body, text pdfMethod // of streams and strings
	meta       bool      // what says who made it is encrypted too
}

// pdfLock is what the dictionary of an encrypted file says.
type pdfLock struct {
	numbers map[string]int // as V and R
	texts   map[string][]byte
	names   map[string]string
	id      []byte // the first one of the file
	meta    bool
}

// pdfPadding stands for a password that is empty (7.6.3.3, algorithm 2).
var pdfPadding = []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")

// openPDF is what decrypts a file whose trailer has its dictionary, or the number of that, at
// the place of a match of pdfEncrypted; nil if it has a password, or is encrypted otherwise.
func openPDF(data []byte, at []int) *pdfCipher {
	const most = 16 << 10 // bytes of the dictionary
	var locks [][]byte
	if at[2] < 0 {
		locks = append(locks, data[at[1]:min(len(data), at[1]+most)])
	} else {
		num, _ := strconv.Atoi(string(data[at[2]:at[3]]))
		for o, ok := nextObject(data, 0); ok && len(locks) < 8; o, ok = nextObject(data, o.end) {
			if o.num == num {
				lock, _, _ := bytes.Cut(data[o.end:min(len(data), o.end+most)], []byte("endobj"))
				locks = append(locks, lock)
			}
		}
	}
	ids := pdfIDs(data)
	for _, dict := range locks {
		lock := readLock(dict)
		for _, id := range ids {
			lock.id = id
			if c := lock.open(); c != nil {
				return c
			}
		}
	}
	return nil
}

// pdfIDs are the first parts of what trailers have for ids, and none.
func pdfIDs(data []byte) (ids [][]byte) {
	for at := 0; len(ids) < 8; {
		i := bytes.Index(data[at:], []byte("/ID"))
		if i < 0 {
			break
		}
		at += i + len("/ID")
		l := &pdfLexer{b: data[at:min(len(data), at+1024)]}
		if l.next().kind != '[' {
			continue
		}
		if t := l.next(); t.kind == 's' {
			ids = append(ids, t.text)
		}
	}
	return append(ids, nil)
}

func readLock(dict []byte) *pdfLock {
	k := &pdfLock{numbers: map[string]int{}, texts: map[string][]byte{}, names: map[string]string{}, meta: true}
	l := &pdfLexer{b: plainNames(dict)}
	if bytes.IndexByte(dict, '(') >= 0 { // where # is one
		l.b = dict
	}
	key := ""
	for {
		t := l.next()
		switch t.kind {
		case 0:
			return k
		case '/':
			if key == "CFM" || key == "StmF" || key == "StrF" || key == "Filter" {
				k.names[key], key = string(t.text), ""
				continue
			}
			key = string(t.text)
			continue
		case 'n':
			// The length of a filter in it is in bytes.
			if v, err := strconv.ParseInt(string(t.text), 10, 64); err == nil && (key != "Length" || v >= 40) {
				k.numbers[key] = int(v)
			}
		case 's':
			k.texts[key] = t.text
		case 'w':
			if key == "EncryptMetadata" {
				k.meta = string(t.text) != "false"
			}
		}
		key = ""
	}
}

// open is what decrypts the file, if its password is empty.
func (k *pdfLock) open() *pdfCipher {
	c := &pdfCipher{body: pdfRC4, text: pdfRC4, meta: k.meta}
	v, r := k.numbers["V"], k.numbers["R"]
	if k.names["Filter"] != "Standard" || v < 1 || v > 5 || r < 2 || r > 6 {
		return nil
	}
	if v >= 4 {
		how := map[string]pdfMethod{"V2": pdfRC4, "AESV2": pdfAES, "AESV3": pdfAES256}[k.names["CFM"]]
		c.body, c.text = how, how
		for name, m := range map[string]*pdfMethod{"StmF": &c.body, "StrF": &c.text} {
			if n := k.names[name]; n == "" || n == "Identity" {
				*m = pdfClear
			}
		}
	}
	if r >= 5 {
		c.key = k.key256()
	} else {
		c.key = k.key(v, r)
	}
	if c.key == nil {
		return nil
	}
	return c
}

// key is that of the revisions 2 to 4 (7.6.3.3 and 7.6.3.4); nil if there is a password.
func (k *pdfLock) key(v, r int) []byte {
	n := 5
	switch bits := k.numbers["Length"]; {
	case v >= 4 && bits == 0:
		n = 16
	case v >= 2 && bits > 0:
		n = min(bits/8, 16)
	}
	h := md5.New()
	h.Write(pdfPadding)
	h.Write(k.texts["O"][:min(32, len(k.texts["O"]))])
	h.Write(binary.LittleEndian.AppendUint32(nil, uint32(k.numbers["P"])))
	h.Write(k.id)
	if r >= 4 && !k.meta {
		h.Write([]byte{0xFF, 0xFF, 0xFF, 0xFF})
	}
	key := h.Sum(nil)
	if r >= 3 {
		for range 50 {
			sum := md5.Sum(key[:n])
			key = sum[:]
		}
	}
	key = key[:n]
	want := bytes.Clone(pdfPadding)
	if r >= 3 {
		sum := md5.Sum(append(want, k.id...))
		want = sum[:]
	}
	for i := range byte(20) {
		if i > 0 && r < 3 {
			break
		}
		round := bytes.Clone(key)
		for j := range round {
			round[j] ^= i
		}
		rc4Of(round, want)
	}
	if !bytes.HasPrefix(k.texts["U"], want) {
		return nil
	}
	return key
}

func rc4Of(key, b []byte) {
	if c, err := rc4.NewCipher(key); err == nil {
		c.XORKeyStream(b, b)
	}
}

// key256 is that of the revisions 5 and 6 (ISO 32000-2, 7.6.4.3.3); nil if there is a
// password.
func (k *pdfLock) key256() []byte {
	u, ue := k.texts["U"], k.texts["UE"]
	if len(u) < 48 || len(ue) < 32 || !bytes.Equal(k.hash(u[32:40]), u[:32]) {
		return nil
	}
	key := make([]byte, 32)
	decryptCBC(k.hash(u[40:48]), make([]byte, 16), key, ue[:32])
	return key
}

// hash is that of an empty password with a salt (7.6.4.3.4, algorithm 2.B; in revision 5,
// SHA-256).
func (k *pdfLock) hash(salt []byte) []byte {
	first := sha256.Sum256(salt)
	sum := first[:]
	if k.numbers["R"] < 6 {
		return sum
	}
	for i := 1; ; i++ {
		text := bytes.Repeat(sum, 64)
		block, _ := aes.NewCipher(sum[:16])
		cipher.NewCBCEncrypter(block, sum[16:32]).CryptBlocks(text, text)
		rest := 0
		for _, c := range text[:16] {
			rest += int(c)
		}
		switch rest % 3 {
		case 0:
			s := sha256.Sum256(text)
			sum = s[:]
		case 1:
			s := sha512.Sum384(text)
			sum = s[:]
		default:
			s := sha512.Sum512(text)
			sum = s[:]
		}
		if i >= 64 && int(text[len(text)-1]) <= i-32 { // a byte, so that it ends
			return sum[:32]
		}
	}
}

func decryptCBC(key, iv, out, in []byte) {
	if block, err := aes.NewCipher(key); err == nil {
		cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, in)
	}
}

// stream decrypts what a stream has.
func (c *pdfCipher) stream(of pdfObject, dict, body []byte) []byte {
	has := func(name string) bool { return bytes.Contains(dict, []byte(name)) }
	if c == nil || has("/XRef") || has("/Crypt") && has("/Identity") || !c.meta && has("/Metadata") {
		return body
	}
	return c.open(c.body, of, body)
}

// open decrypts what is in an object (7.6.2, algorithm 1).
func (c *pdfCipher) open(how pdfMethod, of pdfObject, b []byte) []byte {
	key := c.key
	if how == pdfRC4 || how == pdfAES {
		text := append(bytes.Clone(key), byte(of.num), byte(of.num>>8), byte(of.num>>16), byte(of.gen), byte(of.gen>>8))
		if how == pdfAES {
			text = append(text, "sAlT"...)
		}
		sum := md5.Sum(text)
		key = sum[:min(len(key)+5, 16)]
	}
	switch {
	case how == pdfClear:
		return b
	case how == pdfRC4:
		b = bytes.Clone(b)
		rc4Of(key, b)
		return b
	case len(b) < 32: // its first block is the vector
		return nil
	}
	out := make([]byte, len(b)/16*16-16)
	decryptCBC(key, b[:16], out, b[16:16+len(out)])
	if n := int(out[len(out)-1]); n >= 1 && n <= 16 {
		out = out[:len(out)-n]
	}
	return out
}
