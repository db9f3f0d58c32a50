package store

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
)

// fill sets everything, or every second field, to something that is hard to write.
func fill(v reflect.Value, n *int, every int) {
	switch v.Kind() {
	case reflect.Struct:
		if _, ok := v.Interface().(time.Time); ok {
			if *n++; *n%every == 0 {
				v.Set(reflect.ValueOf(time.Unix(1700000000+int64(*n), 0).UTC()))
			}
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), n, every)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n, every)
		fill(v.Index(1), n, every)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n, every)
	default:
		if *n++; *n%every != 0 {
			return
		}
		switch v.Kind() {
		case reflect.String:
			v.SetString([]string{`0`, `null`, `a":"",\`, `}",`, "\\\"", `":0,"`}[*n%6])
		case reflect.Int:
			v.SetInt(int64(*n%5 - 2))
		case reflect.Float64:
			v.SetFloat(float64(*n%5) / 4)
		case reflect.Bool:
			v.SetBool(true)
		default:
			panic("a " + v.Kind().String() + " in leak.Identity: can what is empty be left out of its JSON?")
		}
	}
}

func TestIdentitiesAreKeptWithoutLoss(t *testing.T) {
	for every := 1; every <= 12; every++ {
		n := 0
		want := &leak.Identity{}
		fill(reflect.ValueOf(want).Elem(), &n, every)
		for _, same := range []bool{false, true} {
			if same {
				want.Controls, want.Plan = want.Credentials[1].Controls, want.Credentials[1].Plan
			}
			text, err := encodeIdentity(want)
			if err != nil {
				t.Fatal(err)
			}
			got := &leak.Identity{}
			if err := decodeIdentity(text, got); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("every %d: %s", every, diff)
			}
		}
	}
}

func TestAnIdentityOfAnOlderStoreIsRead(t *testing.T) {
	n := 0
	want, got := &leak.Identity{}, &leak.Identity{}
	fill(reflect.ValueOf(want).Elem(), &n, 3)
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if err := decodeIdentity(string(b), got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnIdentityIsKeptShort(t *testing.T) {
	c := leak.Credential{Kind: "acme-token", Controls: []leak.Control{{ID: "NHI2"}}, Plan: []leak.Action{{Step: "rotate"}}}
	text, err := encodeIdentity(&leak.Identity{ID: "nhi:acme:bot:t/1", Credentials: []leak.Credential{c}, Controls: c.Controls, Plan: c.Plan})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(text, "NHI2") != 1 || strings.Count(text, "rotate") != 1 || strings.Contains(text, "0001") || len(text) > 200 {
		t.Errorf("%d bytes: %s", len(text), text)
	}
}
