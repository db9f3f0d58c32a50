package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// What becomes of files of git-lfs whose content is not on this machine.
const (
	lfsAll  = "all"  // the scan is incomplete
	lfsHere = "here" // they are left out
)

// addLFS adds --lfs, for what meets pointers of git-lfs.
func (f *scanFlags) addLFS(c *cobra.Command, otherwise string) {
	c.Flags().StringVar(&f.lfs, "lfs", otherwise, "files of git-lfs: all (one whose content is not here makes the scan incomplete), or here (such are left out)")
	oneOf(c, "lfs", lfsAll, lfsHere)
}

func (f *scanFlags) checkLFS() error {
	if f.lfs != "" && f.lfs != lfsAll && f.lfs != lfsHere {
		return usage(fmt.Errorf("--lfs %q: use %s or %s", f.lfs, lfsAll, lfsHere), "")
	}
	return nil
}
