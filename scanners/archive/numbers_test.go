package archive

import (
	"testing"

	"github.com/whosekey/whosekey/leak"
)

func TestNumbers(t *testing.T) {
	var n Numbers
	for i, ref := range []leak.Ref{7, 9} {
		if number, ok := n.Give(ref); !ok || number != uint32(i) {
			t.Errorf("the number of %d is %d, %v", ref, number, ok)
		}
	}
	for ref, want := range map[leak.Ref]leak.Ref{5: 5, Ref(0, 3): 7, Ref(1, 0): 9} {
		if got, ok := n.Holder(ref); !ok || got != want {
			t.Errorf("the holder of %x is %d, %v, want %d", uint64(ref), got, ok, want)
		}
	}
	if _, ok := n.Holder(Ref(2, 0)); ok {
		t.Error("a number that nobody has")
	}
}
