package policy

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

func TestMessages(t *testing.T) {
	var m messages
	m.put("a", Action{Kind: Reject, Text: "no", Error: true})
	if a, ok := m.get("a"); !ok || a != (Action{Kind: Reject, Text: "no"}) {
		t.Errorf("remembered %+v, %t", a, ok)
	}
	m.put("a", Action{Kind: Prepend})
	if a, ok := m.get("a"); !ok || a.Kind != Prepend {
		t.Errorf("remembered %+v, %t after another answer", a, ok)
	}
	m.put("", Action{Kind: Reject})
	if _, ok := m.get(""); ok {
		t.Error("a request without instance was remembered")
	}
	long := strings.Repeat("x", maxInstance+1)
	m.put(long, Action{Kind: Reject})
	if _, ok := m.get(long); ok {
		t.Error("an instance over the limit was remembered")
	}
}

// TestMessagesBound: the last 1000 messages are remembered, and no more.
func TestMessagesBound(t *testing.T) {
	var m messages
	for i := range 3*maxMessages + 7 {
		m.put(strconv.Itoa(i), Action{Kind: Prepend})
		m.put(strconv.Itoa(i), Action{Kind: Dunno}) // no second place
		if _, ok := m.get(strconv.Itoa(i - maxMessages + 1)); i >= maxMessages && !ok {
			t.Fatalf("after message %d, message %d is forgotten", i, i-maxMessages+1)
		}
		if _, ok := m.get(strconv.Itoa(i - maxMessages)); ok {
			t.Fatalf("after message %d, message %d is remembered", i, i-maxMessages)
		}
	}
	if len(m.places) != maxMessages || len(m.latest) != maxMessages {
		t.Errorf("%d places, %d messages, want %d", len(m.places), len(m.latest), maxMessages)
	}
}

// TestMessagesKeepNoRequest: an instance is a part of a request, which must not
// be kept whole with it.
func TestMessagesKeepNoRequest(t *testing.T) {
	var m messages
	keepsNoRequest(t, func(request string) {
		m.put(request[:20], Action{Kind: Prepend})
		m.put(request[:20], Action{Kind: Dunno}) // MAIL FROM's answer takes HELO's place
	})
	runtime.KeepAlive(&m)
}

// keepsNoRequest fails the test if what keep does with a text that begins with
// 20 octets of its own keeps the whole of it.
func keepsNoRequest(t *testing.T, keep func(request string)) {
	t.Helper()
	const requests, size = 50, 1 << 20
	before := heap()
	for i := range requests {
		keep(fmt.Sprintf("%020d%s", i, strings.Repeat("x", size)))
	}
	if after := heap(); after > before+requests*size/10 {
		t.Errorf("%d octets more are in use", after-before)
	}
}

// heap gives the octets in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
