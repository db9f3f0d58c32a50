package main

import (
	"cmp"
	"errors"
	"slices"
	"strconv"

	"github.com/spf13/pflag"
)

// foundCode is the flag --exit-code: what a run exits with that findings make fail. 0
// stands for exitFindings.
type foundCode int

var _ pflag.Value = new(foundCode)

// taken are the codes above our own that say that a program was not run or was killed.
var taken = []int{126, 127, exitInterrupted, 128 + 9, 128 + 15}

// Set implements pflag.Value.
func (c *foundCode) Set(text string) error {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return errors.New("it is no number")
	case n == exitClean:
		return errors.New("--exit-zero is the way to have findings ignored, and says so")
	case n != exitFindings && n <= exitPolicy, n > 255, slices.Contains(taken, n):
		return errors.New("it is 1, or 5 to 255 without 126, 127, 130, 137 and 143: the others say that something went wrong")
	}
	*c = foundCode(n)
	return nil
}

func (c *foundCode) String() string { return strconv.Itoa(c.exit(exitFindings)) }

// Type implements pflag.Value.
func (c *foundCode) Type() string { return "N" }

// exit is what a run leaves with that would leave with code.
func (c *foundCode) exit(code int) int {
	if code == exitFindings {
		return cmp.Or(int(*c), exitFindings)
	}
	return code
}
