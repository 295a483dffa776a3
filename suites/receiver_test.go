package suites

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"

	"policyd-spf/spf"
)

// TestReceiverMacros tests the macros that no suite can test, because their value is
// about the checking host (RFC 7208, 7.2).
func TestReceiverMacros(t *testing.T) {
	tests := []struct{ name, receiver, text, want string }{
		{name: "receiver", receiver: "mx.receiver.example", text: "%{r}", want: "mx.receiver.example"},
		{name: "receiver unknown", text: "%{r}", want: "unknown"},
		{name: "receiver transformed", receiver: "mx.receiver.example", text: "%{r1}, %{rr}", want: "example, example.receiver.mx"},
		{name: "receiver escaped", receiver: "mx/1", text: "%{R}", want: "mx%2F1"},
		{name: "time", text: "%{t}", want: "946684800"}, // synctest's clock stands at 2000-01-01
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				txt := func(s string) *zoneNode {
					return &zoneNode{records: []record{{typ: "TXT", ttl: 60, strings: []string{s}}}}
				}
				z := zone{"a.example": txt("v=spf1 -all exp=x.example.net"), "x.example.net": txt(test.text)}
				checker := &spf.Checker{Resolver: &zoneResolver{zone: z}, Limits: spf.DefaultLimits(), Receiver: test.receiver}
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
