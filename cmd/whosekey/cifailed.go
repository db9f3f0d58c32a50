package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/report"
)

// ciRefuses has the server told of flags that are wrong, too: a step that ends
// without a word would leave the reports of an earlier run, and outputs that say
// nothing.
func (a *app) ciRefuses(c *cobra.Command, f *ciFlags) {
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		f.annotations, f.summary = true, true // nobody knows what they should be
		return a.ci(c.Context(), f, usage(err, fmt.Sprintf("see %q", c.CommandPath()+" --help")))
	})
	c.PersistentPreRunE = func(c *cobra.Command, args []string) error {
		if err := c.Root().PersistentPreRunE(c, args); err != nil {
			return a.ci(c.Context(), f, err)
		}
		return nil
	}
}

// usualSARIF is the report that is written if nobody says another: action.yml says it too.
const usualSARIF = "whosekey.sarif"

// plan finds out which reports are written, and takes those away that are there
// already: a pull request can bring them. Where files themselves are searched they
// are, and are replaced at the end.
func (r *ciRun) plan() {
	out := &r.out
	out.lenient = true
	if len(out.formats) == 0 {
		out.formats = []string{"text"}
		for _, spec := range r.usual() {
			format, file, _ := strings.Cut(spec, "=")
			out.formats = append(out.formats, format+"="+r.writable(file))
		}
	}
	if r.sarifFile == usualSARIF {
		r.sarifFile = r.writable(r.sarifFile)
	}
	if r.sarifFile != "" {
		out.sarif.split = true
		out.formats = append(out.formats, "sarif="+r.sarifFile)
	}
	r.missing = map[string]bool{}
	if r.mode == "dir" || r.mode == "logs" {
		return
	}
	for file := range r.reportFiles() {
		if err := removeOld(file); err != nil {
			r.warn("remove the report of an earlier run", err)
		}
	}
}

// writable is where a report goes that nobody asked for by another name: where nothing can
// be written, as in a checkout that is read only, into the runner's folder for such files,
// or into a new one. That a report lies elsewhere does not make a clean run a failure.
func (r *ciRun) writable(name string) string {
	f, err := create(name)
	if err == nil {
		f.discard()
		return name
	}
	if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) {
		return name // the end says what is wrong
	}
	dir := cmp.Or(os.Getenv("RUNNER_TEMP"), os.Getenv("AGENT_TEMPDIRECTORY"))
	if dir == "" {
		if dir, err = os.MkdirTemp("", "whosekey"); err != nil {
			return name
		}
		err = fs.ErrPermission
	}
	there := filepath.Join(dir, name)
	r.warn("write "+name+" here", fmt.Errorf("%w; it goes to %s", err, there))
	return there
}

// reportFiles are the formats of the reports that go to files, by their names.
func (r *ciRun) reportFiles() map[string]string {
	files := map[string]string{}
	for _, spec := range r.out.formats {
		format, file, named := strings.Cut(spec, "=")
		if !named {
			file = r.out.output
		}
		if file != "" && file != "-" {
			files[file] = format
		}
	}
	return files
}

// fail says in all reports that nothing was searched: with none, or with that of an
// earlier run, a server would take what it knows for mended.
func (r *ciRun) fail(failed error) {
	sum := report.Summary{Incomplete: true, Skipped: []report.Gap{{Reason: oneLine(errors.New(safe(failed.Error()))).Error(), Fix: safe(hintOf(failed)), Count: 1}}}
	run := report.Run{Tool: "whosekey", Version: version(), Mode: "git", Target: r.path}
	write := func(format string) ([]byte, error) {
		var b bytes.Buffer
		h, err := report.New(format, &b, report.Options{SARIFSplit: r.out.sarif.split, Clock: clock})
		if err == nil {
			err = h.Start(run)
		}
		if err == nil {
			err = h.Finish(sum)
		}
		return b.Bytes(), err
	}
	for file, format := range r.reportFiles() {
		text, err := write(format)
		if err == nil {
			err = writeWhole(file, text)
		}
		if err != nil {
			r.missing[file] = true
			r.warn("write "+file, err)
		}
	}
	format := ""
	switch {
	case r.annotations && r.github():
		format = "github"
	case r.annotations && r.is("Azure Pipelines"):
		format = "azure"
	default:
		return
	}
	if text, err := write(format); err == nil {
		r.remarks.Reset()
		r.remarks.Write(text)
	}
}

// lost says where the server looks that a report could not be written, and takes away
// what stands in its place.
func (r *ciRun) lost() {
	for _, f := range r.app.unwritten {
		r.missing[f.name] = true
		if err := removeOld(f.name); err != nil {
			r.warn("remove the report of an earlier run", err)
		}
		fmt.Fprintf(&r.summaryText, "\n**A report is missing:**\n\n````\n%s\n````\n", fenced(f.err.Error()))
		if r.annotations && r.github() {
			fmt.Fprintf(&r.remarks, "::error title=whosekey%%3A a report is missing::%s\n", commandData.Replace(safe(f.err.Error())))
		}
	}
}

// commandData is the text of a command, of which the runner undoes exactly these.
var commandData = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")

// fenced is a text as it may stand in a block of code.
func fenced(s string) string { return strings.ReplaceAll(safe(s), "`", "'") }
