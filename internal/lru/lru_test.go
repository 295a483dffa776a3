package lru

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// lengths is the size of an entry in these tests: the bytes of its value.
func lengths(_ string, value string) int { return len(value) }

// keys returns the keys from the most to the least recently used.
func keys[V any](c *Cache[string, V]) []string {
	var found []string
	for e := c.used.next; e != &c.used; e = e.next {
		found = append(found, e.key)
	}
	return found
}

func TestCacheEvictsLeastRecentlyUsed(t *testing.T) {
	for _, test := range []struct {
		name  string
		touch func(*Cache[string, string])
		want  []string
	}{
		{name: "untouched", touch: func(*Cache[string, string]) {}, want: []string{"d", "c", "b"}},
		{name: "Get counts as use", touch: func(c *Cache[string, string]) { c.Get("a") }, want: []string{"d", "a", "c"}},
		{name: "Peek does not", touch: func(c *Cache[string, string]) { c.Peek("a") }, want: []string{"d", "c", "b"}},
		{name: "Put of an old key counts as use", touch: func(c *Cache[string, string]) { c.Put("a", "2") }, want: []string{"d", "a", "c"}},
		{name: "Remove makes room", touch: func(c *Cache[string, string]) { c.Remove("b") }, want: []string{"d", "c", "a"}},
		{name: "Remove of an unknown key", touch: func(c *Cache[string, string]) { c.Remove("x") }, want: []string{"d", "c", "b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := New(3, 100, lengths)
			for _, key := range []string{"a", "b", "c"} {
				c.Put(key, "1")
			}
			test.touch(c)
			c.Put("d", "1")
			if got := keys(c); !slices.Equal(got, test.want) {
				t.Errorf("keys are %q, want %q", got, test.want)
			}
			if c.Len() != len(test.want) || c.Bytes() != len(test.want) {
				t.Errorf("%d entries, %d bytes, want %d of each", c.Len(), c.Bytes(), len(test.want))
			}
		})
	}
}

func TestCachePutReplaces(t *testing.T) {
	c := New(2, 100, lengths)
	c.Put("a", "long value")
	c.Put("a", "new")
	if v, ok := c.Get("a"); v != "new" || !ok {
		t.Errorf("Get = %q, %t, want the new value", v, ok)
	}
	if c.Len() != 1 || c.Bytes() != 3 {
		t.Errorf("%d entries, %d bytes, want 1 and 3", c.Len(), c.Bytes())
	}
}

func TestCachePut_bytes(t *testing.T) {
	for _, test := range []struct {
		name  string
		key   string
		value string
		want  []string
	}{
		{name: "fits", key: "d", value: "1", want: []string{"d", "c", "b", "a"}},
		{name: "one must go", key: "d", value: "12", want: []string{"d", "c", "b"}},
		{name: "all others must go", key: "d", value: "1234567890", want: []string{"d"}},
		{name: "larger than the cache", key: "d", value: "12345678901", want: []string{"c", "b", "a"}},
		{name: "an old key grows", key: "b", value: "12345", want: []string{"b", "c"}},
		{name: "an old key outgrows the cache", key: "b", value: "12345678901", want: []string{"c", "a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := New(100, 10, lengths)
			for _, key := range []string{"a", "b", "c"} {
				c.Put(key, "123")
			}
			c.Put(test.key, test.value)
			if got := keys(c); !slices.Equal(got, test.want) {
				t.Errorf("keys are %q, want %q", got, test.want)
			}
			total := 0
			for _, key := range keys(c) {
				v, _ := c.Peek(key)
				total += len(v)
			}
			if c.Bytes() != total {
				t.Errorf("Bytes = %d, want %d", c.Bytes(), total)
			}
		})
	}
}

func TestCacheGet_unknown(t *testing.T) {
	c := New(0, 0, lengths)
	c.Put("a", "")
	if v, ok := c.Get("a"); v != "" || ok {
		t.Errorf("Get = %q, %t from a cache without room", v, ok)
	}
	if v, ok := c.Peek("a"); v != "" || ok {
		t.Errorf("Peek = %q, %t from a cache without room", v, ok)
	}
}

// TestCacheAgainstModel compares random operations with a slice that does the
// same slowly.
func TestCacheAgainstModel(t *testing.T) {
	const maxEntries, maxBytes = 8, 40
	type pair struct{ key, value string }
	r := rand.New(rand.NewPCG(1, 2))
	c := New(maxEntries, maxBytes, lengths)
	var model []pair // most recently used first
	index := func(key string) int {
		return slices.IndexFunc(model, func(p pair) bool { return p.key == key })
	}
	for step := range 20_000 {
		key := strconv.Itoa(r.IntN(15))
		i := index(key)
		switch r.IntN(4) {
		case 0:
			v, ok := c.Get(key)
			if ok != (i >= 0) || ok && v != model[i].value {
				t.Fatalf("step %d: Get(%s) = %q, %t", step, key, v, ok)
			}
			if ok {
				p := model[i]
				model = slices.Insert(slices.Delete(model, i, i+1), 0, p)
			}
		case 1:
			c.Remove(key)
			if i >= 0 {
				model = slices.Delete(model, i, i+1)
			}
		default:
			value := string(make([]byte, r.IntN(maxBytes+3)))
			c.Put(key, value)
			if i >= 0 {
				model = slices.Delete(model, i, i+1)
			}
			if len(value) > maxBytes {
				break
			}
			model = slices.Insert(model, 0, pair{key, value})
			for total := 0; ; total = 0 {
				for _, p := range model {
					total += len(p.value)
				}
				if total <= maxBytes && len(model) <= maxEntries {
					break
				}
				model = model[:len(model)-1]
			}
		}
		want := make([]string, 0, len(model))
		for _, p := range model {
			want = append(want, p.key)
		}
		if got := keys(c); !slices.Equal(got, want) || c.Len() != len(want) {
			t.Fatalf("step %d: keys are %q, want %q; Len is %d", step, got, want, c.Len())
		}
	}
}

func TestCachePutReusesMemoryWhenFull(t *testing.T) {
	c := New(100, 1<<20, func(int, int) int { return 1 })
	n := 0
	put := func() { n++; c.Put(n, n) }
	for range 1000 {
		put()
	}
	if allocs := testing.AllocsPerRun(1000, put); allocs > 0 {
		t.Errorf("%v allocations for each Put into a full cache, want 0", allocs)
	}
}

func BenchmarkCacheGet(b *testing.B) {
	c := New(1000, 1<<20, lengths)
	names := make([]string, 1000)
	for i := range names {
		names[i] = strconv.Itoa(i) + ".mail.example.org"
		c.Put(names[i], "")
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Get(names[i%len(names)])
	}
}

func BenchmarkCachePut(b *testing.B) {
	c := New(1000, 1<<20, lengths)
	names := make([]string, 3000)
	for i := range names {
		names[i] = strconv.Itoa(i) + ".mail.example.org"
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Put(names[i%len(names)], "")
	}
}
