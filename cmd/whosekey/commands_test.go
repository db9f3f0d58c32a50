package main

import "testing"

// The name in the list is the command's own, or it would be made for nothing; and
// what a hook asks for is made alone.
func TestCommandsByName(t *testing.T) {
	a := &app{}
	check := func(args []string, list []named) {
		for _, n := range list {
			if got := n.make().Name(); got != n.name {
				t.Errorf("%q makes %q", n.name, got)
			}
			root := a.root(append(args, n.name)...)
			c, rest, err := root.Find(append(args, n.name))
			if err != nil || c.Name() != n.name || len(rest) > 0 {
				t.Errorf("%q %q: found %q, %q, %v", args, n.name, c.Name(), rest, err)
			}
			if siblings := len(c.Parent().Commands()); siblings != 1 {
				t.Errorf("%q %q: %d commands were made", args, n.name, siblings)
			}
		}
	}
	check(nil, a.commands(nil))
	check([]string{"hook"}, a.hooks())
	for _, args := range [][]string{nil, {"--quiet", "git"}, {"help", "git"}, {"nothing"}} {
		if got, want := len(a.root(args...).Commands()), len(a.commands(nil)); got != want {
			t.Errorf("%q: %d commands, want %d", args, got, want)
		}
	}
}
