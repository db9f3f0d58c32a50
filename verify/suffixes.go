package verify

import (
	_ "embed"
	"strings"
	"sync"
)

// suffixes.txt has the names that lie above public suffixes and are none
// themselves: "amazonaws.com", above "s3.amazonaws.com". Package publicsuffix
// knows them and does not tell; TestSuffixes makes the file of its list.
//
//go:embed suffixes.txt
var suffixText string

// shared are domains of clouds whose customers have names below them, and that
// are missing in the list of public suffixes.
const shared = `azure.com database.azure.com documents.azure.com cloudapp.azure.com azure.net azure.cn cloudapp.net chinacloudapi.cn windows.net
	aliyuncs.com myqcloud.com myhuaweicloud.com oraclecloud.com googleapis.com googleusercontent.com mongodb.net`

var aboveSet = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for _, s := range strings.Fields(suffixText + shared) {
		set[s] = true
	}
	return set
})

// abovePublic reports whether names below a suffix, with more labels, are those
// of everybody: "*.amazonaws.com" has every bucket in it.
func abovePublic(host string) bool { return aboveSet()[host] }
