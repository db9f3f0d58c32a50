package report

import (
	"testing"
)

func TestText(t *testing.T) {
	golden(t, "plain.golden", written(t, "text", Options{}))
	golden(t, "colour.golden", written(t, "text", Options{Color: true, Width: 60}))
	golden(t, "verbose.golden", written(t, "text", Options{Verbose: true}))
}
