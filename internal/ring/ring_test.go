package ring

import (
	"sync"
	"testing"
)

func TestOrderAndBound(t *testing.T) {
	r := New[int](5)
	if len(r.places) != 8 {
		t.Fatalf("%d places", len(r.places))
	}
	for lap := range 5 {
		for i := range 8 {
			v, at := r.Claim()
			if v == nil {
				t.Fatalf("lap %d: full after %d", lap, i)
			}
			*v = lap*8 + i
			r.Publish(at)
		}
		if v, _ := r.Claim(); v != nil {
			t.Fatal("more than there is space for")
		}
		before := r.Tail()
		for i := range 8 {
			v := r.Next(before)
			if v == nil || *v != lap*8+i {
				t.Fatalf("lap %d, value %d: %v", lap, i, v)
			}
			r.Done()
		}
		if r.Next(before) != nil || !r.Empty() {
			t.Fatal("more than was put in")
		}
	}
}

func TestNextStopsAtPosition(t *testing.T) {
	r := New[int](4)
	put := func(n int) {
		v, at := r.Claim()
		*v = n
		r.Publish(at)
	}
	put(1)
	before := r.Tail()
	put(2)
	if v := r.Next(before); v == nil || *v != 1 {
		t.Fatalf("%v", v)
	}
	r.Done()
	if v := r.Next(before); v != nil {
		t.Fatalf("%d lies behind the position", *v)
	}
	if v := r.Next(r.Tail()); v == nil || *v != 2 {
		t.Fatalf("%v", v)
	}
}

func TestUnpublishedIsNotRead(t *testing.T) {
	r := New[int](4)
	_, first := r.Claim()
	v, second := r.Claim()
	*v = 2
	r.Publish(second)
	if r.Next(r.Tail()) != nil || !r.Empty() {
		t.Fatal("a value that was claimed later was read before")
	}
	r.Publish(first)
	if r.Next(r.Tail()) == nil {
		t.Fatal("a published value was not read")
	}
}

// TestManyProducers: each one's values arrive whole and in its order.
func TestManyProducers(t *testing.T) {
	const producers, each = 4, 20000
	type value struct{ who, n, twice int }
	r := New[value](64)
	var wg sync.WaitGroup
	for who := range producers {
		wg.Go(func() {
			for n := 0; n < each; {
				v, at := r.Claim()
				if v == nil {
					continue
				}
				*v = value{who, n, 2 * n}
				r.Publish(at)
				n++
			}
		})
	}
	var next [producers]int
	for got := 0; got < producers*each; {
		v := r.Next(r.Tail())
		if v == nil {
			continue
		}
		if v.n != next[v.who] || v.twice != 2*v.n {
			t.Fatalf("producer %d: %+v, want %d", v.who, *v, next[v.who])
		}
		next[v.who]++
		got++
		r.Done()
	}
	wg.Wait()
	if !r.Empty() {
		t.Error("more than was put in")
	}
}

func TestAllocates(t *testing.T) {
	r := New[[2000]byte](16)
	if n := testing.AllocsPerRun(100, func() {
		_, at := r.Claim()
		r.Publish(at)
		r.Next(r.Tail())
		r.Done()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRing(b *testing.B) {
	r := New[[64]byte](256)
	b.ReportAllocs()
	for b.Loop() {
		v, at := r.Claim()
		v[0]++
		r.Publish(at)
		r.Next(r.Tail())
		r.Done()
	}
}
