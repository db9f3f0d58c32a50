// Package fault says of a panic that was recovered what went wrong, and nothing of the
// text at hand.
package fault

import (
	"fmt"
	"runtime"
)

// Of is what may be shown of what recover returned. Only what the runtime says is known to
// have none of what was searched: the words of any other panic may be those of a secret.
func Of(r any) string {
	if err, ok := r.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a panic of type %T", r)
}
