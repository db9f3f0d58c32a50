package cilog

import (
	"fmt"
	"slices"
	"testing"
)

// TestWhatExportsHold has parts of runs in folders that are jobs, that runs were unpacked to,
// and of which nothing is known: in a folder and in archives.
func TestWhatExportsHold(t *testing.T) {
	for name, c := range map[string]struct {
		files []string // with the token, unless they begin with -
		want  []string // job/step
	}{
		"unpacked":            {[]string{"one/logs_4711/1_test.txt"}, []string{"test/"}},
		"the number of a job": {[]string{"gh/0_build.txt", "gh/1_test.txt"}, []string{"build/", "test/"}},
		"its job beside":      {[]string{"-r/1_build.txt", "r/build/1_Ship.txt", "r/build/12_x.txt"}, []string{"build/Ship", "build/x"}},
		"a job beside another": {[]string{"r/1_test.txt", "-r/1_build.txt", "-r/build/3_x.txt", "r/other/3_y.txt"},
			[]string{"other/y", "test/"}},
		"a first step": {[]string{"-r/build/1_Set up job.txt", "r/build/2_x.txt", "r/1_test.txt"}, []string{"build/x", "test/"}},
		"of Azure":     {[]string{"-r/Job/1_Initialize job.txt", "r/Job/2_x.txt"}, []string{"Job/x"}},
		"system.txt":   {[]string{"-r/build/system.txt", "r/build/2_x.txt"}, []string{"build/x"}},
		"unknown":      {[]string{"a/one/1_test.txt", "a/one/2_b.txt"}, []string{"/", "/"}},
		"two runs":     {[]string{"all/logs_1/0_a.txt", "all/logs_2/1_b.txt", "all/logs_2/c/1_Set up job.txt"}, []string{"a/", "b/", "c/Set up job"}},
	} {
		var files []string
		for i, f := range c.files {
			log := gh + fmt.Sprintf("line %d %s\n", i, token)
			if f[0] == '-' {
				f, log = f[1:], gh+"nothing\n"
			}
			files = append(files, f, log)
		}
		for kind, p := range map[string]string{
			"folder": folderOfFiles(t, files...), "tar": fileOf(t, "all.tar", tarOf(t, files...)), "zip": zipOf(t, "all.zip", append([]string{"x/x.bin", "\x00"}, files...)...),
		} {
			s, err := New(Options{Paths: []string{p}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, h := range scanFor(t, s) {
				got = append(got, h.loc.Log.Job+"/"+h.loc.Log.Step)
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s, %s: got %q, want %q", name, kind, got, c.want)
			}
		}
	}
}
