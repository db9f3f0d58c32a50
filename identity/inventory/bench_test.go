package inventory

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"
)

// million writes a table of n rows: every tenth has an id that another one has.
func million(w io.Writer, n int) {
	b := bufio.NewWriter(w)
	defer b.Flush()
	fmt.Fprintln(b, "identity_type,name,owner,creation_date,last_accessed,permissions,risk_score,expiration,provider,provider_id,tenant,environment")
	for i := range n {
		id := i
		if i%10 == 9 {
			id = i - 1
		}
		fmt.Fprintf(b, "service_account,svc-%d,team-%d,2023-01-15,2023-12-01,\"read:data,write:logs\",%d,2030-01-15,aws,arn:aws:iam::%012d:user/svc-%d,%012d,prod\n", id, i%500, i%100, id%1000, id, id%1000)
	}
}

func TestMillionRows(t *testing.T) {
	n := 100_000
	if os.Getenv("WHOSEKEY_MILLION") != "" { // takes 20 s of CPU
		n = 1_000_000
	}
	r, w := io.Pipe()
	go func() { million(w, n); w.Close() }()
	inv := New()
	defer inv.Close()
	if err := inv.Load("big.csv", r, Options{}); err != nil {
		t.Fatal(err)
	}
	got, err := inv.Len()
	if err != nil || got != n*9/10 || inv.Lost != 0 {
		t.Errorf("%d identities of %d rows, %d lost, %v", got, n, inv.Lost, err)
	}
	m, err := inv.Find(Query{Provider: "aws", Names: []string{"svc-77"}, Tenants: []string{fmt.Sprintf("%012d", 77)}})
	if err != nil || m == nil || m.By != "name and tenant" || m.Entry.Owner != "team-77" {
		t.Errorf("Find = %+v, %v", m, err)
	}
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	if limit := uint64(64<<20 + n*80); s.HeapAlloc > limit {
		t.Errorf("%d MB are held, more than %d", s.HeapAlloc>>20, limit>>20)
	}
	t.Logf("%d MB held, %d MB from the system, spool %d MB", s.HeapAlloc>>20, s.Sys>>20, inv.spool.size>>20)
}
