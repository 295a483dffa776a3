package report

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"policyd-spf/conf"
	"policyd-spf/policy"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

// whatIfZone has a name for each result, for HELO names and senders alike.
const whatIfZone = `
$ORIGIN example.
$TTL 300
@           SOA ns.example. root.example. 1 1 1 1 1
pass        TXT "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"
            A   192.0.2.7
fail        TXT "v=spf1 ip4:10.9.9.9 -all"
nomail      TXT "v=spf1 -all"
softfail    TXT "v=spf1 ~all"
neutral     TXT "v=spf1 ?all"
permerror   TXT "v=spf1 moo"
none        TXT "hello"
temperror   NS  ns.temperror
_dmarc.fail TXT "v=DMARC1; p=reject"
_dmarc.nomail TXT "v=DMARC1; p=none"
open        TXT "v=spf1 +all"
voids       TXT "v=spf1 mx -all"
            MX  10 a.voids
            MX  10 b.voids
            MX  10 c.voids
a.voids     A   192.0.2.1
b.voids     A   192.0.2.2
c.voids     A   192.0.2.3
friend      TXT "v=spf1 ip4:198.51.100.0/28 -all"
relay       A   198.51.100.20
host.isp    A   203.0.113.5
$ORIGIN 113.0.203.in-addr.arpa.
@           SOA ns.example. root.example. 1 1 1 1 1
5           PTR host.isp.example.
6           PTR host.isp.example.
$ORIGIN 100.51.198.in-addr.arpa.
@           SOA ns.example. root.example. 1 1 1 1 1
$ORIGIN 2.0.192.in-addr.arpa.
@           SOA ns.example. root.example. 1 1 1 1 1
$ORIGIN 8.b.d.0.1.0.0.2.ip6.arpa.
@           SOA ns.example. root.example. 1 1 1 1 1
`

// loadConfig loads a configuration.
func loadConfig(t *testing.T, text string) conf.Settings {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policyd-spf.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := conf.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Settings
}

// logSink writes lines as syslogd does.
type logSink struct {
	out bytes.Buffer
	at  time.Time
	pid int
}

func (s *logSink) Write(lines []policy.Line) {
	for _, l := range lines {
		fmt.Fprintf(&s.out, "%s mx policyd-spf[%d]: %s\n", s.at.Format(time.RFC3339), s.pid, l.Text)
	}
}

// requests returns some thousand messages, each with one request or more. The time
// of a message is its number in seconds.
func requests() [][]policy.Request {
	random := rand.New(rand.NewPCG(14, 3))
	names := []string{"pass.example", "fail.example", "nomail.example", "softfail.example", "neutral.example", "permerror.example",
		"none.example", "temperror.example", "open.example", "voids.example", "sub.pass.example", "friend.example", "relay.example", "host.isp.example", "[192.0.2.1]", "localhost"}
	clients := []string{"192.0.2.1", "192.0.2.200", "198.51.100.1", "198.51.100.20", "198.51.100.99", "203.0.113.5", "203.0.113.6", "2001:db8::1", "2001:db8:1::5", "10.0.0.1", "127.0.0.1"}
	users := []string{"alice@dest.example", "bob@dest.example", "carol@dest.example", "dave@dest.example"}
	var all [][]policy.Request
	for i := range 3000 {
		r := policy.Request{
			ClientAddress: clients[random.IntN(len(clients))], HELOName: names[random.IntN(len(names))],
			Sender:    fmt.Sprintf("u%d@%s", random.IntN(5), names[random.IntN(len(names)-2)]),
			Recipient: users[random.IntN(len(users))], Instance: fmt.Sprintf("instance.%d", i),
		}
		if random.IntN(8) == 0 {
			r.Sender = ""
		}
		message := []policy.Request{r}
		for range random.IntN(2) * random.IntN(3) {
			next := r
			next.Recipient = users[random.IntN(len(users))]
			message = append(message, next)
		}
		all = append(all, message)
	}
	return all
}

// serve returns what a server with a configuration does with the first recipient of
// each message: "reject" or "defer" by the message's number. It writes its log.
func serve(t *testing.T, config string, messages [][]policy.Request) (map[int]string, *bytes.Buffer) {
	t.Helper()
	settings := loadConfig(t, config)
	sink := &logSink{}
	var servers [4]*policy.Server // several processes
	for i := range servers {
		servers[i] = &policy.Server{Settings: settings, Resolver: dnsfake.Zone(t, whatIfZone), Log: &policy.Log{Level: settings.DebugLevel, Sink: sink}}
	}
	refused := make(map[int]string)
	for i, requests := range messages {
		server := servers[i%len(servers)]
		sink.at, sink.pid = messageTime(i), 100+i%len(servers)
		for n, r := range requests {
			reply := server.Answer(context.Background(), r).String()
			server.Log.Flush()
			if n > 0 {
				continue
			}
			switch action, _, _ := strings.Cut(reply, " "); {
			case strings.HasPrefix(action, "5"), action == "REJECT":
				refused[i] = "reject"
			case strings.HasPrefix(action, "4"), strings.EqualFold(action, "defer_if_permit"):
				refused[i] = "defer"
			}
		}
	}
	return refused, &sink.out
}

