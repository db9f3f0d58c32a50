package verify

// NKeyPublic and NKeyOf are what tests need to make a user of NATS, and who lets
// it in.
var (
	NKeyPublic = nkeyPublic
	NKeyOf     = nkeyName
)

// SignAlibaba is compared with the example of the documentation.
var SignAlibaba = signAlibaba
