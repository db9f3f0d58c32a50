package main

import (
	"testing"
	"time"
)

// TestTwoPushesInASecond: forges tell the second of the last push alone, so that one more in the
// same second looks like none. It is found when a sweep comes that can be sure of it.
func TestTwoPushesInASecond(t *testing.T) {
	t.Parallel()
	for _, forge := range []string{"github", "gitea"} {
		t.Run(forge, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			want := plantedRepos(t, dir, 3)
			f := newFakeForge(t, dir)
			name := f.names[1]
			at := time.Now().Add(-15*time.Minute + 15*time.Second).Truncate(time.Second) // nearly sure
			f.set(func() { f.pushed[name] = at })
			args := []string{"--" + forge, "acme", "--" + forge + "-url", f.URL, "--state", t.TempDir()}
			complete(t, sweepOnce(t, args...), want)
			if time.Since(at) > 15*time.Minute {
				t.Skip("the machine is too slow for this")
			}
			want[pushedTo+name] = f.push(name)
			f.set(func() { f.pushed[name] = at })
			time.Sleep(time.Until(at.Add(15*time.Minute + time.Second)))
			complete(t, sweepOnce(t, args...), want)
			clones := f.clones[name]
			complete(t, sweepOnce(t, args...), want)
			if f.clones[name] != clones {
				t.Errorf("what is sure is fetched again")
			}
		})
	}
}
