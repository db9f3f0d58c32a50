//go:build ignore

// Biglog writes a made-up log of MEGABYTES to standard output, the same one
// each time, with each TOKEN once:
//
//	go run scripts/biglog.go MEGABYTES [TOKEN...] > FILE
//
// Its lines are what services print: times, levels, JSON, URLs, ids in hex and
// traces of a stack. `whosekey rules example --bare RULE` makes tokens.
package main

import (
	"bufio"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"strconv"
	"time"
)

var (
	levels   = []string{"DEBUG", "INFO", "INFO", "INFO", "INFO", "WARN", "ERROR"}
	services = []string{"checkout", "catalogue", "sessions", "mailer", "search", "gateway", "billing-worker"}
	verbs    = []string{"GET", "GET", "GET", "POST", "PUT", "DELETE"}
	texts    = []string{
		"connection reset by peer, trying again", "cache miss for the list of articles", "user signed in",
		"no token in the header, asking for a login", "slow query on table orders", "worker is idle",
		"could not deliver the message, it stays in the queue", "configuration was read again", "key rotation: nothing to do",
	}
	agents = []string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "curl/8.5.0", "kube-probe/1.31",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148",
	}
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: go run scripts/biglog.go MEGABYTES [TOKEN...] > FILE")
	}
	mb, err := strconv.Atoi(os.Args[1])
	if err != nil || mb < 1 {
		log.Fatalf("biglog: %q is no number of megabytes", os.Args[1])
	}
	tokens, total := os.Args[2:], mb*1_000_000
	w := bufio.NewWriterSize(os.Stdout, 1<<20)
	rnd := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 3, 11, 9, 0, 0, 0, time.UTC)
	planted := 0
	for n := 0; n < total; {
		at = at.Add(time.Duration(rnd.IntN(40)) * time.Millisecond)
		l := line(rnd, at.Format("2006-01-02T15:04:05.000Z"))
		if planted < len(tokens) && n > (2*planted+1)*(total/(2*len(tokens))) {
			l += fmt.Sprintf("%s DEBUG [mailer] environment: API_TOKEN=%s\n", at.Format(time.DateTime), tokens[planted])
			planted++
		}
		n += len(l)
		if _, err := w.WriteString(l); err != nil {
			log.Fatalf("biglog: %v", err)
		}
	}
	if err := w.Flush(); err != nil {
		log.Fatalf("biglog: %v", err)
	}
}

func line(rnd *rand.Rand, at string) string {
	level, service := pick(rnd, levels), pick(rnd, services)
	switch rnd.IntN(12) {
	case 0, 1, 2, 3:
		return fmt.Sprintf(`{"time":"%s","level":"%s","service":"%s","trace_id":"%016x%016x","span_id":"%016x","user_id":%d,"duration_ms":%.2f,"msg":"%s"}`+"\n",
			at, level, service, rnd.Uint64(), rnd.Uint64(), rnd.Uint64(), rnd.IntN(1e6), rnd.Float64()*800, pick(rnd, texts))
	case 4, 5, 6:
		return fmt.Sprintf(`10.%d.%d.%d - - [%s] "%s https://shop.acme.example/api/v2/%s/%d?page=%d&sort=price&session=%08x HTTP/1.1" %d %d "-" "%s"`+"\n",
			rnd.IntN(256), rnd.IntN(256), rnd.IntN(256), at, pick(rnd, verbs), service, rnd.IntN(1e6), rnd.IntN(50), rnd.Uint32(),
			200+100*rnd.IntN(4), rnd.IntN(1e5), pick(rnd, agents))
	case 7:
		return fmt.Sprintf("%s %s [%s] image registry.acme.example/%s@sha256:%016x%016x%016x%016x\n",
			at, level, service, service, rnd.Uint64(), rnd.Uint64(), rnd.Uint64(), rnd.Uint64())
	case 8:
		return fmt.Sprintf("\tat com.acme.%s.Handler.invoke(Handler.java:%d)\n", service, rnd.IntN(900))
	}
	return fmt.Sprintf("%s %-5s [%s-%d] (%s) %s id=%08x-%04x-4%03x-a%03x-%012x took=%dms\n", at, level, service, rnd.IntN(8), "worker.go:"+strconv.Itoa(rnd.IntN(400)),
		pick(rnd, texts), rnd.Uint32(), rnd.IntN(1<<16), rnd.IntN(1<<12), rnd.IntN(1<<12), rnd.Int64N(1<<48), rnd.IntN(3000))
}

func pick(rnd *rand.Rand, from []string) string { return from[rnd.IntN(len(from))] }
