package postfix

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSplitList(t *testing.T) {
	for _, test := range []struct {
		name, list string
		want       []string
	}{
		{name: "empty"},
		{name: "commas and spaces", list: " a,b , c\td", want: []string{"a", "b", "c", "d"}},
		{name: "braces", list: "check_policy_service { unix:x, timeout=1s }, b", want: []string{"check_policy_service", "unix:x, timeout=1s", "b"}},
		{name: "nested braces", list: "{a {b c} d} e", want: []string{"a {b c} d", "e"}},
		{name: "open brace", list: "{a b", want: []string{"{a b"}},
		{name: "braces within a word", list: "check_client_access inline:{ {a = OK}, b=OK }, c", want: []string{"check_client_access", "inline:{ {a = OK}, b=OK }", "c"}},
		{name: "text after braces", list: "{a b}c d", want: []string{"{a b}c", "d"}},
		{name: "closing brace alone", list: "a } b", want: []string{"a", "}", "b"}},
		{name: "only separators", list: " , ,"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := SplitList(test.list); !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func FuzzSplitList(f *testing.F) {
	f.Add("check_policy_service { unix:x, timeout=1s }, b")
	f.Add("{{}")
	f.Fuzz(func(t *testing.T, list string) {
		for _, word := range SplitList(list) {
			if !strings.Contains(list, word) {
				t.Errorf("%q is not in %q", word, list)
			}
		}
	})
}

func TestParseTime(t *testing.T) {
	for _, test := range []struct {
		text string
		want time.Duration
		ok   bool
	}{
		{text: "100", want: 100 * time.Second, ok: true},
		{text: "100s", want: 100 * time.Second, ok: true},
		{text: "2m", want: 2 * time.Minute, ok: true},
		{text: "1h", want: time.Hour, ok: true},
		{text: "1d", want: 24 * time.Hour, ok: true},
		{text: "1w", want: 7 * 24 * time.Hour, ok: true},
		{text: "0", ok: true},
		{text: ""}, {text: "s"}, {text: "an hour"}, {text: "1hs"}, {text: "-1s"}, {text: "1.5h"}, {text: "9999999999999w"},
	} {
		if got, ok := ParseTime(test.text); ok != test.ok || ok && got != test.want {
			t.Errorf("%q: %v, %v, want %v, %v", test.text, got, ok, test.want, test.ok)
		}
	}
}