func messageTime(i int) time.Time {
	return time.Date(2026, 11, 2, 0, 0, i, 0, time.UTC)
}

// headerOnly is the configuration of the server that makes the log.
const headerOnly = "debugLevel = 1\nHELO_reject = False\nMail_From_reject = False\nHide_Receiver = No\n"

// TestWhatIf_equalsServer holds that a what-if refuses exactly those messages that
// a server with the configuration refuses.
func TestWhatIf_equalsServer(t *testing.T) {
	users := filepath.Join(t.TempDir(), "users")
	const perUser = "alice@dest.example,Mail_From_reject=Fail\nbob@dest.example,HELO_reject=SPF_Not_Pass|Mail_From_reject=Softfail|PermError_reject=True\n" +
		"carol@dest.example,Mail_From_reject=False|HELO_reject=False\n"
	if err := os.WriteFile(users, []byte(perUser), 0o600); err != nil {
		t.Fatal(err)
	}
	messages := requests()
	_, log := serve(t, headerOnly, messages)
	for _, test := range []struct {
		name, config string
		needsDNS     bool // some messages are unknown without DNS
		nothing      bool // no message is refused
	}{
		{name: "defaults", config: ""},
		{name: "HELO SPF_Not_Pass", config: "HELO_reject = SPF_Not_Pass\nMail_From_reject = False\n"},
		{name: "HELO Softfail", config: "HELO_reject = Softfail\nMail_From_reject = False\n"},
		{name: "HELO Fail", config: "HELO_reject = Fail\nMail_From_reject = False\n"},
		{name: "HELO Null", config: "HELO_reject = Null\nMail_From_reject = False\n"},
		{name: "HELO No_Check", config: "HELO_reject = No_Check\nMail_From_reject = Softfail\n"},
		{name: "MAIL FROM SPF_Not_Pass", config: "HELO_reject = False\nMail_From_reject = SPF_Not_Pass\n"},
		{name: "MAIL FROM Softfail", config: "HELO_reject = False\nMail_From_reject = Softfail\n"},
		{name: "MAIL FROM Fail", config: "HELO_reject = False\nMail_From_reject = Fail\n"},
		{name: "MAIL FROM No_Check", config: "HELO_reject = Softfail\nMail_From_reject = No_Check\n"},
		{name: "nothing checked", config: "HELO_reject = No_Check\nMail_From_reject = No_Check\n", nothing: true},
		{name: "header only", config: headerOnly, nothing: true},
		{name: "PermError", config: "PermError_reject = True\n"},
		{name: "TempError", config: "TempError_Defer = True\n"},
		{name: "all", config: "HELO_reject = SPF_Not_Pass\nMail_From_reject = SPF_Not_Pass\nPermError_reject = True\nTempError_Defer = True\n"},
		{name: "No_Mail", config: "No_Mail = True\n", needsDNS: true},
		{name: "TestOnly", config: "TestOnly = 0\n", nothing: true},
		{name: "Mock", config: "Mock = True\n", nothing: true},
		{name: "Reject_Not_Pass_Domains", config: "HELO_reject = False\nMail_From_reject = False\nReject_Not_Pass_Domains = softfail.example,none.example,sub.neutral.example\n"},
		{name: "Whitelist", config: "Whitelist = 198.51.100.0/24,203.0.113.5\nMail_From_reject = Softfail\n"},
		{name: "skip_addresses", config: "skip_addresses = 192.0.2.0/25,2001:db8::/48\n", needsDNS: true},
		{name: "Domain_Whitelist", config: "Domain_Whitelist = pass.example,friend.example\n", needsDNS: true},
		{name: "HELO_Whitelist", config: "HELO_Whitelist = relay.example,host.isp.example\n", needsDNS: true},
		{name: "Domain_Whitelist_PTR", config: "Domain_Whitelist_PTR = .isp.example\nMail_From_reject = Softfail\n", needsDNS: true},
		{name: "pass restrictions", config: "HELO_pass_restriction = class_a\nMail_From_pass_restriction = class_b\nMail_From_reject = Softfail\n"},
		{name: "Per_User", config: "Per_User = text," + users + "\n"},
		{name: "Per_User and whitelist", config: "Whitelist = 198.51.100.99\nPermError_reject = True\nPer_User = text," + users + "\n"},
		{name: "softfail restriction", config: "HELO_softfail_restriction = class_a\nMail_From_softfail_restriction = class_b\nHELO_reject = SPF_Not_Pass\nMail_From_reject = SPF_Not_Pass\n"},
		{name: "restrictions that reject", config: "HELO_reject = False\nMail_From_reject = False\nMail_From_softfail_restriction = 550 5.7.1 softfail\nMail_From_none_restriction = REJECT no record\nHELO_neutral_restriction = 554 neutral\n"},
		{name: "restrictions that defer", config: "Mail_From_permerror_restriction = 450 4.7.1 permerror\nHELO_temperror_restriction = DEFER_IF_PERMIT temperror\n"},
		{name: "restrictions for errors", config: "HELO_permerror_restriction = class_a\nMail_From_temperror_restriction = class_b\nPermError_reject = True\nTempError_Defer = True\n"},
		{name: "restrictions for neutral and none", config: "HELO_none_restriction = class_a\nMail_From_neutral_restriction = class_b\nMail_From_reject = SPF_Not_Pass\n"},
		{name: "Skip_Private", config: "Skip_Private = Yes\nMail_From_reject = SPF_Not_Pass\n"},
		{name: "Skip_Sender_Domains", config: "Skip_Sender_Domains = fail.example,.pass.example\nMail_From_reject = Softfail\n"},
		{name: "Leave_DMARC Enforced", config: "Leave_DMARC = Enforced\nMail_From_reject = Softfail\n", needsDNS: true},
		{name: "Leave_DMARC All", config: "Leave_DMARC = All\n", needsDNS: true},
		{name: "Pass_By_All", config: "Pass_By_All = No\nMail_From_pass_restriction = class_a\nHELO_reject = False\n", needsDNS: true},
		{name: "Pass_By_All and Domain_Whitelist", config: "Pass_By_All = No\nDomain_Whitelist = pass.example,friend.example,open.example\n", needsDNS: true},
		{name: "Void_Count", config: "Void_Count = Terms\nPermError_reject = True\n", needsDNS: true},
		{name: "Void_Dual_Stack", config: "Void_Dual_Stack = Yes\nPermError_reject = True\n", needsDNS: true},
		{name: "Header_Type", config: "Header_Type = None\nMail_From_reject = Softfail\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			want, _ := serve(t, test.config, messages)
			if len(want) == 0 != test.nothing {
				t.Fatalf("the server refuses %d messages", len(want))
			}
			without := whatIfOf(t, log.Bytes(), test.config, Options{})
			if !test.needsDNS && without.Unknown > 0 {
				t.Errorf("without DNS, %d are unknown: %s", without.Unknown, without.Needs)
			}
			missing := compareRefused(t, want, without.Messages, true)
			if test.needsDNS && without.Unknown == 0 || int64(missing) > without.Unknown {
				t.Errorf("without DNS, %d are missing and %d unknown", missing, without.Unknown)
			}
			with := whatIfOf(t, log.Bytes(), test.config, Options{Recheck: RecheckMissing, NewResolver: func() dns.Resolver { return dnsfake.Zone(t, whatIfZone) }})
			if with.Unknown > 0 {
				t.Errorf("with DNS, %d are unknown: %s", with.Unknown, with.Needs)
			}
			compareRefused(t, want, with.Messages, false)
			if int(with.Refused+with.Deferred) != len(want) || int64(len(with.Messages)) != with.Refused+with.Deferred {
				t.Errorf("%d refused, %d deferred, %d listed, want %d", with.Refused, with.Deferred, len(with.Messages), len(want))
			}
		})
	}
}

