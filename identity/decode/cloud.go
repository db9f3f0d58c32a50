package decode

// cloud are the decoders of clouds, code forges and identity providers.
var cloud = []decoder{}
