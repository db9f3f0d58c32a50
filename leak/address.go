package leak

import "strings"

// machineDomains have the addresses of service accounts, which are names of theirs and
// nobody's mailboxes: those of Google Cloud end in gserviceaccount.com, whoever made them
// (https://docs.cloud.google.com/iam/docs/service-account-types); those of 1Password are
// made by it (https://developer.1password.com/docs/service-accounts/security), and which
// domain they have is read in its tokens (https://github.com/detunized/password-manager-access).
var machineDomains = []string{".gserviceaccount.com", "1passwordserviceaccounts.com"}

// MachineAddress reports whether an e-mail address is the name of a service account,
// or what git calls a user of servers, git@github.com, and so no person's.
func MachineAddress(s string) bool {
	local, host, ok := strings.Cut(strings.ToLower(s), "@")
	if !ok {
		return false
	}
	for _, d := range machineDomains {
		if strings.HasSuffix("."+host, "."+strings.TrimPrefix(d, ".")) {
			return true
		}
	}
	return local == "git"
}
