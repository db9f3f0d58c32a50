package main

import "github.com/spf13/cobra"

// named is a command that is made when it is needed: to make all of them, with
// their flags, takes a millisecond or two, and git waits for its hooks.
type named struct {
	name string
	make func() *cobra.Command
}

// commands are those of the program. What stands behind args' "hook" tells which of
// its commands is made.
func (a *app) commands(args []string) []named {
	var hook []string
	if len(args) > 0 && args[0] == "hook" {
		hook = args[1:]
	}
	return []named{
		{"git", a.gitCommand},
		{"dir", a.dirCommand},
		{"stdin", a.stdinCommand},
		{"image", a.imageCommand},
		{"logs", a.logsCommand},
		{"hook", func() *cobra.Command { return a.hookCommand(hook) }},
		{"ci", a.ciCommand},
		{"verify", a.verifyCommand},
		{"identify", a.identifyCommand},
		{"inventory", a.inventoryCommand},
		{"import", a.importCommand},
		{"baseline", a.baselineCommand},
		{"sweep", a.sweepCommand},
		{"report", a.reportCommand},
		{"serve", a.serveCommand},
		{"rules", a.rulesCommand},
		{"version", a.versionCommand},
	}
}

// addNamed adds the one that args begin with, or all: there is help to show, or
// something to complete, or a flag in front.
func addNamed(to *cobra.Command, args []string, list []named) {
	for _, n := range list {
		if len(args) > 0 && args[0] == n.name {
			to.AddCommand(n.make())
			return
		}
	}
	for _, n := range list {
		to.AddCommand(n.make())
	}
}
