package archive

func (w *walker) pdf(in *input, data []byte) error { return nil }
