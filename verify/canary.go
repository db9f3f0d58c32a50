package verify

import (
	"encoding/base32"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// Accounts of AWS in which canarytokens.org and imitators make keys that raise
// an alarm when they are used, as Truffle Security
// (https://trufflesecurity.com/canaries) and other scanners publish them. They
// tell nothing about traps in somebody's own account.
var canaryAccounts = map[string]string{}

func init() {
	for by, list := range map[string]string{
		"canarytokens.org": `052310077262 171436882533 266735846894 528757803018 534261010715 538784191382 595918472158
			717712589309 729780141977 730335385048 819147034852 893192397702 992382622183`,
		"an imitator of canarytokens.org": `044858866125 251535659677 344043088457 351906852752 390477818340 426127672474
			427150556519 439872796651 445142720921 465867158099 637958123769 693412236332 732624840810 735421457923
			959235150393 982842642351`,
	} {
		for _, account := range strings.Fields(list) {
			canaryAccounts[account] = by
		}
	}
}

// canaryHost finds the names under which canarytokens.org and the servers of
// Thinkst's customers (HASH.o3n.io, says the manual of its consoles) serve their
// traps: in URLs, and in the DSNs of dumps. Looking such a name up raises the
// alarm already (https://docs.canarytokens.org/guide/dns-token.html).
var canaryHost = regexp.MustCompile(`(?i)(?:^|[^a-z0-9-])(?:[a-z0-9-]+\.)*(canarytokens\.(?:com|org|net)|o3n\.io)(?:$|[^a-z0-9.-]|\.(?:$|[^a-z0-9]))`)

// canary reports that a credential is a known trap. It looks at nothing but the
// credential.
func canary(parts leak.Parts) (by string, ok bool) {
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		v := parts[name].Reveal()
		if account, ok := awsAccount(v); ok && canaryAccounts[account] != "" {
			return canaryAccounts[account], true
		}
		if len(v) < 1<<16 {
			if m := canaryHost.FindStringSubmatch(v); m != nil {
				return strings.ToLower(m[1]), true
			}
		}
	}
	return "", false
}

var awsKeyID = regexp.MustCompile(`^A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}$`)

// awsAccount reads the account from the id of an AWS key: bits 1 to 40 of what
// its base32 stands for. Ids from before 2018 have no account in them; their
// fifth character is I or J.
func awsAccount(id string) (string, bool) {
	if !awsKeyID.MatchString(id) || id[4] == 'I' || id[4] == 'J' {
		return "", false
	}
	b, err := base32.StdEncoding.DecodeString(id[4:])
	if err != nil {
		return "", false
	}
	var n uint64
	for _, x := range b[:6] {
		n = n<<8 | uint64(x)
	}
	return fmt.Sprintf("%012d", n&0x7fffffffff80>>7), true
}

// foreign names the tenant of a credential if the user said which are theirs
// and this one is not among them. Only AWS keys say it themselves.
func foreign(parts leak.Parts, own []string) string {
	for _, s := range parts {
		account, ok := awsAccount(s.Reveal())
		if !ok {
			continue
		}
		listed := false
		for _, o := range own {
			id, aws := strings.CutPrefix(o, "aws:")
			if listed = listed || aws; aws && id == account {
				return ""
			}
		}
		if listed {
			return "AWS account " + account
		}
	}
	return ""
}
