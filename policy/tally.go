package policy

import "time"

// Unaudited counts the entries that give no reason.
func (b *Baseline) Unaudited() (n int) {
	for i := range b.Entries {
		if b.Entries[i].Reason == "" {
			n++
		}
	}
	return n
}

// Expired counts the entries whose last day is over.
func (b *Baseline) Expired(now time.Time) (n int) {
	for i := range b.Entries {
		if b.Entries[i].Expired(now) {
			n++
		}
	}
	return n
}
