package decode

import (
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

func twilioSID(s, prefix string) bool {
	return len(s) == 34 && strings.HasPrefix(s, prefix) && only(s[2:], lowHex)
}

// readTwilio reads SIDs: of an account, and of an API key
// (https://www.twilio.com/docs/iam/api-keys/keys-in-console,
// https://www.twilio.com/docs/glossary/what-is-a-sid).
func readTwilio(in *Input) []leak.Evidence {
	v := &voice{weight: 0.9}
	account, key := in.part("account"), in.part("key_id")
	if twilioSID(in.Value, "AC") {
		account = in.Value
	} else if twilioSID(in.Value, "SK") {
		key = in.Value
	}
	isAccount, isKey := twilioSID(account, "AC"), twilioSID(key, "SK")
	switch {
	case isKey:
		v.out = of("twilio", leak.APIKey, "Twilio API key", 0.9, "the SID of an API key").out
		v.say(leak.ClaimKeyID, key, "the SID of the API key")
		v.say(leak.ClaimID, key, "the SID of the API key")
	case isAccount:
		v.out = of("twilio", leak.APIKey, "Twilio auth token", 0.9, "the SID of an account").out
		if account == in.Value {
			v.out = of("twilio", leak.APIKey, "SID of a Twilio account", 0.9, "the SID of an account").out
			v.say(leak.ClaimNote, "an id opens nothing", "the SID of an account")
		} else {
			v.say(leak.ClaimPermission, "admin", "an auth token may do all in its account")
		}
	}
	if isAccount {
		v.tenant("account", account, "the SID of the account")
		if account == in.Value {
			v.say(leak.ClaimID, account, "the SID of an account")
		}
	}
	return v.out
}

var sendGridKey = lazy.New(`^SG\.([0-9A-Za-z_-]{20,24})\.[0-9A-Za-z_-]{39,50}$`)

// readSendGrid reads API keys: the piece between the dots is the key's id
// (https://www.twilio.com/docs/sendgrid/api-reference/api-keys).
func readSendGrid(in *Input) []leak.Evidence {
	m := sendGridKey.FindStringSubmatch(in.Value)
	if m == nil {
		return nil
	}
	v := of("sendgrid", leak.APIKey, "SendGrid API key", 0.9, "the prefix SG. and two pieces")
	v.say(leak.ClaimKeyID, m[1], "the key's id between its dots")
	return v.out
}

var mailchimpKey = lazy.New(`^[0-9a-f]{32}-(us[1-9][0-9]?)$`)

// readMailchimp reads API keys: they end with the data center
// (https://mailchimp.com/developer/marketing/docs/fundamentals/).
func readMailchimp(in *Input) []leak.Evidence {
	m := mailchimpKey.FindStringSubmatch(in.Value)
	if m == nil {
		return nil
	}
	v := of("mailchimp", leak.APIKey, "Mailchimp API key", 0.6, "32 hex digits and a data center")
	v.say(leak.ClaimRegion, m[1], "the data center at the end of the key")
	v.say(leak.ClaimServer, m[1]+".api.mailchimp.com", "the data center at the end of the key")
	v.say(leak.ClaimPermission, "admin", "an API key may do all in its account")
	return v.out
}

var mailgunKey = lazy.New(`^(?:(key|pubkey)-[0-9a-f]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})$`)

// readMailgun reads API keys
// (https://documentation.mailgun.com/docs/mailgun/user-manual/api-key-mgmt/rbac-mgmt).
func readMailgun(in *Input) []leak.Evidence {
	m := mailgunKey.FindStringSubmatch(in.Value)
	if m == nil {
		return nil
	}
	v := &voice{weight: 0.5}
	switch m[1] {
	case "key":
		v.out = of("mailgun", leak.APIKey, "Mailgun private API key", 0.5, "the prefix key-").out
		v.say(leak.ClaimPermission, "admin", "a private API key of the old kind may do all in its account")
	case "pubkey":
		v.out = of("mailgun", leak.APIKey, "Mailgun public validation key", 0.5, "the prefix pubkey-").out
		v.say(leak.ClaimPermission, "read-only", "it checks addresses, no more")
	default:
		if in.Provider != "mailgun" && !strings.HasPrefix(in.Rule, "mailgun-") {
			v.weight = 0.4 // the form alone
		}
		v.out = of("mailgun", leak.APIKey, "Mailgun API key (of an account or of a sending domain)", v.weight, "the form of the key").out
	}
	return v.out
}

var stripeKey = lazy.New(`^(sk_org|sk|rk|pk|whsec)_(?:(live|test)_)?[0-9A-Za-z]{20,250}$`)

// stripeBody is the form of secret and restricted keys. Others have keys that begin alike:
// Clerk (clerk.com/docs/guides/secure/rotate-api-keys), Paystack (paystack.com/docs/api/authentication).
var stripeBody = lazy.New(`^[sr]k_(?:live|test)_(?:51[0-9A-Za-z]{60,150}|[0-9A-Za-z]{24,34})$`)

// stripeKinds are the prefixes (https://docs.stripe.com/keys).
var stripeKinds = map[string]struct{ kind, permission, note string }{
	"sk":     {"Stripe secret key", "admin", ""},
	"sk_org": {"Stripe organization key", "", "it reaches the accounts of an organization"},
	"rk":     {"Stripe restricted key", "", "it may do what was chosen for it"},
	"pk":     {"Stripe publishable key", "", "a public key: it opens nothing alone"},
	"whsec":  {"Stripe webhook signing secret", "", "it proves that an event comes from Stripe: who has it can make events up"},
}

func readStripe(in *Input) []leak.Evidence {
	if len(in.Value) < 24 || len(in.Value) > 260 {
		return nil
	}
	m := stripeKey.FindStringSubmatch(in.Value)
	if m == nil {
		return nil
	}
	k, ok := stripeKinds[m[1]]
	if !ok || m[2] == "" && m[1] != "whsec" && m[1] != "sk_org" {
		return nil
	}
	if (m[1] == "sk" || m[1] == "rk") && !stripeBody.MatchString(in.Value) {
		return nil
	}
	if m[1] == "whsec" && in.Rule != "" && !strings.HasPrefix(in.Rule, "stripe-") {
		return nil // Svix and those who send by its scheme have them as well
	}
	why := "the prefix " + m[1] + "_"
	typ := leak.APIKey
	if m[1] == "whsec" {
		typ = leak.SigningKey
	}
	v := of("stripe", typ, k.kind, 0.8, why)
	v.say(leak.ClaimPermission, k.permission, "all keys of this kind may do all in their account")
	v.say(leak.ClaimNote, k.note, why)
	switch m[2] {
	case "live":
		v.say(leak.ClaimEnvironment, "prod", "live inside the key")
	case "test":
		v.say(leak.ClaimEnvironment, "test", "test inside the key: no real money")
	}
	return v.out
}
