package decode

// others are the decoders of all other credentials, and of files.
var others = []decoder{}
