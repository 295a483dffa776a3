package policy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

// sameRecord returns a resolver with the same record for every name: it authorizes
// 192.0.2.0/24.
func sameRecord() dns.Resolver { return dnsfake.Text("v=spf1 ip4:192.0.2.0/24 -all") }

// newServer returns a server with a configuration, and the log it writes.
func newServer(t testing.TB, config string, r dns.Resolver) (*Server, *recordedLog) {
	t.Helper()
	sink := &recordedLog{}
	settings := loadText(t, config)
	return &Server{
		Settings: settings, ConfigFile: "policyd-spf.conf", Resolver: r,
		Log: &Log{Level: settings.DebugLevel, Sink: sink}, host: "mx.example.net",
	}, sink
}

// writeRecorder is a Writer that keeps each write separately.
type writeRecorder struct{ writes []string }

func (c *writeRecorder) Write(p []byte) (int, error) {
	c.writes = append(c.writes, string(p))
	return len(p), nil
}

const passRequest = "client_address=192.0.2.1\nhelo_name=mail.example.org\nsender=alice@example.org\nrecipient=bob@example.net\n\n"

func TestServeWritesOnce(t *testing.T) {
	s, _ := newServer(t, "", sameRecord())
	out := &writeRecorder{}
	if err := s.Serve(context.Background(), strings.NewReader(passRequest+"\nsender=cut off"), out); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"action=prepend Received-SPF: Pass (sender SPF authorized) identity=mailfrom; client-ip=192.0.2.1; helo=mail.example.org; envelope-from=alice@example.org; receiver=<UNKNOWN> \n\n",
		"action=dunno\n\n",
	}
	if strings.Join(out.writes, "|") != strings.Join(want, "|") {
		t.Errorf("wrote %q, want %q", out.writes, want)
	}
}

// TestServeLogsAfterReply: the log is written after the reply, except for
// debugging.
func TestServeLogsAfterReply(t *testing.T) {
	for _, test := range []struct {
		level string
		want  string
	}{{level: "1", want: "reply log "}, {level: "2", want: "log reply "}} {
		var order strings.Builder
		s, _ := newServer(t, "debugLevel = "+test.level+"\n", sameRecord())
		s.Log.Sink = sinkFunc(func([]Line) { order.WriteString("log ") })
		out := writerFunc(func(p []byte) (int, error) { order.WriteString("reply "); return len(p), nil })
		if err := s.Serve(context.Background(), strings.NewReader(passRequest), out); err != nil {
			t.Fatal(err)
		}
		if order.String() != test.want {
			t.Errorf("debugLevel %s: %s", test.level, order.String())
		}
	}
}

type sinkFunc func([]Line)

