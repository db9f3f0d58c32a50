//go:build ignore

// Literals prints the literals that whosekey's built-in rules are looked for
// by, one a line, folded and without doubles: what a search program is given
// to read a tree as whosekey does.
//
//	go run scripts/literals.go > FILE; rg -c -i -F -f FILE TREE
package main

import (
	"fmt"
	"log"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/rules"
)

func main() {
	log.SetFlags(0)
	ps, err := rules.Shipped()
	if err != nil {
		log.Fatal(err)
	}
	ds, err := detectors.Compile(ps)
	if err != nil {
		log.Fatal(err)
	}
	var all []string
	for _, d := range append(ds, detectors.Builtin(nil)...) {
		for _, l := range d.Spec().Literals {
			if !strings.Contains(l.Text, "\n") { // a line cannot hold it
				all = append(all, strings.ToLower(l.Text))
			}
		}
	}
	slices.Sort(all)
	for _, text := range slices.Compact(all) {
		fmt.Println(text)
	}
}
