package policy

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"policyd-spf/spf/dns/dnsfake"
)

// TestBadSettingsAreLoggedOnce: what is wrong with the configuration is logged with
// the first request; what a recipient's own settings add, with its requests.
func TestBadSettingsAreLoggedOnce(t *testing.T) {
	const (
		badType   = "err Header_Type includes both SPF and AR - invalid configuration."
		badReason = `err ERROR: bad Reason_Message "{x}"`
	)
	users := t.TempDir() + "/users"
	writeFile(t, users, "same@example.net,HELO_reject=Fail\ntype@example.net,Header_Type=AR,SPF\nreason@example.net,Reason_Message={x}\n")
	for _, test := range []struct {
		name       string
		config     string
		recipients []string
		line       string
		want       int
	}{
		{name: "Header_Type", config: "Header_Type = SPF,AR\n", recipients: []string{"a@example.net", "same@example.net", "a@example.net"}, line: badType, want: 1},
		{name: "a recipient's Header_Type", recipients: []string{"type@example.net", "a@example.net", "type@example.net"}, line: badType, want: 2},
		{name: "Reason_Message", config: "Reason_Message = {x}\n", recipients: []string{"a@example.net", "same@example.net", "a@example.net"}, line: badReason, want: 1},
		{name: "a recipient's Reason_Message", recipients: []string{"reason@example.net", "a@example.net", "reason@example.net"}, line: badReason, want: 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, log := newServer(t, "Per_User = text,"+users+"\n", dnsfake.Zone(t, parserZone))
			s.Settings = loadText(t, "Per_User = text,"+users+"\n"+test.config)
			for _, recipient := range test.recipients {
				s.Answer(context.Background(), Request{ClientAddress: "192.0.2.1", HELOName: "mx.none.example", Sender: "a@fail.example", Recipient: recipient})
			}
			s.Log.Flush()
			found := 0
			for _, line := range log.lines {
				if line == test.line {
					found++
				}
			}
			if found != test.want {
				t.Errorf("%q is logged %d times, want %d", test.line, found, test.want)
			}
		})
	}
}

// TestBadNetworksAreLimited: a list of another kind by mistake does not fill the
// log.
func TestBadNetworksAreLimited(t *testing.T) {
	var entries []string
	for i := range 3 * maxBadNetworks {
		entries = append(entries, fmt.Sprintf("host%d.example", i))
	}
	s, log := newServer(t, "Whitelist = "+strings.Join(entries, ",")+"\n", sameRecord())
	s.Answer(context.Background(), Request{})
	s.Log.Flush()
	if n := len(log.lines); n != maxBadNetworks+1 {
		t.Errorf("%d lines, want %d", n, maxBadNetworks+1)
	}
	if last := log.lines[len(log.lines)-1]; last != "info ERROR: more entries in Whitelist not IP network. Entries skipped." {
		t.Errorf("the last line is %q", last)
	}
}
