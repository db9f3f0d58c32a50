//go:build unix

package verifytest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// nobody is the user that servers run as if we are root: PostgreSQL and others
// refuse to be root.
func nobody() *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		return nil
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (p *Place) own(path string) {
	if c := nobody(); c != nil {
		if err := os.Chown(path, int(c.Uid), int(c.Gid)); err != nil {
			p.t.Fatal(err)
		}
	}
}

// unprivileged gives a process a user, and a group of its own that ends as a
// whole.
func (p *Place) unprivileged(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: nobody()}
}

func end(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
