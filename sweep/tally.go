package sweep

// Tally counts what a process did.
type Tally struct {
	Listed, Full, Increments, Rules, Verified, Resolved, Logs, Issues, Unchanged, Failed int
	Added                                                                                int
	Bytes                                                                                int64
}

// Since is what was done after another count of the same process.
func (t Tally) Since(o Tally) Tally {
	return Tally{
		t.Listed - o.Listed, t.Full - o.Full, t.Increments - o.Increments, t.Rules - o.Rules, t.Verified - o.Verified, t.Resolved - o.Resolved,
		t.Logs - o.Logs, t.Issues - o.Issues, t.Unchanged - o.Unchanged, t.Failed - o.Failed, t.Added - o.Added, t.Bytes - o.Bytes,
	}
}
