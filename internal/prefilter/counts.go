//go:build ignore

// Counts writes pairs.bin: how rare each two bytes are in the texts that it is
// given, files or folders, each of which counts for as much as the others.
//
//	go run scripts/biglog.go 16 > log
//	go run internal/prefilter/counts.go "$(go env GOROOT)/src" log
//
// That is what pairs.bin was made of, with Go 1.26. Any other texts will do:
// what is committed was as good on the histories of git and Rails as their own
// counts are, within a tenth of the places that have to be looked at twice.
package main

import (
	"io/fs"
	"log"
	"math"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: go run internal/prefilter/counts.go FILE|FOLDER... (in the root of the checkout)")
	}
	var odds [128 * 128]float64
	for _, root := range os.Args[1:] {
		counts, total := count(root)
		for i, n := range counts {
			odds[i] += (n + 1) / total / float64(len(os.Args)-1)
		}
	}
	var out [len(odds)]byte
	for i, p := range odds {
		out[i] = byte(min(max(math.Round(-8*math.Log2(p)), 0), 255))
	}
	if err := os.WriteFile("internal/prefilter/pairs.bin", out[:], 0o644); err != nil {
		log.Fatal(err)
	}
}

// count counts the pairs of bytes in all files below root.
func count(root string) (counts [128 * 128]float64, total float64) {
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(name)
		for i := range max(0, len(b)-1) {
			counts[int(min(b[i], 127))+128*int(min(b[i+1], 127))]++
			total++
		}
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	if total == 0 {
		log.Fatalf("%s holds no text", root)
	}
	return counts, total
}
