package verify

import (
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// Keeper keeps sealed verdicts by their keys: a database. It is used by several
// goroutines at once.
type Keeper interface {
	// KeptVerdict returns what is kept for a key, nil if that is nothing.
	KeptVerdict(ctx context.Context, key string) ([]byte, error)
	// KeepVerdict keeps it in the place of what was there. After until nobody asks
	// for it.
	KeepVerdict(ctx context.Context, key string, sealed []byte, until time.Time) error
}

// CacheSalt makes of the user's key the one for Config.Salt: the keys of a Cache
// that lasts are no ids of findings.
func CacheSalt(key []byte) []byte { return derived(key, "whosekey: names of kept verdicts") }

func derived(key []byte, purpose string) []byte {
	h := hmac.New(sha256.New, key)
	io.WriteString(h, purpose)
	return h.Sum(nil)
}

// NewLasting returns a Cache that outlives the program. What it keeps is sealed
// with the user's key, bound to its place: without the key nobody reads it, makes
// an entry or moves one. failed is told why the Keeper cannot be used; then it is
// left alone for a minute, and all is asked.
func NewLasting(k Keeper, key []byte, now func() time.Time, failed func(error)) Cache {
	block, err := aes.NewCipher(derived(key, "whosekey: seal of kept verdicts"))
	if err != nil {
		panic("verify: " + err.Error()) // the key has 32 bytes
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("verify: " + err.Error())
	}
	return &lasting{keeper: k, seal: seal, now: now, failed: failed, seen: NewMemory()}
}

type lasting struct {
	keeper Keeper
	seal   cipher.AEAD
	now    func() time.Time
	failed func(error)
	seen   Cache // of this run, in front of the keeper

	mu    sync.Mutex
	alone time.Time // until then the keeper is not used
}

const (
	// keeperTime is how long a call of the keeper may take.
	keeperTime = 10 * time.Second
	// keeperPause is how long it is left alone after one that failed.
	keeperPause = time.Minute
	// skew is how far ahead the clocks of other machines may be.
	skew = 5 * time.Minute
)

// entry is what is sealed.
type entry struct {
	Verdict leak.Verdict
	From    time.Time
	Until   time.Time
}

func (c *lasting) Get(key string, now time.Time) (leak.Verdict, bool) {
	if v, ok := c.seen.Get(key, now); ok {
		return v, true
	}
	var sealed []byte
	c.use(func(ctx context.Context) (err error) {
		sealed, err = c.keeper.KeptVerdict(ctx, key)
		return err
	})
	e, ok := c.open(key, sealed)
	// Clocks are set back: what was kept for longer than it may be is not believed.
	if !ok || now.Add(skew).Before(e.From) || !now.Before(e.Until) || e.Until.Sub(e.From) > goodFor(e.Verdict) {
		return leak.Verdict{}, false
	}
	c.seen.Put(key, e.Verdict, e.Until)
	return e.Verdict, true
}

func (c *lasting) Put(key string, v leak.Verdict, until time.Time) {
	c.seen.Put(key, v, until)
	plain, err := json.Marshal(entry{v, c.now(), until})
	if err != nil {
		panic("verify: " + err.Error()) // a Verdict is texts, numbers and times
	}
	c.use(func(ctx context.Context) error {
		return c.keeper.KeepVerdict(ctx, key, c.seal.Seal(nil, nil, plain, []byte(key)), until)
	})
}

func (c *lasting) open(key string, sealed []byte) (e entry, ok bool) {
	plain, err := c.seal.Open(nil, nil, sealed, []byte(key))
	return e, err == nil && json.Unmarshal(plain, &e) == nil
}

// use calls the keeper, unless it is left alone.
func (c *lasting) use(call func(context.Context) error) {
	c.mu.Lock()
	alone := c.now().Before(c.alone)
	c.mu.Unlock()
	if alone {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), keeperTime)
	defer cancel()
	err := call(ctx)
	if err == nil {
		return
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = fmt.Errorf("it does not answer within %v", keeperTime)
	}
	c.mu.Lock()
	c.alone = c.now().Add(keeperPause)
	c.mu.Unlock()
	c.failed(err)
}

// revision tells what asks apart: verdicts of another version of a verifier, of
// the program, or behind another proxy are not this one's.
func (e *Engine) revision(table *rules.Verify) string {
	h := sha256.New()
	proxy := ""
	if e.door.proxy != nil {
		proxy = e.door.proxy.Scheme + "://" + e.door.proxy.Host
	}
	fmt.Fprintf(h, "%q %q ", e.door.opts.Version, proxy)
	if table != nil {
		bare := *table
		bare.Exchanges = nil // for tests
		if err := json.NewEncoder(h).Encode(bare); err != nil {
			panic("verify: " + err.Error()) // it was read from a file of texts, lists and numbers
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

// keep puts verdicts that say something into the cache. No credential of any of
// the findings may be in one: a provider may name another than was asked about.
func (e *Engine) keep(jobs []*job, fs []*leak.Finding) {
	var known leak.Redactor
	for _, f := range fs {
		known.Add(f.Parts)
	}
	known.Ready()
	for _, j := range jobs {
		if d := goodFor(j.verdict); j.asked && d > 0 && !j.verdict.When.IsZero() { // somebody was asked
			now := e.cfg.Now()
			until := now.Add(d)
			if end, err := time.Parse(time.RFC3339, j.verdict.Facts[leak.FactExpires]); err == nil && end.After(now) && end.Before(until) {
				until = end
			}
			e.cfg.Cache.Put(j.key, known.Verdict(&j.verdict, j.findings[0].Parts, nil), until)
		}
	}
}

// question is what a key says of the calls that would be made.
func question(calls []Call) string {
	out := ""
	for _, c := range calls {
		out += fmt.Sprintf("%s %q %q %q;", cmp.Or(c.Class, leak.S0), c.Method, c.Host, c.Path)
	}
	return out
}
