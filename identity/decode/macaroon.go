package decode

import (
	"encoding/binary"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// maxCaveats is how many restrictions of a token are looked at.
const maxCaveats = 64

// packageIndex reads the tokens of Python's package index: a macaroon of
// libmacaroons' binary form 2, whose location is the index. Its caveats are
// JSON: arrays that begin with a number for the kind, or objects of an older form
// (pypi/warehouse, warehouse/macaroons/caveats).
func packageIndex(in *Input) []leak.Evidence {
	body, ok := strings.CutPrefix(in.Value, "pypi-")
	if !ok {
		return nil
	}
	raw, _ := unbase64(body)
	location, id, caveats, ok := macaroon2(raw)
	if !ok && madeOf(body, "-_", 60, 1000) {
		return about("pypi", leak.APIKey, "API token", .6, "begins with pypi-").list
	}
	if !ok {
		return nil
	}
	c := about("pypi", leak.APIKey, "API token", .97, "a macaroon")
	c.add(leak.ClaimServer, location, "location of the macaroon")
	if isUUID(id) {
		c.add(leak.ClaimKeyID, id, "identifier of the macaroon")
	}
	scoped := false
	for _, text := range caveats {
		scoped = indexCaveat(c, text) || scoped
	}
	c.add(leak.ClaimPermission, "publish", "what tokens of the index are for")
	if !scoped {
		c.add(leak.ClaimScope, "all projects of the user", "no caveat restricts the projects")
	}
	return c.list
}

// macaroon2 reads a macaroon: version 2, then fields of a type, a length and
// bytes: location 1, identifier 2, end 0; the caveats likewise, an empty one at
// the end; then the signature, field 6.
func macaroon2(raw []byte) (location, id string, caveats []string, ok bool) {
	if len(raw) < 4 || raw[0] != 2 {
		return "", "", nil, false
	}
	raw = raw[1:]
	section := 0
	for len(raw) > 0 {
		kind := raw[0]
		if raw = raw[1:]; kind == 0 { // the end of a section
			if section++; section > maxCaveats || len(raw) > 0 && (raw[0] == 0 || raw[0] == 6) {
				break
			}
			continue
		}
		length, n := binary.Uvarint(raw)
		if n <= 0 || length > uint64(len(raw)-n) {
			break // it was cut off: what came before is good
		}
		field := string(raw[n : n+int(length)])
		raw = raw[n+int(length):]
		switch {
		case kind == 1 && section == 0:
			location = field
		case kind == 2 && section == 0:
			id = field
		case kind == 2:
			caveats = append(caveats, field)
		}
	}
	return location, id, caveats, location != "" && printable(location) && id != ""
}

// indexCaveat adds what a restriction says, and reports whether it names projects.
func indexCaveat(c *told, text string) (scoped bool) {
	var list []json.RawMessage
	if readJSON([]byte(text), &list) != nil {
		return oldCaveat(c, text)
	}
	if len(list) < 2 {
		return false
	}
	var numbers [2]int64
	var words []string
	var word string
	switch string(list[0]) {
	case "0":
		if len(list) == 3 && json.Unmarshal(list[1], &numbers[0]) == nil && json.Unmarshal(list[2], &numbers[1]) == nil {
			c.unix(leak.ClaimExpires, numbers[0], "caveat: expires at")
			c.unix(leak.ClaimIssued, numbers[1], "caveat: not before")
		}
	case "1", "2":
		return json.Unmarshal(list[1], &words) == nil && projects(c, words, string(list[0]) == "1")
	case "3":
		if json.Unmarshal(list[1], &word) == nil {
			c.set(leak.ClaimID, word, "caveat: the user's id")
			c.set(leak.ClaimType, string(leak.HumanAccount), "caveat: acts for one user")
		}
	case "4":
		if json.Unmarshal(list[1], &word) == nil {
			c.set(leak.ClaimID, word, "caveat: id of the trusted publisher")
			c.set(leak.ClaimType, string(leak.WorkloadIdentity), "caveat: made for a trusted publisher (OIDC)")
		}
	}
	return false
}

// oldCaveat reads the objects of tokens before 2022.
func oldCaveat(c *told, text string) bool {
	var old struct {
		Permissions json.RawMessage
		Exp, Nbf    int64
		ProjectIDs  []string `json:"project_ids"`
	}
	if readJSON([]byte(text), &old) != nil {
		return false
	}
	c.unix(leak.ClaimExpires, old.Exp, "caveat: exp")
	c.unix(leak.ClaimIssued, old.Nbf, "caveat: nbf")
	var scope struct{ Projects []string }
	if json.Unmarshal(old.Permissions, &scope) == nil && projects(c, scope.Projects, true) {
		return true
	}
	return projects(c, old.ProjectIDs, false)
}

func projects(c *told, names []string, named bool) bool {
	for i, name := range names[:min(len(names), maxCaveats)] {
		if named && i == 0 {
			c.add(leak.ClaimName, name, "caveat: a project's name")
		}
		c.add(leak.ClaimScope, "project "+name, "caveat: the projects that it is for")
	}
	return len(names) > 0
}

// fly reads tokens of Fly.io: base64 of MessagePack [nonce, location, caveats,
// tail], caveats being a flat list of kinds and bodies (superfly/macaroon).
// Several tokens may stand with commas between.
func fly(in *Input) []leak.Evidence {
	value := strings.TrimSpace(strings.TrimPrefix(in.Value, "FlyV1"))
	if strings.HasPrefix(value, "fo1_") && madeOf(value, "-_", 40, 80) {
		return about("flyio", leak.HumanAccount, "personal access token", .7, "begins with fo1_").list
	}
	var c *told
	for i, token := range strings.SplitN(value, ",", 9) {
		label, body, _ := strings.Cut(token, "_")
		if i == 8 || label != "fm2" && label != "fm1r" && label != "fm1a" {
			break
		}
		raw, ok := unbase64(body)
		if !ok {
			break
		}
		if c == nil {
			c = about("flyio", leak.APIKey, "token (macaroon)", .7, "begins with "+label+"_")
		}
		flyMacaroon(c, raw)
	}
	if c == nil {
		return nil
	}
	return c.list
}

func flyMacaroon(c *told, raw []byte) {
	r := &msgpack{data: raw}
	doc, _ := r.value(0).([]any) // what was read before an error is of use
	if len(doc) < 3 {
		return
	}
	if location, ok := doc[1].(string); ok {
		c.add(leak.ClaimServer, location, "location of the macaroon")
	}
	caveats, _ := doc[2].([]any)
	flyCaveats(c, caveats, 0)
}

// The kinds of caveats that say something here (superfly/macaroon, caveat.go).
const (
	flyOrganization, flyApps, flyValidity, flyMutations  = 0, 3, 4, 6
	flyConfineUser, flyConfineOrganization, flyIsUser    = 8, 9, 10
	flyIfPresent, flyFromMachine, flyIsMember, flyUserID = 13, 15, 22, 23
)

func flyCaveats(c *told, list []any, depth int) {
	for i := 0; i+1 < len(list) && i < 2*maxCaveats && depth < 4; i += 2 {
		kind, ok := list[i].(uint64)
		if !ok {
			return
		}
		body, _ := list[i+1].([]any)
		if n, ok := list[i+1].(uint64); ok && kind == flyUserID {
			body = []any{n}
		}
		if len(body) > 0 {
			flyCaveat(c, kind, body, depth)
		} else if kind == flyIsMember {
			c.add(leak.ClaimNote, "no administration of the organization", "caveat")
		}
	}
}

func flyCaveat(c *told, kind uint64, body []any, depth int) {
	number, isNumber := body[0].(uint64)
	id := strconv.FormatUint(number, 10)
	switch {
	case kind == flyOrganization && isNumber && len(body) == 2:
		c.set(leak.ClaimTenant, id, "caveat: organization")
		c.set(leak.ClaimTenantKind, "organization", "caveat: organization")
		mask, _ := body[1].(uint64)
		c.add(leak.ClaimPermission, flyActions(mask), "caveat: what is allowed in the organization")
	case kind == flyConfineOrganization && isNumber:
		c.set(leak.ClaimTenant, id, "caveat: confined to an organization")
		c.set(leak.ClaimTenantKind, "organization", "caveat: confined to an organization")
	case kind == flyApps:
		for _, pair := range pairs(body[0]) {
			app, _ := pair[0].(uint64)
			mask, _ := pair[1].(uint64)
			c.add(leak.ClaimScope, "app "+strconv.FormatUint(app, 10)+": "+flyActions(mask), "caveat: apps")
		}
	case kind == flyValidity && len(body) == 2:
		from, _ := body[0].(uint64)
		until, _ := body[1].(uint64)
		c.unix(leak.ClaimIssued, int64(min(from, 1<<40)), "caveat: not before")
		c.unix(leak.ClaimExpires, int64(min(until, 1<<40)), "caveat: not after")
	case (kind == flyConfineUser || kind == flyIsUser || kind == flyUserID) && isNumber:
		c.set(leak.ClaimType, string(leak.HumanAccount), "caveat: acts for one user")
		c.set(leak.ClaimID, id, "caveat: the user's id")
	case kind == flyFromMachine:
		machine, _ := body[0].(string)
		c.add(leak.ClaimScope, "machine "+machine, "caveat: only from one machine")
	case kind == flyMutations:
		names, _ := body[0].([]any)
		for _, name := range names[:min(len(names), maxCaveats)] {
			text, _ := name.(string)
			c.add(leak.ClaimPermission, text, "caveat: mutations")
		}
	case kind == flyIfPresent:
		inner, _ := body[0].([]any)
		flyCaveats(c, inner, depth+1)
	}
}

// flyActions are the bits of a mask, in words.
func flyActions(mask uint64) string {
	switch mask & 31 {
	case 31:
		return "admin"
	case 1:
		return "read-only"
	}
	var words []string
	for bit, word := range []string{"read", "write", "create", "delete", "control"} {
		if mask>>bit&1 == 1 {
			words = append(words, word)
		}
	}
	return strings.Join(words, ",")
}

// pairs are the entries of a MessagePack map.
func pairs(v any) [][2]any {
	list, _ := v.(packedMap)
	return list[:min(len(list), maxCaveats)]
}