// The log does not tell which clients have authenticated, nor does the DNS.
func TestWhatIf_skipAuthenticated(t *testing.T) {
	messages := requests()
	_, log := serve(t, headerOnly, messages)
	want, _ := serve(t, "", messages)
	got := whatIfOf(t, log.Bytes(), "Skip_Authenticated = Yes\n", Options{Recheck: RecheckMissing, NewResolver: func() dns.Resolver { return dnsfake.Zone(t, whatIfZone) }})
	if n := int64(len(want)); n == 0 || got.Refused != 0 || got.Unknown != n || got.Needs.Authentication != n {
		t.Errorf("%d refused, %d unknown: %s; want 0 and %d", got.Refused, got.Unknown, got.Needs, n)
	}
}

// A DMARC policy that cannot be looked up is unknown.
func TestWhatIf_noDMARC(t *testing.T) {
	messages := requests()
	_, log := serve(t, headerOnly, messages)
	want, _ := serve(t, "HELO_reject = False\n", messages)
	dead := func() dns.Resolver { return dnsfake.Func(noAnswer) }
	got := whatIfOf(t, log.Bytes(), "HELO_reject = False\nLeave_DMARC = All\n", Options{Recheck: RecheckMissing, NewResolver: dead})
	if n := int64(len(want)); n == 0 || got.Refused != 0 || got.Unknown != n || got.Needs.DMARC != n {
		t.Errorf("%d refused, %d unknown: %s; want 0 and %d", got.Refused, got.Unknown, got.Needs, n)
	}
}

