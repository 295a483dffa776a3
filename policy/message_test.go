package policy

import (
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
	if len(m.actions) != maxMessages || len(m.order) != maxMessages {
		t.Errorf("%d actions, %d places, want %d", len(m.actions), len(m.order), maxMessages)
	}
}
