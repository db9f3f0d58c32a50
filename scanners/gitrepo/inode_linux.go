package gitrepo

import (
	"os"
	"syscall"
	"time"
)

// inode says which file it is, and when anything of it was changed: nobody sets that
// time.
func inode(st os.FileInfo) (who [2]uint64, changed time.Time, ok bool) {
	x, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return who, changed, false
	}
	return [2]uint64{uint64(x.Dev), x.Ino}, time.Unix(x.Ctim.Unix()), true
}
