# Set up in two commands: `make run` builds and demonstrates, `make test` tests.
.PHONY: build test
build:
	go build -trimpath -o bin/whosekey ./cmd/whosekey
test:
	go test ./...
