package rules

// forms are the files that describe how credentials are written down, whosever they are.
var forms = map[string]bool{"httpauth": true, "jwt": true, "logins": true, "privatekey": true, "urlcredentials": true, "jdbc": true}

// Form reports whether a provider is none, but a form in which the credentials of others
// stand. Of two rules that find the same, one that knows whose it is says more.
func Form(provider string) bool { return forms[provider] }
