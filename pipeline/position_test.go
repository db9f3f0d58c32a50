package pipeline

import (
	"testing"

	"github.com/whosekey/whosekey/leak"
)

func TestHashedWhereGitHubLooks(t *testing.T) {
	for _, c := range []struct {
		kind leak.Kind
		ends []int64
		want bool
	}{
		{leak.KindFile, []int64{10, maxHashed}, true},
		{leak.KindFile, []int64{10, maxHashed + 1}, false},
		{leak.KindBlob, []int64{10}, true},
		{leak.KindStdin, []int64{10}, false},
		{leak.KindLayer, []int64{10}, false},
		{leak.KindImage, []int64{10}, false},
	} {
		var ts []target
		for _, end := range c.ends {
			ts = append(ts, target{span: leak.Span{Start: end - 5, End: end}, loc: &leak.Location{Kind: c.kind}})
		}
		if got := hashed(ts); got != c.want {
			t.Errorf("hashed(%s, ends %v) = %v, want %v", c.kind, c.ends, got, c.want)
		}
	}
}
