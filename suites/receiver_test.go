package suites

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"

	"policyd-spf/spf"
)

// TestReceiverMacros holds what no suite can: macros whose value is the
// checking host's (RFC 7208, 7.2).
func TestReceiverMacros(t *testing.T) {
	tests := []struct{ name, receiver, text, want string }{
		{"receiver", "mx.receiver.example", "%{r}", "mx.receiver.example"},
		{"receiver unknown", "", "%{r}", "unknown"},
		{"receiver transformed", "mx.receiver.example", "%{r1}, %{rr}", "example, example.receiver.mx"},
		{"receiver escaped", "mx/1", "%{R}", "mx%2F1"},
		{"time", "", "%{t}", "946684800"}, // synctest's clock stands at 2000-01-01
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				txt := func(s string) *node { return &node{records: []record{{typ: "TXT", ttl: 60, strings: []string{s}}}} }
				z := zone{"a.example": txt("v=spf1 -all exp=x.example.net"), "x.example.net": txt(test.text)}
				checker := &spf.Checker{Resolver: &fake{zone: z}, Limits: spf.DefaultLimits(), Receiver: test.receiver}
				v := checker.CheckHost(context.Background(), spf.Args{
					IP: netip.MustParseAddr("192.0.2.1"), Domain: "a.example", Sender: "u@a.example", HELO: "h.example",
				})
				if v.Result != spf.Fail || v.Explanation != test.want {
					t.Errorf("got %s, %q, want fail, %q", v.Result, v.Explanation, test.want)
				}
			})
		})
	}
}
