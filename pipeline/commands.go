package pipeline

import (
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// masked is an argument, or a part of one, that has lost something.
var masked = lazy.New(`[^\s/'"=,:]*\*{8}[^\s/'"=,:]*`)

// openCommands puts a name to fill in where a command of a plan has lost a value: one
// with stars or dots in it looks as if it could be run. alone are the ids that texts
// have in short.
func openCommands(id *leak.Identity, alone []string) {
	open := func(plan []leak.Action) {
		for i := range plan {
			for j, line := range plan[i].Command {
				for _, key := range alone {
					line = strings.ReplaceAll(line, key[:4]+"…"+key[len(key)-4:], "<key_id>")
				}
				if strings.Contains(line, "********") { // few have what was masked
					line = masked.ReplaceAllLiteralString(line, "<hidden>")
				}
				plan[i].Command[j] = line
			}
		}
	}
	open(id.Plan)
	for i := range id.Credentials {
		open(id.Credentials[i].Plan)
	}
}
