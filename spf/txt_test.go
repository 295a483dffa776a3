package spf

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

// A record is kept parsed when its answer is used for the second time, and never more
// of them than the limits allow.
func TestRecordCache(t *testing.T) {
	c := NewRecordCache()
	answer := dns.Answer{TXT: [][]string{{"v=spf1 ", "-all"}}}
	first, _, _ := c.parseAnswer(answer)
	if c.records.Len() != 0 {
		t.Error("kept at the first use")
	}
	answer.Cached = true
	second, _, _ := c.parseAnswer(answer)
	third, _, err := c.parseAnswer(answer)
	if first == second || second != third || third.Text != "v=spf1 -all" || err != nil {
		t.Errorf("got %p, %p, %p (%v)", first, second, third, err)
	}
	answer.TXT = [][]string{{"v=spf1 moo"}}
	for range 2 {
		if r, n, err := c.parseAnswer(answer); r != nil || n != 1 || err == nil {
			t.Errorf("an invalid record: %v, %d, %v", r, n, err)
		}
	}
	for i := range 2 * maxRecords {
		answer.TXT = [][]string{{fmt.Sprintf("v=spf1 a:%d.example", i)}}
		c.parseAnswer(answer)
	}
	if n := c.records.Len(); n != maxRecords {
		t.Errorf("%d records, want %d", n, maxRecords)
	}
	for i := range 20 {
		answer.TXT = [][]string{{fmt.Sprintf("v=spf1 a:%d.example", i) + strings.Repeat(" ip4:192.0.2.1", 1000)}}
		c.parseAnswer(answer)
	}
	if n := c.records.Bytes(); n > maxRecordBytes {
		t.Errorf("%d bytes", n)
	}
}

// The limit on the memory of a RecordCache holds whatever the records are.
func TestRecordCacheMemory(t *testing.T) {
	for _, term := range []string{
		" a", " a=", " ip4:192.0.2.1/32", " include:_spf.example.com", " exists:%{l}%{o}%{i}%{h}%{d}", " x=" + strings.Repeat("%{l}", 20),
	} {
		t.Run(term, func(t *testing.T) {
			before := heap()
			c := NewRecordCache()
			for i := range 200 {
				text := fmt.Sprintf("v=spf1 a:%d.example", i) + strings.Repeat(term, 4000/len(term))
				if _, err := c.parse(text, true); err != nil {
					t.Fatal(err)
				}
			}
			if used := heap() - before; used > maxRecordBytes*5/4 {
				t.Errorf("%d records take %d bytes, want at most %d", c.records.Len(), used, maxRecordBytes*5/4)
			}
			runtime.KeepAlive(c)
		})
	}
}

// heap returns the bytes in use.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one finalized
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// LookupTimeout limits each lookup, within the deadline of the check.
func TestLookupTimeout(t *testing.T) {
	for _, test := range []struct {
		name              string
		deadline, timeout time.Duration // 0: none
		want              time.Duration
	}{
		{name: "of each lookup", timeout: time.Second, want: 3 * time.Second},
		{name: "of each lookup, before the deadline", timeout: time.Second, deadline: time.Minute, want: 3 * time.Second},
		{name: "within the deadline", timeout: time.Second, deadline: 2500 * time.Millisecond, want: 2500 * time.Millisecond},
		{name: "longer than the deadline", timeout: time.Minute, deadline: time.Second, want: time.Second},
		{name: "only the deadline", deadline: time.Second, want: time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// PTR and its hosts may fail, and the check goes on.
				r := dnsfake.Lines("a.example TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa PTR p1.example\n1.2.0.192.in-addr.arpa PTR p2.example\n" +
					"1.2.0.192.in-addr.arpa PTR p3.example\np1.example A ?\np2.example A ?\np3.example A ?")
				c := &Checker{Resolver: r, Limits: DefaultLimits(), LookupTimeout: test.timeout}
				ctx, start := context.Background(), time.Now()
				if test.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithDeadline(ctx, start.Add(test.deadline))
					defer cancel()
				}
				v := c.CheckHost(ctx, query("192.0.2.1", "u@a.example"))
				if d := time.Since(start); d != test.want || v.Result != Fail {
					t.Errorf("%v after %v, want fail after %v", v.Result, d, test.want)
				}
			})
		})
	}
}
