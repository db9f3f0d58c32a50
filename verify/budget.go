package verify

import "sync"

// pool is the budget of a run.
type pool struct {
	mu        sync.Mutex
	left      int
	unlimited bool
}

func newPool(calls int) *pool { return &pool{left: calls, unlimited: calls <= 0} }

func (p *pool) take(n int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.unlimited || p.left >= n {
		p.left -= n
		return true
	}
	return false
}

func (p *pool) give(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left += n
}

// credit is what was set aside for a question. What it needs beyond that, such
// as a second try, comes out of what nobody else needs.
type credit struct {
	mu   sync.Mutex
	left int
	pool *pool
}

// release gives back what is left.
func (c *credit) release() (left int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	left, c.left = c.left, 0
	c.pool.give(left)
	return left
}

const errBudget = problem("the budget of calls is used up")

func (c *credit) pay() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left > 0 {
		c.left--
		return nil
	}
	if !c.pool.take(1) {
		return errBudget
	}
	return nil
}
