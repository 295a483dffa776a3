package suggest

import "testing"

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{a: "", b: "", want: 0},
		{a: "abc", b: "abc", want: 0},
		{a: "abc", b: "", want: 3},
		{a: "", b: "abc", want: 3},
		{a: "abc", b: "abd", want: 1},
		{a: "abc", b: "ab", want: 1},
		{a: "abc", b: "bc", want: 1},
		{a: "ab", b: "abc", want: 1},
		{a: "bc", b: "abc", want: 1},
		{a: "abc", b: "acb", want: 1},
		{a: "flaw", b: "lawn", want: 2},
		{a: "kitten", b: "sitting", want: 3},
	} {
		if got := Distance(test.a, test.b); got != test.want {
			t.Errorf("%q to %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func TestNearest(t *testing.T) {
	for _, test := range []struct{ word, want string }{
		{word: "permit_my_networks", want: "permit_mynetworks"},
		{word: "permit", want: "permit"},
		{word: "pemrit", want: "permit"},
		{word: "spf"},
		{word: ""},
	} {
		if got := Nearest(test.word, []string{"reject", "permit", "permit_mynetworks"}); got != test.want {
			t.Errorf("%q: %q, want %q", test.word, got, test.want)
		}
	}
}
