package archive

// derive emits what is in a file of the kinds that have a reader of their own.
func (w *walker) derive(k Kind, in *input, depth int) error { return errMethod }
