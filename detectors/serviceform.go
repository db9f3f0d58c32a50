package detectors

import (
	"encoding/json"
	"strconv"
	"strings"
)

// serviceForms are the forms of credentials of services that have no rules, as in
// services.txt: "hex:32", "alnum-_:20-40".
type serviceForms map[string][]string

// alphabets are the sets of characters that forms name.
var alphabets = map[string]string{
	"digits": "0123456789", "hex": "0123456789abcdef", "HEX": "0123456789ABCDEF", "hexes": "0123456789abcdefABCDEF",
	"lower": "0123456789abcdefghijklmnopqrstuvwxyz", "upper": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	"alnum": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
}

// nearly is by how many characters what is cut off, or has too many, differs in length.
const nearly = 4

// judge says whether a value has a form of a service's credentials, or nearly one and so is
// most likely none: about as long, but of other characters, or shorter than any. What is quite
// different may be of a kind that nobody has written down.
func (f serviceForms) judge(service, value string) (fits, broken bool) {
	short := true
	for _, form := range f[service] {
		chars, least, most := formOf(form)
		if least <= len(value) && len(value) <= most && strings.Trim(value, chars) == "" {
			return true, false
		}
		broken = broken || least-nearly <= len(value) && len(value) <= most+nearly
		short = short && len(value) < least
	}
	return false, broken || short && len(f[service]) > 0
}

// formOf reads a form: its characters, and the least and most of them. TestServiceForms reads all.
func formOf(form string) (chars string, least, most int) {
	colon := strings.LastIndexByte(form, ':')
	from, to, ranged := strings.Cut(form[colon+1:], "-")
	least, _ = strconv.Atoi(from)
	most = least
	if ranged {
		most, _ = strconv.Atoi(to)
	}
	n := 0
	for n < colon && isLetter(form[n]) {
		n++
	}
	return alphabets[form[:n]] + form[n:colon], least, most
}

// brokenJWT reports whether a value has the beginning and the parts of a JSON Web Token, but no
// header, so that nobody takes it.
func brokenJWT(v string) bool {
	header, rest, ok := strings.Cut(v, ".")
	return ok && strings.HasPrefix(v, "eyJ") && strings.Count(rest, ".") == 1 && !json.Valid(base64Of(header))
}
