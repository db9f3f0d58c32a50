// Command whosekey finds leaked credentials and says whose they are.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	startMemory()
	// A signal ends the run in order: a clone of a private repository may be
	// in a temporary folder. So does a reader of the output that goes away.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Ignore(syscall.SIGPIPE)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
