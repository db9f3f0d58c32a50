package decode

// cloud are the decoders of clouds, code forges and identity providers.
var cloud = []decoder{}

// others are the decoders of all other credentials, and of files.
var others = []decoder{}
