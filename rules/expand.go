package rules

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"strings"
)

var alphabets = map[string]string{
	"alnum":  "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	"lower":  "abcdefghijklmnopqrstuvwxyz0123456789",
	"upper":  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
	"letter": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	"base32": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
	"digits": "0123456789",
	"hex":    "0123456789abcdef",
	"HEX":    "0123456789ABCDEF",
	"b64":    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	"b64url": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
	"z32":    "ybndrfg8ejkmcpqxot1uwisza345h769", // z-base-32: ids of Mattermost
	"b32":    "abcdefghijklmnopqrstuvwxyz234567", // base32 in small letters: keys of OneSignal
	"base58": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
}

// Expand fills the placeholders of an example. The same seed always gives the
// same text, so that a failing example fails again.
//
//	${alnum:24}       24 random characters of an alphabet: alnum lower upper
//	                  letter base32 b32 z32 digits hex HEX b64 b64url base58
//	${uuid}           a random UUID, version 4
//	${base64:TEXT}    TEXT, itself a template, in base64 with padding
//	${base64url:TEXT} the same in the URL alphabet, without padding
//	${hexof:TEXT}     the same in lower-case hex
//	${lit:TEXT}       TEXT as it is, to cut in two what would look like a leak
//	${lines:40:TEXT}  TEXT, with a line feed after each 40 characters
//	${sum}            what the rule's checksum appends to the token before it
//
// sum computes ${sum}: it gets the token so far, which is the run of
// characters before the placeholder that are neither space nor quotes, nor
// before a '='.
func Expand(text, seed string, sum func(token string) string) (string, error) {
	h := fnv.New64a()
	h.Write([]byte(seed))
	e := expander{rng: rand.New(rand.NewPCG(h.Sum64(), 0)), sum: sum}
	return e.expand(text)
}

type expander struct {
	rng *rand.Rand
	sum func(string) string
}

func (e *expander) expand(text string) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		end := closing(rest)
		if end < 0 {
			return "", fmt.Errorf("placeholder ${%.20s... has no closing brace", rest)
		}
		filled, err := e.fill(rest[:end], out.String())
		if err != nil {
			return "", err
		}
		out.WriteString(filled)
		text = rest[end+1:]
	}
}

// closing finds the brace that closes a placeholder; those inside must balance.
func closing(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return -1
}

func (e *expander) fill(placeholder, before string) (string, error) {
	name, arg, _ := strings.Cut(placeholder, ":")
	if alphabet, ok := alphabets[name]; ok {
		n, err := strconv.Atoi(arg)
		if err != nil || n < 1 || n > 1<<16 {
			return "", fmt.Errorf("placeholder ${%s}: wants a length", placeholder)
		}
		return e.random(alphabet, n), nil
	}
	switch name {
	case "uuid":
		x := e.random(alphabets["hex"], 31)
		return x[:8] + "-" + x[8:12] + "-4" + x[12:15] + "-a" + x[16:19] + "-" + x[19:31], nil
	case "sum":
		if e.sum == nil {
			return "", fmt.Errorf("${sum}: the rule has no checksum that can be made")
		}
		return e.sum(lastToken(before)), nil
	case "lines":
		width, text, _ := strings.Cut(arg, ":")
		return e.lines(width, text)
	}
	text, err := e.expand(arg)
	if err != nil {
		return "", err
	}
	switch name {
	case "base64":
		return base64.StdEncoding.EncodeToString([]byte(text)), nil
	case "base64url":
		return base64.RawURLEncoding.EncodeToString([]byte(text)), nil
	case "hexof":
		return hex.EncodeToString([]byte(text)), nil
	case "lit":
		return text, nil
	}
	return "", fmt.Errorf("placeholder ${%s}: no such kind", placeholder)
}

func (e *expander) lines(width, text string) (string, error) {
	n, err := strconv.Atoi(width)
	if err != nil || n < 1 {
		return "", fmt.Errorf("placeholder ${lines:%s}: wants a width", width)
	}
	text, err = e.expand(text)
	var out strings.Builder
	for len(text) > n {
		out.WriteString(text[:n] + "\n")
		text = text[n:]
	}
	return out.String() + text, err
}

func (e *expander) random(alphabet string, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = alphabet[e.rng.IntN(len(alphabet))]
	}
	return string(out)
}

func lastToken(s string) string {
	return s[strings.LastIndexAny(s, " \t\r\n\"'`<>=,()[]{}")+1:]
}