func (f sinkFunc) Write(l []Line) { f(l) }

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestServe_ends: Serve ends when its input or its output does.
func TestServe_ends(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		name string
		in   io.Reader
		out  io.Writer
		want error
	}{
		{name: "end of input", in: strings.NewReader(""), out: io.Discard},
		{name: "end of input in a request", in: strings.NewReader("a=b\n"), out: io.Discard},
		{name: "input breaks", in: io.MultiReader(strings.NewReader(passRequest), readerFunc(func([]byte) (int, error) { return 0, broken })), out: io.Discard, want: broken},
		{name: "output breaks", in: strings.NewReader(passRequest + passRequest), out: writerFunc(func([]byte) (int, error) { return 0, broken }), want: broken},
		{name: "a fault between requests", in: readerFunc(func([]byte) (int, error) { panic("fault") }), out: io.Discard, want: errInternal},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, _ := newServer(t, "", sameRecord())
			if err := s.Serve(context.Background(), test.in, test.out); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestPanics: a panic does not end the process, and no message is refused because of
// it.
func TestPanics(t *testing.T) {
	faulty := dnsfake.Func(func(q dns.Question, deadline time.Time) (dns.Answer, error) {
		if strings.HasPrefix(q.Name, "faulty.") {
			panic("a fault")
		}
		return sameRecord().Lookup(q, deadline)
	})
	request := func(helo, sender string) Request {
		return Request{ClientAddress: "192.0.2.1", HELOName: helo, Sender: sender}
	}
	for _, test := range []struct {
		name     string
		config   string
		request  Request
		observer Observer
		want     string
	}{
		{name: "in MAIL FROM's check", request: request("mail.example.org", "a@faulty.example"),
			want: "prepend Received-SPF: Temperror (SPF Temporary Error: internal error) identity=mailfrom; client-ip=192.0.2.1; helo=mail.example.org; envelope-from=a@faulty.example; receiver=<UNKNOWN> "},
		{name: "in HELO's check", request: request("faulty.example", "a@example.org"),
			want: "prepend Received-SPF: Pass (sender SPF authorized) identity=mailfrom; client-ip=192.0.2.1; helo=faulty.example; envelope-from=a@example.org; receiver=<UNKNOWN> "},
		{name: "in a list", config: "Domain_Whitelist = faulty.example\n", request: request("mail.example.org", "a@example.org"),
			want: "prepend Received-SPF: Pass (sender SPF authorized) identity=mailfrom; client-ip=192.0.2.1; helo=mail.example.org; envelope-from=a@example.org; receiver=<UNKNOWN> "},
		{name: "in the lookup of a list", config: "HELO_Whitelist = faulty.example\n", request: request("faulty.example", "a@example.org"), want: "dunno"},
		{name: "in an observer", request: request("mail.example.org", "a@example.org"), observer: panickingObserver{}, want: "dunno"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, log := newServer(t, test.config, faulty)
			s.Observer = test.observer
			if got := s.Answer(context.Background(), test.request).String(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			s.Log.Flush()
			if !strings.Contains(strings.Join(log.lines, "\n"), "err ERROR: internal error: a fault") {
				t.Errorf("logged %q", log.lines)
			}
		})
	}
}

type panickingObserver struct{}

func (panickingObserver) Evaluate(Subject) { panic("a fault") }
func (panickingObserver) Answered(Outcome) {}
func (panickingObserver) Event(spf.Event)  {}

// TestTimeouts: whatever the settings and the name servers, a request is answered
// within 90 seconds, and a check within Lookup_Time.
func TestTimeouts(t *testing.T) {
	const temperror = "Temperror (SPF Temporary Error: DNS Timeout) identity="
	slow := dnsfake.Func(func(q dns.Question, deadline time.Time) (dns.Answer, error) {
		if time.Until(deadline) <= 15*time.Second {
			return dnsfake.Silent(q, deadline)
		}
		time.Sleep(15 * time.Second)
		return dns.Answer{TXT: [][]string{{"v=spf1 include:a." + q.Name + " -all"}}}, nil
	})
	for _, test := range []struct {
		name     string
		config   string
		resolver dns.Resolver
		want     time.Duration
		reply    string
	}{
		{name: "nobody answers", resolver: dnsfake.Func(dnsfake.Silent), want: 40 * time.Second, reply: temperror + "mailfrom"},
		{name: "a time of one's own", config: "Lookup_Time = 3\n", resolver: dnsfake.Func(dnsfake.Silent), want: 6 * time.Second, reply: temperror + "mailfrom"},
		{name: "only MAIL FROM", config: "HELO_reject = No_Check\n", resolver: dnsfake.Func(dnsfake.Silent), want: 20 * time.Second, reply: temperror + "mailfrom"},
		{name: "no limit: one lookup has 20 seconds", config: "Lookup_Time = 0\n", resolver: dnsfake.Func(dnsfake.Silent), want: 40 * time.Second, reply: temperror + "mailfrom"},
		{name: "no limit, but the request's", config: "Lookup_Time = 0\n", resolver: slow, want: 90 * time.Second, reply: "Temperror (SPF Temporary Error: DNS Error: exceeded max query lookup time) identity=mailfrom"},
		{name: "whitelists with more than the request has", config: "Whitelist_Lookup_Time = 10000000000\nLookup_Time = 1\nHELO_Whitelist = mail.example.org\n", resolver: dnsfake.Func(dnsfake.Silent), want: 90 * time.Second,
			reply: "Temperror (SPF Temporary Error: DNS Error: exceeded max query lookup time) identity=mailfrom"},
		{name: "more than the request has", config: "Lookup_Time = 10000000000\n", resolver: dnsfake.Func(dnsfake.Silent), want: 90 * time.Second,
			reply: "Temperror (SPF Temporary Error: DNS Error: exceeded max query lookup time) identity=mailfrom"},
		{name: "no time at all", config: "Lookup_Time = -1\n", resolver: dnsfake.Func(dnsfake.Silent),
			reply: "Temperror (SPF Temporary Error: DNS Error: exceeded max query lookup time) identity=mailfrom"},
		{name: "lists", config: "Whitelist_Lookup_Time = 4\nLookup_Time = 3\nDomain_Whitelist = a.example,b.example\nHELO_Whitelist = mail.example.org\nDomain_Whitelist_PTR = c.example\n",
			resolver: dnsfake.Func(dnsfake.Silent), want: (4 + 4 + 4 + 4 + 3 + 3) * time.Second, reply: temperror + "mailfrom"},
		{name: "lists without limit", config: "Whitelist_Lookup_Time = 0\nLookup_Time = 1\nHELO_Whitelist = mail.example.org\nDomain_Whitelist_PTR = c.example\n",
			resolver: dnsfake.Func(dnsfake.Silent), want: 42 * time.Second, reply: temperror + "mailfrom"},
		{name: "lists without any time", config: "Whitelist_Lookup_Time = -1\nLookup_Time = 1\nDomain_Whitelist = a.example\n",
			resolver: dnsfake.Func(dnsfake.Silent), want: 2 * time.Second, reply: temperror + "mailfrom"},
		{name: "many lists", config: "Domain_Whitelist = " + strings.Repeat("a.example,", 100) + "\n", resolver: dnsfake.Func(dnsfake.Silent), want: 90 * time.Second,
			reply: "Temperror (SPF Temporary Error: DNS Error: exceeded max query lookup time) identity=mailfrom"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, _ := newServer(t, test.config, test.resolver)
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				reply := s.Answer(context.Background(), Request{ClientAddress: "192.0.2.1", HELOName: "mail.example.org", Sender: "a@example.org"}).String()
				if took := time.Since(start); took != test.want {
					t.Errorf("took %v, want %v", took, test.want)
				}
				if !strings.Contains(reply, test.reply) {
					t.Errorf("got %s, want %s", reply, test.reply)
				}
			})
		})
	}
}

