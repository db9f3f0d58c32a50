package detectors

// unleet undoes what people write for letters, in a room if that is large enough.
func unleet(s string, room []byte) string {
	if len(s) > len(room) {
		room = make([]byte, len(s))
	}
	plain := room[:copy(room, s)]
	for i, c := range plain {
		if to := leet[c]; to != 0 {
			plain[i] = to
		}
	}
	return view(plain)
}

// leet are letters by what people write for them.
var leet = [256]byte{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', '$': 's', '!': 'i'}
