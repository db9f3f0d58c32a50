package leak

import (
	"slices"
	"strings"
)

// PublicID reports whether id is that of an access key of AWS, or of a key of Twilio.
// Detectors take it for a credential where it stands alone; it opens nothing there
// either.
func PublicID(id string) bool {
	from, to := byte('A'), byte('Z')
	switch {
	case len(id) == 20 && (id[:4] == "AKIA" || id[:4] == "ASIA" || id[:4] == "ABIA" || id[:4] == "ACCA"):
		id = id[4:]
	case len(id) == 34 && id[:2] == "SK":
		id, from, to = id[2:], 'a', 'f'
	default:
		return false
	}
	for _, c := range []byte(id) {
		if (c < '0' || '9' < c) && (c < from || to < c) {
			return false
		}
	}
	return true
}

// Verdict returns a copy of what a provider said of a credential, in which the
// known ones are masked: the name of one can be the value of another. Facts keep
// what names the credential itself, such as the address of its account: whose it
// is was the question. Mask, if it is not nil, masks more in a fact of that name.
func (r *Redactor) Verdict(v *Verdict, own Parts, mask func(name, text string) string) Verdict {
	bare := *v
	bare.Facts = nil
	out := bare.Map(r.Clean)
	if v.Facts == nil {
		return out
	}
	ids := slices.DeleteFunc(own.Identifiers(), func(id string) bool { return len(id) < minRedact || r.opens(id) })
	out.Facts = make(map[string]string, len(v.Facts))
	for name, fact := range v.Facts {
		out.Facts[name] = Between(fact, ids, func(p string) string {
			if p = r.Clean(p); mask != nil {
				p = mask(name, p)
			}
			return p
		})
	}
	return out
}

// opens reports whether an id is a secret as well, as where user and password
// are the same.
func (r *Redactor) opens(id string) bool { return r.secrets[id] && !PublicID(id) }

// Between changes what stands between the keys in a text. None of them is empty.
func Between(text string, keys []string, change func(string) string) string {
	var out strings.Builder
	for {
		at, key := len(text), ""
		for _, k := range keys {
			if i := strings.Index(text, k); i >= 0 && (i < at || i == at && len(k) > len(key)) {
				at, key = i, k
			}
		}
		out.WriteString(change(text[:at]))
		if key == "" {
			return out.String()
		}
		out.WriteString(key)
		text = text[at+len(key):]
	}
}
