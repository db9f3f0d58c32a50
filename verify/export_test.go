package verify

// NKeyPublic is what tests need to make a user of NATS.
var NKeyPublic = nkeyPublic

// SignAlibaba is compared with the example of the documentation.
var SignAlibaba = signAlibaba