// TestKnownSenderCostsOneAllocation: a message from a known sender needs no lookup,
// and one allocation.
func TestKnownSenderCostsOneAllocation(t *testing.T) {
	var lookups atomic.Int64
	counting := dnsfake.Func(func(q dns.Question, deadline time.Time) (dns.Answer, error) {
		lookups.Add(1)
		return sameRecord().Lookup(q, deadline)
	})
	s, _ := newServer(t, "", counting)
	s.Log.Sink = discardSink{}
	request := Request{ClientAddress: "192.0.2.1", HELOName: "mail.example.org", Sender: "alice@example.org", Recipient: "bob@example.net"}
	s.Answer(context.Background(), request)
	lookups.Store(0)
	var reply []byte
	allocations := testing.AllocsPerRun(100, func() {
		reply = appendReply(reply[:0], s.Answer(context.Background(), request))
		s.Log.Flush()
	})
	if n := lookups.Load(); n != 0 {
		t.Errorf("%d lookups", n)
	}
	if allocations != 1 { // the header
		t.Errorf("%v allocations, want 1", allocations)
	}
}

// TestPerUserSettingsDoNotLeak: a recipient's settings apply to its request only.
func TestPerUserSettingsDoNotLeak(t *testing.T) {
	path := t.TempDir() + "/users"
	writeFile(t, path, "bob@example.net,Mail_From_reject=False|Hide_Receiver=No|Header_Type=AR\n")
	s, _ := newServer(t, "Per_User = text,"+path+"\n", dnsfake.Zone(t, parserZone))
	ask := func(recipient string) string {
		return s.Answer(context.Background(), Request{ClientAddress: "192.0.2.1", HELOName: "mx.none.example", Sender: "a@fail.example", Recipient: recipient}).String()
	}
	want := ask("carol@example.net")
	if got := ask("bob@example.net"); !strings.HasPrefix(got, "prepend Authentication-Results: ") {
		t.Errorf("bob: %s", got)
	}
	if got := ask("carol@example.net"); got != want || !strings.HasPrefix(got, "550 ") {
		t.Errorf("carol: %s, and after bob: %s", want, got)
	}
}