// Only whitelists are looked up without --recheck.
func TestWhatIf_withoutRecheck(t *testing.T) {
	_, log := serve(t, headerOnly, requests())
	for _, test := range []struct {
		name, config string
		asks         bool
	}{
		{name: "Leave_DMARC", config: "Leave_DMARC = All\n"},
		{name: "No_Mail", config: "No_Mail = True\n"},
		{name: "Domain_Whitelist", config: "Domain_Whitelist = friend.example\n", asks: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var lookups atomic.Int64
			counting := dnsfake.Func(func(q dns.Question, deadline time.Time) (dns.Answer, error) {
				lookups.Add(1)
				return noAnswer(q, deadline)
			})
			got := whatIfOf(t, log.Bytes(), test.config, Options{NewResolver: func() dns.Resolver { return counting }})
			if asks := lookups.Load() > 0; asks != test.asks || !asks && got.Unknown == 0 {
				t.Errorf("%d lookups, %d unknown: %s", lookups.Load(), got.Unknown, got.Needs)
			}
		})
	}
}

func noAnswer(q dns.Question, _ time.Time) (dns.Answer, error) {
	return dns.Answer{}, &dns.Error{Kind: dns.Timeout, Question: q}
}

// whatIfOf returns what a log says of a configuration.
func whatIfOf(t *testing.T, log []byte, config string, o Options) WhatIf {
	t.Helper()
	o.Now, o.List = time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC), true
	o.WhatIf = []Config{{Name: "tried.conf", Settings: loadConfig(t, config)}}
	c := New(o)
	if err := c.Read("log", bytes.NewReader(log)); err != nil {
		t.Fatal(err)
	}
	return c.Report(context.Background()).WhatIf[0]
}

// compareRefused compares the messages that a what-if refuses with those that the
// server does. It returns how many are missing, which is an error unless some may
// be.
func compareRefused(t *testing.T, want map[int]string, list []Message, some bool) (missing int) {
	t.Helper()
	got := make(map[int]string)
	for _, m := range list {
		got[int(m.Time.Sub(messageTime(0))/time.Second)] = m.Action
		if m.Option == "" || m.Value == "" {
			t.Errorf("no option in %+v", m)
		}
	}
	for _, i := range slices.Sorted(maps.Keys(want)) {
		if got[i] == "" {
			missing++
			if !some {
				t.Errorf("message %d: the server refuses it, the what-if does not", i)
			}
		} else if got[i] != want[i] {
			t.Errorf("message %d: %s, want %s", i, got[i], want[i])
		}
	}
	for _, i := range slices.Sorted(maps.Keys(got)) {
		if want[i] == "" {
			t.Errorf("message %d: the what-if refuses it, the server does not", i)
		}
	}
	return missing
}

// TestWhatIf_logFormats holds the same for the other forms of the log. Log_Format =
// action has one result a message, so more is unknown without DNS.
func TestWhatIf_logFormats(t *testing.T) {
	messages := requests()
	for _, format := range []string{"kv", "action"} {
		_, log := serve(t, headerOnly+"Log_Format = "+format+"\n", messages)
		for _, config := range []string{
			"", "HELO_reject = Softfail\nMail_From_reject = SPF_Not_Pass\nPermError_reject = True\nTempError_Defer = True\n",
			"HELO_reject = No_Check\nMail_From_reject = Fail\n", "HELO_reject = Null\nMail_From_reject = Softfail\n", "No_Mail = True\n",
		} {
			t.Run(format+" "+strings.ReplaceAll(config, "\n", "; "), func(t *testing.T) {
				want, _ := serve(t, config, messages)
				without := whatIfOf(t, log.Bytes(), config, Options{})
				if missing := compareRefused(t, want, without.Messages, true); int64(missing) > without.Unknown {
					t.Errorf("%d are missing and %d unknown", missing, without.Unknown)
				}
				if format == "kv" && !strings.Contains(config, "No_Mail") && without.Unknown > 0 {
					t.Errorf("%d are unknown: %s", without.Unknown, without.Needs)
				}
				with := whatIfOf(t, log.Bytes(), config, Options{Recheck: RecheckMissing, NewResolver: func() dns.Resolver { return dnsfake.Zone(t, whatIfZone) }})
				compareRefused(t, want, with.Messages, false)
				if with.Unknown > 0 {
					t.Errorf("with DNS, %d are unknown: %s", with.Unknown, with.Needs)
				}
			})
		}
	}
}
