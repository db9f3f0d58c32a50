package rules

// Sources returns the provider files that were compiled in, by name.
func Sources() map[string]string {
	files, err := shippedSources()
	if err != nil {
		return nil
	}
	all := map[string]string{}
	for _, f := range files {
		all[f.name] = f.text
	}
	return all
}

// Broken reports whether a text that stands for builtin.bin is refused.
func Broken(data string) bool {
	_, _, err := readSnapshot(data)
	return err != nil
}

// Compiled is builtin.bin.
func Compiled() string { return snapshot }