// TestNoLeaks: no goroutine and no descriptor is left after a request.
func TestNoLeaks(t *testing.T) {
	cache := dns.NewCache(dnsfake.Zone(t, parserZone))
	s, _ := newServer(t, "", cache)
	s.Prefetcher = cache
	ask := func(i int) {
		s.Answer(context.Background(), Request{ClientAddress: "192.0.2.1", HELOName: strconv.Itoa(i) + ".pass.example", Sender: "a@" + strconv.Itoa(i) + ".fail.example"})
	}
	ask(0)
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	for i := range 50 {
		ask(i)
	}
	for wait := time.Now(); runtime.NumGoroutine() > goroutines && time.Since(wait) < time.Minute; {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	if n := descriptors(t); n > files {
		t.Errorf("%d descriptors, %d before", n, files)
	}
}

// TestMemoryStaysFlat: memory does not grow with the number of requests.
func TestMemoryStaysFlat(t *testing.T) {
	s, _ := newServer(t, "", sameRecord())
	s.Log.Sink = discardSink{}
	after := func(from, to int) uint64 {
		for i := from; i < to; i++ {
			n := strconv.Itoa(i)
			s.Answer(context.Background(), Request{ClientAddress: "192.0.2.1", HELOName: n + ".example", Sender: "a@" + n + ".example.org", Instance: n})
			s.Log.Flush()
		}
		return heap()
	}
	first := after(0, 5000)
	if second := after(5000, 20000); second > first+first/4 {
		t.Errorf("%d bytes after 5,000 requests, %d after 20,000", first, second)
	}
}

// FuzzAnswer: whatever a client, a sender or a name server sends, a request gets
// one well-formed reply, and the log well-formed lines.
func FuzzAnswer(f *testing.F) {
	f.Add("192.0.2.1", "mail.example.org", "alice@example.org", "bob@example.net", "v=spf1 -all exp=e.example", "go away\n\naction=OK\n\n", uint8(0))
	f.Add("192.0.2.1", "a;b=c", `"x;y"@b@c.example.`, "(", "v=spf1 %{s} ?all", "", uint8(1))
	f.Add("::ffff:192.0.2.1", "\xff", "@", "", "v=spf1 include:a.%{l}.example", "%{s}%{h}", uint8(2))
	f.Add("fe80::1%eth0\n", "", "ΑΣ@é.example", "\u2028", "v=spf1 \x00", "OK", uint8(3))
	configs := []string{
		"Mail_From_reject = SPF_Not_Pass\nPermError_reject = True\n",
		"Header_Type = AR\nMail_From_reject = False\nHELO_reject = False\nHide_Receiver = No\n",
		"SPF_Enhanced_Status_Codes = No\nReason_Message =\nMail_From_reject = SPF_Not_Pass\nHELO_reject = SPF_Not_Pass\n",
		"Hide_Receiver = No\nReason_Message = {spf}\nPermError_reject = True\nTempError_Defer = True\nNo_Mail = True\n",
	}
	f.Fuzz(func(t *testing.T, client, helo, sender, recipient, record, explanation string, which uint8) {
		resolver := dnsfake.Func(func(q dns.Question, deadline time.Time) (dns.Answer, error) {
			switch {
			case q.Type == dns.TypePTR || q.Type == dns.TypeMX:
				return dns.Answer{Names: []string{record, helo}}, nil
			case q.Type != dns.TypeTXT:
				return dns.Answer{NXDomain: true}, nil
			case q.Name == "e.example":
				return dns.Answer{TXT: [][]string{{explanation}}}, nil
			}
			return dns.Answer{TXT: [][]string{{record}}}, nil
		})
		s, log := newServer(t, configs[int(which)%len(configs)]+"debugLevel = 5\n", resolver)
		in := "client_address=" + client + "\nhelo_name=" + helo + "\nsender=" + sender + "\nrecipient=" + recipient + "\n\n"
		var out bytes.Buffer
		s.Serve(context.Background(), strings.NewReader(in), &out)
		replies := strings.SplitAfter(out.String(), "\n\n")
		for _, reply := range replies[:len(replies)-1] {
			validReply(t, reply)
		}
		if rest := replies[len(replies)-1]; rest != "" {
			t.Errorf("text after the last reply: %q", rest)
		}
		if len(replies) == 1 {
			t.Error("no reply")
		}
		for _, line := range log.lines {
			if !printable(line) || strings.Contains(line, "internal error") {
				t.Errorf("logged %q", line)
			}
		}
	})
}

// validReply checks a reply as Postfix parses it.
func validReply(t *testing.T, reply string) {
	action, ok := strings.CutPrefix(strings.TrimSuffix(reply, "\n\n"), "action=")
	verb, text, _ := strings.Cut(action, " ")
	switch {
	case !ok || !printable(action) || len(reply) > maxReply:
		t.Errorf("malformed: %q", reply)
	case verb == "dunno" && text == "":
	case verb == "prepend" && len(text) <= maxHeader &&
		(strings.HasPrefix(text, "Received-SPF: ") || strings.HasPrefix(text, "Authentication-Results: ") || strings.HasPrefix(text, "X-Comment: ")):
	case (verb == "550" || verb == "defer_if_permit") && strings.TrimSpace(text) != "":
	default:
		t.Errorf("unexpected: %q", reply)
	}
}

// panickingPrefetcher panics after the reply has been made.
type panickingPrefetcher struct{ *dns.Cache }

func (panickingPrefetcher) Cancel() { panic("no") }

// TestPanicAfterTheReply: a panic while lookups are cancelled costs the reply's
// text, but not the reply.
func TestPanicAfterTheReply(t *testing.T) {
	cache := dns.NewCache(dnsfake.Zone(t, parserZone))
	s, _ := newServer(t, "", cache)
	s.Prefetcher = panickingPrefetcher{cache}
	reply := s.Answer(context.Background(), Request{ClientAddress: "192.0.2.1", HELOName: "mx.none.example", Sender: "a@fail.example"})
	if reply != dunno() {
		t.Errorf("got %v, want dunno", reply)
	}
}
