//go:build ignore

// Scenario makes the repositories of the tutorial in DIR, which must not exist:
//
//	go run scripts/scenario.go DIR
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/whosekey/whosekey/internal/scenario"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: go run scripts/scenario.go DIR")
	}
	wants, err := scenario.Build(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d credentials in %s/payments, one of them also in %s/billing\n", len(wants), os.Args[1], os.Args[1])
}
