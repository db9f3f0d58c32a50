package verify

import (
	"sync"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// Cache keeps verdicts, so that the same credential is not asked about again.
// Its keys are HMACs of the credential, of who asks and of whom: see Engine.key.
// It is used by several goroutines at once. NewLasting makes one that outlives the
// program.
type Cache interface {
	// Get returns what is known at a time.
	Get(key string, now time.Time) (leak.Verdict, bool)
	Put(key string, v leak.Verdict, until time.Time)
}

// How long verdicts are good for. A credential can be revoked any moment; one
// that was refused rarely comes back. What is unknown is asked again.
const (
	liveFor = time.Hour
	deadFor = 24 * time.Hour
)

// goodFor is how long a verdict is good for; 0 if it is not kept.
func goodFor(v leak.Verdict) time.Duration {
	switch v.Status {
	case leak.Live, leak.Restricted:
		return liveFor
	case leak.Dead, leak.Expired:
		return deadFor
	}
	return 0
}

// NewMemory returns a Cache that forgets everything when the program ends.
func NewMemory() Cache { return &memory{m: map[string]kept{}} }

type memory struct {
	mu sync.Mutex
	m  map[string]kept
}

type kept struct {
	v     leak.Verdict
	until time.Time
}

func (c *memory) Get(key string, now time.Time) (leak.Verdict, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.m[key]
	return k.v, ok && now.Before(k.until)
}

func (c *memory) Put(key string, v leak.Verdict, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m[key] = kept{v, until}
}
