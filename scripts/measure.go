//go:build ignore

// Measure runs commands in turns, so that what else the machine does is spread
// over all of them, and prints what each one cost:
//
//	go run scripts/measure.go RUNS ::: [<FILE] [>FILE] [2>FILE] COMMAND [ARGUMENT...] ::: ...
//
// There is one line for each command, with a tab between the medians of its CPU
// seconds (user and system, with all processes that it started and waited for)
// and of its wall seconds, the peak of anonymous memory in MB, and its exit
// statuses, each once, with commas between them: 127 if it could not be started,
// 128 and the number of the signal if one ended it. Memory is added up over the command and
// its descendants, from Linux' /proc, every few milliseconds: a peak that is
// shorter can be missed, and elsewhere it is 0.
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// command is what to run, and what it cost so far.
type command struct {
	args        []string
	in, out, no string // files for the standard streams
	cpu, wall   []float64
	peak        int // KiB
	status      []int
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("measure: ")
	runs, commands := parse(os.Args[1:])
	for range runs {
		for _, c := range commands {
			if err := c.run(); err != nil {
				log.Print(err)
				c.ended(127)
			}
		}
	}
	for _, c := range commands {
		statuses := strings.Trim(strings.ReplaceAll(fmt.Sprint(c.status), " ", ","), "[]")
		fmt.Printf("%.4f\t%.4f\t%.1f\t%s\n", median(c.cpu), median(c.wall), float64(c.peak)*1024/1e6, statuses)
	}
}

func parse(args []string) (runs int, commands []*command) {
	usage := "usage: go run scripts/measure.go RUNS ::: [<FILE] [>FILE] [2>FILE] COMMAND [ARGUMENT...] ::: ..."
	if len(args) < 3 || args[1] != ":::" {
		log.Fatal(usage)
	}
	runs, err := strconv.Atoi(args[0])
	if err != nil || runs < 1 {
		log.Fatal(usage)
	}
	for _, arg := range args[1:] {
		if arg == ":::" {
			commands = append(commands, &command{in: os.DevNull, out: os.DevNull, no: os.DevNull})
			continue
		}
		c := commands[len(commands)-1]
		if len(c.args) == 0 {
			if to := c.redirect(arg); to != nil {
				*to = arg[strings.IndexAny(arg, "<>")+1:]
				continue
			}
		}
		c.args = append(c.args, arg)
	}
	for _, c := range commands {
		if len(c.args) == 0 {
			log.Fatal(usage)
		}
	}
	return runs, commands
}

// redirect returns the stream that an argument names a file for, or nil.
func (c *command) redirect(arg string) *string {
	switch {
	case strings.HasPrefix(arg, "<"):
		return &c.in
	case strings.HasPrefix(arg, ">"):
		return &c.out
	case strings.HasPrefix(arg, "2>"):
		return &c.no
	}
	return nil
}

func (c *command) run() error {
	cmd := exec.Command(c.args[0], c.args[1:]...)
	in, err := os.Open(c.in)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(c.out)
	if err != nil {
		return err
	}
	defer out.Close()
	no, err := os.Create(c.no)
	if err != nil {
		return err
	}
	defer no.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, no // files: nothing is copied here
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	stop, peak := make(chan struct{}), make(chan int)
	go func() { peak <- watch(cmd.Process.Pid, stop) }()
	cmd.Wait()
	c.wall = append(c.wall, time.Since(start).Seconds())
	close(stop)
	c.peak = max(c.peak, <-peak)
	s := cmd.ProcessState
	c.cpu = append(c.cpu, (s.UserTime() + s.SystemTime()).Seconds())
	c.ended(status(s))
	return nil
}

// ended notes how a run ended.
func (c *command) ended(status int) {
	if !slices.Contains(c.status, status) {
		c.status = append(c.status, status)
	}
}

func status(s *os.ProcessState) int {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return s.ExitCode()
}

// watch returns the highest amount of anonymous memory, in KiB, that a process
// and its descendants were seen to have together until stop is closed.
func watch(pid int, stop chan struct{}) (peak int) {
	// Short commands are looked at often, long ones are not disturbed.
	if os.Getenv("MEMORY") == "off" { // to look takes a third of a millisecond, and longer beside many threads
		<-stop
		return 0
	}
	for wait := time.Millisecond; ; wait = min(wait*5/4, 10*time.Millisecond) {
		select {
		case <-stop:
			return peak
		case <-time.After(wait):
			peak = max(peak, anonymous(pid))
		}
	}
}

func anonymous(pid int) (kib int) {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	status, err := os.ReadFile(filepath.Join(proc, "status"))
	if err != nil {
		return 0 // it has ended
	}
	if _, after, ok := strings.Cut(string(status), "\nRssAnon:"); ok {
		kib, _ = strconv.Atoi(strings.Fields(after)[0])
	}
	// Each thread has the children that it started.
	tasks, _ := filepath.Glob(filepath.Join(proc, "task", "*", "children"))
	for _, task := range tasks {
		children, _ := os.ReadFile(task)
		for _, child := range strings.Fields(string(children)) {
			if n, err := strconv.Atoi(child); err == nil {
				kib += anonymous(n)
			}
		}
	}
	return kib
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}
