package decode

// others are the decoders of all other credentials, and of files. It is a
// function because files hold credentials, which are decoded in turn.
func others() []decoder {
	return []decoder{}
}
