// Package awskey reads the ids of AWS access keys.
package awskey

import (
	"encoding/base32"
	"fmt"
	"strings"
	"sync"
)

// Account reads the account from the id of an AWS key: bits 1 to 40 of what
// its base32 stands for. Ids from before 2018 have no account in them; their
// fifth character is I or J. Numbers of more than twelve digits are no accounts:
// such an id is made up.
func Account(id string) (account string, ok bool) {
	if len(id) != 20 || id[4] == 'I' || id[4] == 'J' {
		return "", false
	}
	if kind := id[:4]; kind != "AKIA" && kind != "ASIA" && kind != "ABIA" && kind != "ACCA" {
		return "", false
	}
	b, err := base32.StdEncoding.DecodeString(id[4:])
	if err != nil || len(b) != 10 { // an end of line is passed over, and padding is less
		return "", false
	}
	var n uint64
	for _, x := range b[:6] {
		n = n<<8 | uint64(x)
	}
	if n = n & 0x7fffffffff80 >> 7; n > 999_999_999_999 {
		return "", false
	}
	return fmt.Sprintf("%012d", n), true
}

// Canary says who makes traps in an account: keys that raise an alarm when
// they are used. Empty if that is not known of it; somebody's own account may
// have some too.
func Canary(account string) (by string) { return canaries()[account] }

// canaries are the accounts of canarytokens.org and of imitators, as Truffle
// Security (https://trufflesecurity.com/canaries) and other scanners publish
// them.
var canaries = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for by, list := range map[string]string{
		"canarytokens.org": `052310077262 171436882533 266735846894 528757803018 534261010715 538784191382 595918472158
			717712589309 729780141977 730335385048 819147034852 893192397702 992382622183`,
		"an imitator of canarytokens.org": `044858866125 251535659677 344043088457 351906852752 390477818340 426127672474
			427150556519 439872796651 445142720921 465867158099 637958123769 693412236332 732624840810 735421457923
			959235150393 982842642351`,
	} {
		for _, account := range strings.Fields(list) {
			out[account] = by
		}
	}
	return out
})
