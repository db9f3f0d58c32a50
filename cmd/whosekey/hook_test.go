package main

import (
	"os/exec"
)

func init() {
	// The test's own program answers to this name only.
	programFile = func() (string, error) { return exec.LookPath("whosekey") }
}
