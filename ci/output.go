package ci

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

// Pair is an output of a step.
type Pair struct{ Name, Value string }

// word is one that nobody can guess.
func word() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// Outputs writes what the runner takes as outputs of the step: GITHUB_OUTPUT. Values
// stand between lines that nobody can foresee, so that none can end early and set
// another output (docs.github.com, "Multiline strings").
func Outputs(pairs []Pair) string {
	var b strings.Builder
	for _, p := range pairs {
		end := "whosekey_" + word()
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", p.Name, end, p.Value, end)
	}
	return b.String()
}

// Mute returns lines between which the runner takes nothing that is printed for a
// command (docs.github.com, "Stopping and starting workflow commands").
func Mute() (stop, resume string) {
	token := word()
	return "::stop-commands::" + token + "\n", "::" + token + "::\n"
}

// Append adds text to one of the files that a runner gives a step.
func Append(file, text string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(text); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
