package policy

import (
	"context"
	"strings"
	"testing"
	"time"

	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

// TestKeyValuesFit: a line of name=value pairs is never truncated, whatever a
// client or a domain's record says.
func TestKeyValuesFit(t *testing.T) {
	long := strings.Repeat(`"`, 4000)
	record := "v=spf1 " + strings.Repeat("0", 4000) + "=x ip4:192.0.2.0/24 a:" + strings.Repeat("%{i}", 500) + " -all exp=x.example"
	r := dnsfake.Func(func(dns.Question, time.Time) (dns.Answer, error) {
		return dns.Answer{TXT: [][]string{{record}}}, nil
	})
	s, log := newServer(t, "Log_Format = kv\nHide_Receiver = No\nMail_From_reject = False\n", r)
	shadow := loadText(t, "Reason_Message = "+strings.Repeat("x", 3000)+"\nHide_Receiver = No\n")
	s.Shadow = &shadow
	for _, client := range []string{"192.0.2.1", "198.51.100.1"} {
		log.lines = nil
		s.Answer(context.Background(), Request{ClientAddress: client, HELOName: long, Sender: long + "@example.org", Recipient: long})
		s.Log.Flush()
		if len(log.lines) != 1 || len(log.lines[0]) > maxLogLine || !strings.Contains(log.lines[0], " cached=no shadow=") || strings.HasSuffix(log.lines[0], "...") {
			t.Errorf("logged %q", log.lines)
		}
	}
}

func TestTruncateShadow(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for _, test := range []struct{ name, text, want string }{
		{name: "short", text: "550 x (A = b)", want: "550 x (A = b)"},
		{name: "long reply", text: "550 " + long + " (A = b)", want: "550 " + long[:maxLoggedShadow-len("550 ... (A = b)")] + "... (A = b)"},
		{name: "long value", text: "result_only (A = " + long + ")", want: "result_only (A = " + long + ")"}, // the pair's limit applies
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := truncateShadow(test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestTotals: lookups that a cache answers are not queries, and those without an
// answer in time are time-outs.
func TestTotals(t *testing.T) {
	n := 0
	r := dnsfake.Func(func(q dns.Question, _ time.Time) (dns.Answer, error) {
		n++
		switch n {
		case 1:
			return dns.Answer{}, &dns.Error{Kind: dns.Timeout, Question: q}
		case 2:
			return dns.Answer{}, &dns.Error{Kind: dns.BadRcode, Rcode: 2, Question: q}
		}
		return dns.Answer{Cached: n == 3}, nil
	})
	s, log := newServer(t, "Log_Format = kv\n", r)
	request := "client_address=192.0.2.1\nhelo_name=mail.example.org\nsender=a@example.org\n\n"
	if err := s.Serve(context.Background(), strings.NewReader(request+request), &writeRecorder{}); err != nil {
		t.Fatal(err)
	}
	const want = "info messages=2 prepend=2 helo_none=1 helo_temperror=1 mailfrom_none=1 mailfrom_temperror=1 cached_verdicts=0 cached_lookups=1 queries=3 timeouts=1"
	if got := log.lines[len(log.lines)-1]; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
