package policy

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

func cached(kind Kind, text string) CachedAction {
	return CachedAction{Known: true, Kind: kind, Text: text}
}

func TestInstanceCache(t *testing.T) {
	long := strings.Repeat("x", maxInstance+1)
	for _, test := range []struct {
		name     string
		instance string
		puts     []CachedAction
		want     CachedAction
	}{
		{name: "unknown", instance: "a"},
		{name: "cached", instance: "a", puts: []CachedAction{cached(Reject, "no")}, want: cached(Reject, "no")},
		{name: "the last action counts", instance: "a", puts: []CachedAction{cached(Reject, "no"), cached(Prepend, "")}, want: cached(Prepend, "")},
		{name: "no instance", instance: "", puts: []CachedAction{cached(Reject, "no")}},
		{name: "the longest instance", instance: long[1:], puts: []CachedAction{cached(Reject, "no")}, want: cached(Reject, "no")},
		{name: "an instance over the limit", instance: long, puts: []CachedAction{cached(Reject, "no")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c instanceCache
			for _, a := range test.puts {
				c.put(test.instance, a)
			}
			if got := c.get(test.instance); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// TestInstanceCacheKeepsTheLastThousand: the last 1000 messages are cached, and no
// more, however long their actions are.
func TestInstanceCacheKeepsTheLastThousand(t *testing.T) {
	for _, text := range []string{"", strings.Repeat("x", maxRejection), strings.Repeat("x", 100_000)} {
		t.Run(strconv.Itoa(len(text)), func(t *testing.T) {
			var c instanceCache
			instance := func(i int) string { return fmt.Sprintf("%0*d", maxInstance, i) }
			for i := range 3*maxInstances + 7 {
				c.put(instance(i), cached(RestrictionClass, text))
				c.put(instance(i), cached(Reject, text)) // no second entry
				if !c.get(instance(i-maxInstances+1)).Known && i >= maxInstances {
					t.Fatalf("after message %d, message %d is forgotten", i, i-maxInstances+1)
				}
				if c.get(instance(i - maxInstances)).Known {
					t.Fatalf("after message %d, message %d is cached", i, i-maxInstances)
				}
			}
			if n := c.entries.Len(); n != maxInstances {
				t.Errorf("%d entries, want %d", n, maxInstances)
			}
		})
	}
}

// TestInstanceCacheKeepsNoRequest: an instance is part of a request, which must not
// stay in memory.
func TestInstanceCacheKeepsNoRequest(t *testing.T) {
	var c instanceCache
	retainsNoRequest(t, func(request string) {
		c.put(request[:20], cached(Prepend, ""))
		c.put(request[:20], cached(Dunno, ""))
	})
	runtime.KeepAlive(&c)
}

// retainsNoRequest fails the test if keep, called with texts that differ in their first
// 20 bytes, keeps more than that in memory.
func retainsNoRequest(t *testing.T, keep func(request string)) {
	t.Helper()
	const requests, size = 50, 1 << 20
	before := heap()
	for i := range requests {
		keep(fmt.Sprintf("%020d%s", i, strings.Repeat("x", size)))
	}
	if after := heap(); after > before+requests*size/10 {
		t.Errorf("%d bytes more are in use", after-before)
	}
}

// heap returns the bytes in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
