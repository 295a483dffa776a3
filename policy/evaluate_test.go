package policy

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

func TestMailFromArgs(t *testing.T) {
	client := netip.MustParseAddr("192.0.2.1")
	for _, test := range []struct {
		sender         string
		domain, postal string // what is checked, and %{s}
	}{
		{sender: "alice@example.org", domain: "example.org", postal: "alice@example.org"},
		{sender: "a@b@example.org", domain: "example.org", postal: "a@b@example.org"},
		{sender: "@example.org", domain: "example.org", postal: "postmaster@example.org"},
		{sender: "example.org", domain: "example.org", postal: "postmaster@example.org"},
		{sender: "alice@", domain: "", postal: "alice@"},
	} {
		want := spf.Args{IP: client, Domain: test.domain, Sender: test.postal, HELO: "mx.example.org"}
		if got := mailFromArgs(client, test.sender, "mx.example.org"); got != want {
			t.Errorf("mailFromArgs(%q) = %+v, want %+v", test.sender, got, want)
		}
	}
}

func TestHELODomain(t *testing.T) {
	for _, test := range []struct{ helo, sender, want string }{
		{helo: "mx.example.org", sender: "alice@example.net", want: "mx.example.org"},
		{sender: "alice@example.net.", want: "example.net"},
		{sender: "alice@", want: ""},
		{sender: "example.net", want: "unknown"},
	} {
		if got := heloDomain(test.helo, test.sender); got != test.want {
			t.Errorf("heloDomain(%q, %q) = %q, want %q", test.helo, test.sender, got, test.want)
		}
	}
}

// TestPrefetchMailFrom: MAIL FROM is looked up while HELO is waited for, if the
// settings allow it and HELO is checked.
func TestPrefetchMailFrom(t *testing.T) {
	for _, test := range []struct {
		name    string
		config  string
		took    time.Duration
		lookups int
	}{
		{name: "both at once", took: time.Second, lookups: 2},
		{name: "one after the other", config: "Lookups_Ahead = No\n", took: 2 * time.Second, lookups: 2},
		{name: "only MAIL FROM", config: "HELO_reject = No_Check\n", took: time.Second, lookups: 1},
		{name: "only HELO", config: "Mail_From_reject = No_Check\n", took: time.Second, lookups: 1},
		{name: "no time at all", config: "Lookup_Time = -1\n", took: 0, lookups: 0},
		{name: "no limit", config: "Lookup_Time = 0\n", took: time.Second, lookups: 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				resolver := dnsfake.Of(sameRecord(), time.Second)
				cache := dns.NewCache(resolver)
				s, _ := newServer(t, test.config, cache)
				s.Prefetcher = cache
				start := time.Now()
				s.Answer(context.Background(), Request{ClientAddress: "192.0.2.1", HELOName: "mx.example.org", Sender: "alice@example.net"})
				if took := time.Since(start); took != test.took || len(resolver.Asked) != test.lookups {
					t.Errorf("took %v, %d lookups, want %v, %d", took, len(resolver.Asked), test.took, test.lookups)
				}
			})
		})
	}
}

// TestCachedVerdicts: a cached verdict is used whatever time a check has, except
// when it has none: then every lookup fails.
func TestCachedVerdicts(t *testing.T) {
	users := t.TempDir() + "/users"
	writeFile(t, users, "no-time@example.net,Lookup_Time=-1|Header_Type=SPF\nno-limit@example.net,Lookup_Time=0\nno-voids@example.net,Void_Limit=0\n")
	for _, test := range []struct {
		recipient string
		result    string
		lookups   int // for HELO and MAIL FROM
	}{
		{recipient: "other@example.net", result: "Pass"},
		{recipient: "no-limit@example.net", result: "Pass"},
		{recipient: "no-voids@example.net", result: "Pass", lookups: 2},
		{recipient: "no-time@example.net", result: "Temperror"},
	} {
		t.Run(test.recipient, func(t *testing.T) {
			resolver := dnsfake.Of(sameRecord(), 0)
			s, _ := newServer(t, "Per_User = text,"+users+"\n", resolver)
			ask := func(recipient string) string {
				resolver.Asked = nil
				return s.Answer(context.Background(), Request{ClientAddress: "192.0.2.1", HELOName: "mx.example.org", Sender: "alice@example.net", Recipient: recipient}).String()
			}
			ask("first@example.net")
			reply := ask(test.recipient)
			if n := len(resolver.Asked); n != test.lookups || !strings.Contains(reply, "Received-SPF: "+test.result+" ") {
				t.Errorf("%d lookups, want %d; %s, want %s", n, test.lookups, reply, test.result)
			}
		})
	}
}
