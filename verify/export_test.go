package verify

// NKeyPublic is what tests need to make a user of NATS.
var NKeyPublic = nkeyPublic
