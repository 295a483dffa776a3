package maillog

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// readMessages returns the messages of a log whose lines begin with seconds of
// the day, host, ident and pid: "1 mx policyd-spf[1]: text".
func readMessages(t *testing.T, log string) []string {
	t.Helper()
	r := NewReader(now())
	var got []string
	r.OnMessage = func(m *Message) { got = append(got, describeMessage(m)) }
	var b strings.Builder
	for line := range strings.Lines(log) {
		fmt.Fprintf(&b, "Nov  2 10:00:0%s", line)
	}
	if err := r.Read(iotest.OneByteReader(strings.NewReader(b.String()))); err != nil {
		t.Fatal(err)
	}
	if r.Stats.Bytes != int64(b.Len()) {
		t.Errorf("%d bytes, want %d", r.Stats.Bytes, b.Len())
	}
	r.Flush()
	return got
}

func TestReaderMessages(t *testing.T) {
	const (
		a       = "client-ip=192.0.2.1; helo=h; envelope-from=a@example.com; receiver=<UNKNOWN> "
		b       = "client-ip=192.0.2.2; helo=h; envelope-from=b@example.com; receiver=<UNKNOWN> "
		url     = "Please see http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=<UNKNOWN>"
		rejectA = "550 5.7.23 Message rejected due to: x. Please see http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=<UNKNOWN>\n"
		rejectB = "550 5.7.23 Message rejected due to: x. Please see http://www.openspf.net/Why?s=mfrom;id=b@example.com;ip=192.0.2.2;r=<UNKNOWN>\n"
	)
	const urlA = "http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=mx"
	const perlA = "postfix/policy-spf[1]: Policy action=550 Please see " + urlA + "\n"
	for _, test := range []struct {
		name, log string
		want      []string
	}{
		{name: "classic",
			log: "1 mx policyd-spf[1]: None; identity=helo; " + a + "\n" +
				"2 mx policyd-spf[1]: Pass; identity=mailfrom; " + a + "\n" +
				"3 mx policyd-spf[1]: 4F1A22C0D1: prepend Received-SPF: Pass (ok) identity=mailfrom; " + a + "\n",
			want: []string{"10:00:01 mx/1 qid=4F1A22C0D1 identity=mailfrom helo_result=none mailfrom_result=pass action=prepend reason=ok client=192.0.2.1 helo=h sender=<a@example.com>"}},
		{name: "interleaved processes and hosts",
			log: "1 mx policyd-spf[1]: None; identity=helo; " + a + "\n" +
				"1 mx policyd-spf[2]: Fail; identity=helo; " + b + "\n" +
				"1 my policyd-spf[1]: Pass; identity=helo; " + b + "\n" +
				"2 mx policyd-spf[1]: Fail; identity=mailfrom; " + a + "\n" +
				"2 mx policyd-spf[2]: " + rejectB +
				"3 mx policyd-spf[1]: " + rejectA +
				"4 my policyd-spf[1]: prepend Received-SPF: Pass (ok) identity=helo; " + b + "\n",
			want: []string{
				"10:00:01 mx/2 identity=helo helo_result=fail action=reject code=550 5.7.23 reason=x client=192.0.2.2 helo=h sender=<b@example.com>",
				"10:00:01 mx/1 identity=mailfrom helo_result=none mailfrom_result=fail action=reject code=550 5.7.23 reason=x client=192.0.2.1 helo=h sender=<a@example.com>",
				"10:00:01 my/1 identity=helo helo_result=pass action=prepend reason=ok client=192.0.2.2 helo=h sender=<b@example.com>",
			}},
		{name: "further recipients of a refused message",
			log: "1 mx policyd-spf[1]: Fail; identity=mailfrom; " + a + "\n" +
				"1 mx policyd-spf[1]: " + rejectA + "2 mx policyd-spf[1]: " + rejectA + "2 mx policyd-spf[1]: " + rejectA,
			want: []string{"10:00:01 mx/1 identity=mailfrom mailfrom_result=fail action=reject code=550 5.7.23 reason=x client=192.0.2.1 helo=h sender=<a@example.com> answers=3"}},
		{name: "refusals without checks",
			log: "1 mx policyd-spf[1]: 550 5.7.23 Message rejected due to: SPF fail - not authorized. " + url + "\n" +
				"2 mx policyd-spf[2]: 550 5.7.23 Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=helo;id=h.example;ip=192.0.2.1;r=<UNKNOWN>\n" +
				"3 mx policyd-spf[3]: defer_if_permit 4.7.24 Message deferred due to: SPF Temporary Error: DNS Timeout. " + url + "\n" +
				"4 mx policyd-spf[4]: 550 5.7.23 Message rejected due to: domain owner discourages use of this host. " + url + "\n" + // or an explanation says so
				"5 mx postfix/policy-spf[5]: Policy action=550 Please see http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=mx\n",
			want: []string{
				"10:00:01 mx/1 identity=mailfrom mailfrom_result=fail action=reject code=550 5.7.23 reason=SPF fail - not authorized client=192.0.2.1 sender=<a@example.com>",
				"10:00:02 mx/2 identity=helo helo_result=fail action=reject code=550 5.7.23 reason=SPF fail - not authorized client=192.0.2.1 helo=h.example",
				"10:00:03 mx/3 identity=mailfrom mailfrom_result=temperror action=defer code=defer_if_permit 4.7.24 reason=SPF Temporary Error: DNS Timeout client=192.0.2.1 sender=<a@example.com>",
				"10:00:04 mx/4 identity=mailfrom action=reject code=550 5.7.23 reason=domain owner discourages use of this host client=192.0.2.1 sender=<a@example.com>",
				"10:00:05 mx/5 identity=mailfrom mailfrom_result=fail action=reject code=550 reason=Please see http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=mx client=192.0.2.1 sender=<a@example.com>",
			}},
		{name: "refusal of another message without checks",
			log: "1 mx policyd-spf[1]: Fail; identity=mailfrom; " + a + "\n" +
				"1 mx policyd-spf[1]: " + rejectA + "2 mx policyd-spf[1]: " + rejectB,
			want: []string{
				"10:00:01 mx/1 identity=mailfrom mailfrom_result=fail action=reject code=550 5.7.23 reason=x client=192.0.2.1 helo=h sender=<a@example.com>",
				"10:00:02 mx/1 identity=mailfrom action=reject code=550 5.7.23 reason=x client=192.0.2.2 sender=<b@example.com>",
			}},
		{name: "further recipients, postfix-policyd-spf-perl",
			log: "1 mx postfix/policy-spf[1]: Policy action=PREPEND Received-SPF: none (x) receiver=mx; identity=helo; helo=h; client-ip=192.0.2.1\n" +
				"2 mx postfix/policy-spf[1]: Policy action=DUNNO\n",
			want: []string{"10:00:01 mx/1 identity=helo helo_result=none action=prepend reason=x client=192.0.2.1 helo=h answers=2"}},
		{name: "the same message again",
			log: strings.Repeat("1 mx policyd-spf[1]: Fail; identity=mailfrom; "+a+"\n"+"1 mx policyd-spf[1]: "+rejectA, 2),
			want: slices.Repeat([]string{"10:00:01 mx/1 identity=mailfrom mailfrom_result=fail action=reject code=550 5.7.23 reason=x client=192.0.2.1 helo=h sender=<a@example.com>"},
				2)},
		{name: "actions alone are messages",
			log: strings.Repeat("1 mx policyd-spf[1]: "+rejectA, 2),
			want: slices.Repeat([]string{"10:00:01 mx/1 identity=mailfrom action=reject code=550 5.7.23 reason=x client=192.0.2.1 sender=<a@example.com>"},
				2)},
		{name: "further recipients refused by postfix-policyd-spf-perl",
			log: strings.Repeat("1 mx "+perlA, 2) + "2 mx " + perlA + "7 mx " + perlA,
			want: []string{
				"10:00:01 mx/1 identity=mailfrom mailfrom_result=fail action=reject code=550 reason=Please see " + urlA + " client=192.0.2.1 sender=<a@example.com> answers=3",
				"10:00:07 mx/1 identity=mailfrom mailfrom_result=fail action=reject code=550 reason=Please see " + urlA + " client=192.0.2.1 sender=<a@example.com>",
			}},
		{name: "no action logged",
			log: "1 mx policyd-spf[1]: None; identity=helo; " + a + "\n" +
				"1 mx policyd-spf[1]: Fail; identity=mailfrom; " + a + "\n" +
				"2 mx policyd-spf[1]: None; identity=helo; " + a + "\n",
			want: []string{
				"10:00:01 mx/1 helo_result=none mailfrom_result=fail client=192.0.2.1 helo=h sender=<a@example.com> answers=0",
				"10:00:02 mx/1 helo_result=none client=192.0.2.1 helo=h sender=<a@example.com> answers=0",
			}},
		{name: "header of another message",
			log: "1 mx policyd-spf[1]: Fail; identity=mailfrom; " + a + "\n" + "2 mx policyd-spf[1]: prepend Received-SPF: Pass (ok) identity=helo; " + b + "\n",
			want: []string{
				"10:00:01 mx/1 mailfrom_result=fail client=192.0.2.1 helo=h sender=<a@example.com> answers=0",
				"10:00:02 mx/1 identity=helo helo_result=pass action=prepend reason=ok client=192.0.2.2 helo=h sender=<b@example.com>",
			}},
		{name: "refusal whose explanation claims another client",
			log:  "1 mx policyd-spf[1]: Fail; identity=mailfrom; " + a + "\n" + strings.Repeat("2 mx policyd-spf[1]: "+rejectB, 2),
			want: []string{"10:00:01 mx/1 identity=mailfrom mailfrom_result=fail action=reject code=550 5.7.23 reason=x client=192.0.2.1 helo=h sender=<a@example.com> answers=2"}},
		{name: "action whose words cannot be told apart",
			log: "1 mx policyd-spf[1]: Fail; identity=mailfrom; " + a + "\n" +
				"2 mx policyd-spf[1]: 550 5.7.23 see http://www.openspf.net/Why?s=mfrom;id=v@bank.example;ip=192.0.2.9;r=x. " + rejectA[len("550 5.7.23 "):],
			want: []string{"10:00:01 mx/1 identity=mailfrom mailfrom_result=fail action=reject code=550 5.7.23 reason=" + "see http://www.openspf.net/Why?s=mfrom;id=v@bank.example;ip=192.0.2.9;r=x. " + strings.TrimSpace(rejectA[len("550 5.7.23 "):]) + " client=192.0.2.1 helo=h sender=<a@example.com>"}},
		{name: "shadow after the action",
			log: "1 mx policyd-spf[1]: prepend Received-SPF: Fail (ok) identity=mailfrom; " + a + "\n" +
				"1 mx policyd-spf[1]: shadow: 550 5.7.23 no (Mail_From_reject = Fail)\n",
			want: []string{"10:00:01 mx/1 identity=mailfrom mailfrom_result=fail action=prepend reason=ok client=192.0.2.1 helo=h sender=<a@example.com> shadow=reject/550 5.7.23/Mail_From_reject/Fail"}},
		{name: "kv",
			log:  "1 mx policyd-spf[1]: action=dunno client=192.0.2.1 helo=h sender=<> helo_result=pass shadow=\"unknown (needs HELO)\"\n",
			want: []string{"10:00:01 mx/1 helo_result=pass action=dunno client=192.0.2.1 helo=h sender=<> shadow=///"}},
		{name: "exempt", log: "1 mx policyd-spf[1]: prepend X-Comment: SPF skipped for whitelisted relay - " + a + "\n",
			want: []string{"10:00:01 mx/1 action=prepend exempt=Whitelist client=192.0.2.1 helo=h sender=<a@example.com>"}},
		{name: "repeated line that adds a header",
			log:  "1 mx policyd-spf[1]: message repeated 3 times: [ prepend Received-SPF: Pass (x) identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=a@example.com; receiver=<UNKNOWN> ]\n",
			want: slices.Repeat([]string{"10:00:01 mx/1 identity=mailfrom mailfrom_result=pass action=prepend reason=x client=192.0.2.1 helo=h sender=<a@example.com>"}, 3)},
		{name: "repeated line", log: "1 mx policyd-spf[1]: message repeated 3 times: [ " + strings.TrimSpace(rejectA) + "]\n",
			want: []string{"10:00:01 mx/1 identity=mailfrom action=reject code=550 5.7.23 reason=x client=192.0.2.1 sender=<a@example.com> answers=3"}},
		{name: "other program between the lines",
			log: "1 mx policyd-spf[1]: Pass; identity=mailfrom; " + a + "\n" +
				"1 mx postfix/smtpd[1]: policyd-spf[1]: Pass; identity=mailfrom; " + b + "\n" +
				"1 mx policyd-spf[1]: prepend Received-SPF: Pass (ok) identity=mailfrom; " + a + "\n",
			want: []string{"10:00:01 mx/1 identity=mailfrom mailfrom_result=pass action=prepend reason=ok client=192.0.2.1 helo=h sender=<a@example.com>"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := readMessages(t, test.log); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestReaderStats(t *testing.T) {
	r := NewReader(now())
	records := 0
	r.OnRecord = func(*Record) { records++ }
	log := "Nov  2 10:00:03 mx policyd-spf[1]: Starting\n" +
		"Nov  2 10:00:01 mx policyd-spf[1]: Pass; identity=helo; client-ip=19\n" +
		"Nov  2 10:00:02 mx policyd-spf[1]: result_only x\n" +
		"Nov  2 10:00:09 mx postfix/smtpd[1]: 4F1A22C0D1: client=a[192.0.2.1]\n" +
		"Nov  2 10:00:09 mx cron[1]: x\n" +
		"\xff\n" + strings.Repeat("x", 3*MaxLine) + "\n"
	if err := r.Read(strings.NewReader(log)); err != nil {
		t.Fatal(err)
	}
	want := Stats{Lines: 7, Bytes: int64(len(log)), Ours: 3, Unreadable: 3, First: r.Stats.First, Last: r.Stats.Last}
	if r.Stats != want || records != 1 {
		t.Errorf("%+v, %d records; want %+v, 1", r.Stats, records, want)
	}
	if got := r.Stats.First.Format("05") + r.Stats.Last.Format("05"); got != "0203" {
		t.Errorf("seconds of the first and the last line: %s", got)
	}
}

func TestReaderReturnsErrorOfInput(t *testing.T) {
	broken := errors.New("broken")
	r := NewReader(now())
	const whole, cut = "Nov  2 10:00:03 mx policyd-spf[1]: Starting\n", "Nov  2 10:00:04 mx policyd-spf[1]: Pass; identity=ma"
	err := r.Read(io.MultiReader(strings.NewReader(whole+cut), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || r.Stats.Ours != 1 || r.Stats.Lines != 1 || r.Stats.Unreadable != 0 {
		t.Errorf("%v, %+v; want one line, and nothing of what the error cut", err, r.Stats)
	}
}

// TestReaderIsBounded: when there are more processes than are kept, the oldest are
// dropped, and no message is lost.
func TestReaderIsBounded(t *testing.T) {
	r := NewReader(now())
	seen := make(map[uint32]int)
	r.OnMessage = func(m *Message) { seen[m.PID]++ }
	const processes = 3 * maxOpen
	for pid := range processes {
		r.Line(fmt.Appendf(nil, "Nov  2 10:00:03 mx policyd-spf[%d]: Pass; identity=helo; client-ip=192.0.2.1; helo=h.example; envelope-from=<>; receiver=<UNKNOWN> ", pid+1))
	}
	if len(seen) != processes-maxOpen || len(r.processes) != maxOpen+1 || len(r.index) != maxOpen {
		t.Errorf("%d messages, %d processes, %d keys", len(seen), len(r.processes), len(r.index))
	}
	r.Flush()
	for pid := range processes {
		if seen[uint32(pid+1)] != 1 {
			t.Fatalf("process %d: %d messages", pid+1, seen[uint32(pid+1)])
		}
	}
}

// TestReaderIsBounded_longNames holds that the oldest messages are dropped when the names
// of all take too much memory, and that none is lost.
func TestReaderIsBounded_longNames(t *testing.T) {
	r := NewReader(now())
	seen := make(map[uint32]int)
	r.OnMessage = func(m *Message) { seen[m.PID]++ }
	name := strings.Repeat("h", maxValue)
	for pid := range maxOpen {
		r.Line(fmt.Appendf(nil, "Nov  2 10:00:03 mx policyd-spf[%d]: Pass; identity=helo; client-ip=192.0.2.1; helo=%s; envelope-from=<>; receiver=<UNKNOWN> ", pid+1, name))
		stored := 0
		for i := range r.processes {
			stored += cap(r.processes[i].storage)
		}
		if stored > maxStored || stored != r.stored {
			t.Fatalf("%d bytes after %d processes, counted as %d", stored, pid+1, r.stored)
		}
	}
	r.Flush()
	for pid := range maxOpen {
		if seen[uint32(pid+1)] != 1 {
			t.Fatalf("process %d: %d messages", pid+1, seen[uint32(pid+1)])
		}
	}
}

// TestReaderAllocatesNothing: no line costs memory once the processes are known.
func TestReaderAllocatesNothing(t *testing.T) {
	log := sampleLog(1<<20, "rfc3164")
	r := NewReader(now())
	lines := strings.Split(strings.TrimSuffix(string(log), "\n"), "\n")
	all := make([][]byte, len(lines))
	for i, line := range lines {
		all[i] = []byte(line)
	}
	read := func() {
		for _, line := range all {
			r.Line(line)
		}
	}
	read()
	if n := testing.AllocsPerRun(3, read); n > 0 {
		t.Errorf("%v allocations for %d lines", n, len(all))
	}
}
