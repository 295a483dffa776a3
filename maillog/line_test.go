package maillog

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestParseLines(t *testing.T) {
	const text = "Pass; identity=helo; client-ip=192.0.2.1; helo=h; envelope-from=<>; receiver=<UNKNOWN> "
	const acted = "checked result=pass identity=helo helo_result=pass client=192.0.2.1 helo=h sender=<>"
	for _, test := range []struct{ name, line, want string }{
		{name: "RFC 3164", line: "Nov  2 10:11:12 mx policyd-spf[1]: " + text, want: acted},
		{name: "RFC 3339", line: "2026-11-02T10:11:12.345678+01:00 mx policyd-spf[1]: " + text, want: acted},
		{name: "RFC 3339, UTC", line: "2026-11-02T10:11:12Z mx policyd-spf[1]: " + text, want: acted},
		{name: "journalctl -o short", line: "Nov 02 10:11:12 mx policyd-spf[1]: " + text, want: acted},
		{name: "journalctl -o short-iso", line: "2026-11-02T10:11:12+0100 mx policyd-spf[1]: " + text, want: acted},
		{name: "journalctl -o short-iso-precise", line: "2026-11-02T10:11:12.345678+0100 mx policyd-spf[1]: " + text, want: acted},
		{name: "priority", line: "<22>Nov  2 10:11:12 mx policyd-spf[1]: " + text, want: acted},
		{name: "no pid", line: "Nov  2 10:11:12 mx policyd-spf: " + text, want: acted},
		{name: "repeated", line: "Nov  2 10:11:12 mx policyd-spf[1]: message repeated 2 times: [ " + text + "]", want: acted},
		{name: "other program", line: "Nov  2 10:11:12 mx dovecot[1]: policyd-spf[1]: " + text, want: "foreign"},
		{name: "ident in the text of Postfix", line: "Nov  2 10:11:12 mx postfix/smtpd[1]: warning: policyd-spf[1]: " + text, want: "other"},
		{name: "host that looks like an ident", line: "Nov  2 10:11:12 policyd-spf[1]: dovecot: " + text, want: "foreign"},
		{name: "longer ident", line: "Nov  2 10:11:12 mx policyd-spf2[1]: " + text, want: "foreign"},
		{name: "ident with a path", line: "Nov  2 10:11:12 mx x/policyd-spf[1]: " + text, want: "foreign"},
		{name: "Postfix instance", line: "Nov  2 10:11:12 mx postfix-in/submission/smtpd[1]: 4F1A22C0D1: client=a.example[192.0.2.1]", want: "client qid=4F1A22C0D1 client=192.0.2.1 name=a.example"},
		{name: "empty", line: "", want: "unreadable"},
		{name: "no time stamp", line: "mx policyd-spf[1]: " + text, want: "unreadable"},
		{name: "impossible time", line: "Nov  2 25:11:12 mx policyd-spf[1]: " + text, want: "unreadable"},
		{name: "impossible date", line: "2026-02-30T10:11:12Z mx policyd-spf[1]: " + text, want: "unreadable"},
		{name: "no month", line: "Foo  2 10:11:12 mx policyd-spf[1]: " + text, want: "unreadable"},
		{name: "cut in the ident", line: "Nov  2 10:11:12 mx policyd-s", want: "foreign"},
		{name: "cut after the host", line: "Nov  2 10:11:12 mx", want: "unreadable"},
		{name: "cut in the pid", line: "Nov  2 10:11:12 mx policyd-spf[12", want: "unreadable"},
		{name: "pid without digits", line: "Nov  2 10:11:12 mx policyd-spf[x]: " + text, want: "unreadable"},
		{name: "no text", line: "Nov  2 10:11:12 mx policyd-spf[1]: ", want: "unreadable"},
		{name: "binary", line: "\x00\x01\x02\xff\xfe" + strings.Repeat("\x80", 100), want: "unreadable"},
		{name: "too long", line: "Nov  2 10:11:12 mx policyd-spf[1]: " + text + strings.Repeat("x", MaxLine), want: "unreadable"},
		{name: "value too long", line: "Nov  2 10:11:12 mx policyd-spf[1]: Pass; identity=helo; client-ip=192.0.2.1; helo=" + strings.Repeat("x", maxValue+1) + "; envelope-from=<>; receiver=<UNKNOWN> ", want: "unreadable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := describe(NewParser(now()).Parse([]byte(test.line))); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestParseTime(t *testing.T) {
	cet := time.FixedZone("CET", 3600)
	for _, test := range []struct {
		name, now, stamp, want string
		zone                   *time.Location
	}{
		{name: "this year", now: "2026-11-26T12:00:00Z", stamp: "Nov  2 10:11:12", want: "2026-11-02T10:11:12Z"},
		{name: "this second", now: "2026-11-26T12:00:00Z", stamp: "Nov 26 12:00:00", want: "2026-11-26T12:00:00Z"},
		{name: "the next second is last year's", now: "2026-11-26T12:00:00Z", stamp: "Nov 26 12:00:01", want: "2025-11-26T12:00:01Z"},
		{name: "before the turn of the year", now: "2026-01-01T00:00:10Z", stamp: "Dec 31 23:59:59", want: "2025-12-31T23:59:59Z"},
		{name: "after the turn of the year", now: "2026-01-01T00:00:10Z", stamp: "Jan  1 00:00:09", want: "2026-01-01T00:00:09Z"},
		{name: "29 February", now: "2026-11-26T12:00:00Z", stamp: "Feb 29 10:11:12", want: "2024-02-29T10:11:12Z"},
		{name: "29 February before 2100", now: "2103-11-26T12:00:00Z", stamp: "Feb 29 10:11:12", want: "2096-02-29T10:11:12Z"},
		{name: "zone of the reader", now: "2026-11-26T12:00:00Z", zone: cet, stamp: "Nov  2 10:11:12", want: "2026-11-02T09:11:12Z"},
		{name: "padded day", now: "2026-11-26T12:00:00Z", stamp: "Nov 02 10:11:12", want: "2026-11-02T10:11:12Z"},
		{name: "RFC 3339", now: "2026-11-26T12:00:00Z", stamp: "2026-11-02T10:11:12.345678+01:00", want: "2026-11-02T09:11:12.345678Z"},
		{name: "RFC 3339 of the future", now: "2026-11-26T12:00:00Z", stamp: "2031-11-02T10:11:12-02:30", want: "2031-11-02T12:41:12Z"},
		{name: "short-iso", now: "2026-11-26T12:00:00Z", stamp: "2026-11-02T10:11:12-0500", want: "2026-11-02T15:11:12Z"},
		{name: "nanoseconds", now: "2026-11-26T12:00:00Z", stamp: "2026-11-02T10:11:12.123456789Z", want: "2026-11-02T10:11:12.123456789Z"},
		{name: "no zone", now: "2026-11-26T12:00:00Z", zone: cet, stamp: "2026-11-02T10:11:12", want: "2026-11-02T09:11:12Z"},
		{name: "31 June", now: "2026-11-26T12:00:00Z", stamp: "Jun 31 10:11:12"},
		{name: "bad zone", now: "2026-11-26T12:00:00Z", stamp: "2026-11-02T10:11:12+25:00"},
		{name: "bad fraction", now: "2026-11-26T12:00:00Z", stamp: "2026-11-02T10:11:12.Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, test.now)
			if err != nil {
				t.Fatal(err)
			}
			if test.zone != nil {
				at = at.In(test.zone)
			}
			got, ok := NewParser(at).Time([]byte(test.stamp))
			if ok != (test.want != "") || ok && got.UTC().Format(time.RFC3339Nano) != test.want {
				t.Errorf("%v, %v; want %s", got.UTC(), ok, test.want)
			}
		})
	}
}

// TestParseTime_order: the year of a stamp does not depend on those before it.
func TestParseTime_order(t *testing.T) {
	p := NewParser(now())
	for _, test := range []struct{ stamp, want string }{
		{stamp: "Nov 26 11:00:00", want: "2026-11-26T11:00:00Z"},
		{stamp: "Nov 26 13:00:00", want: "2025-11-26T13:00:00Z"},
		{stamp: "Nov 26 11:00:00", want: "2026-11-26T11:00:00Z"},
		{stamp: "Dec 31 13:00:00", want: "2025-12-31T13:00:00Z"},
		{stamp: "Dec 31 13:00:01", want: "2025-12-31T13:00:01Z"},
		{stamp: "Jan  1 13:00:01", want: "2026-01-01T13:00:01Z"},
	} {
		if got, _ := p.Time([]byte(test.stamp)); got.Format(time.RFC3339) != test.want {
			t.Errorf("%s: %v, want %s", test.stamp, got, test.want)
		}
	}
}

func TestScannerLines(t *testing.T) {
	long := strings.Repeat("x", MaxLine+1)
	for _, test := range []struct {
		name, in string
		want     []string
	}{
		{name: "empty"},
		{name: "lines", in: "a\nb\n", want: []string{"a", "b"}},
		{name: "no line feed at the end", in: "a\nb", want: []string{"a", "b"}},
		{name: "CR LF", in: "a\r\n\r\nb", want: []string{"a", "", "b"}},
		{name: "longest", in: long[1:] + "\nb\n", want: []string{long[1:], "b"}},
		{name: "too long", in: "a\n" + long + "yz\nb\n", want: []string{"a", long, "b"}},
		{name: "far too long", in: strings.Repeat(long, 20) + "\nb\n", want: []string{long, "b"}},
		{name: "too long at the end", in: "b\n" + strings.Repeat(long, 20), want: []string{"b", long}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := NewScanner(strings.NewReader(test.in))
			var got []string
			for s.Scan() {
				got = append(got, string(s.Bytes()))
			}
			if strings.Join(got, "\n") != strings.Join(test.want, "\n") || len(got) != len(test.want) {
				t.Errorf("%d lines, want %d", len(got), len(test.want))
			}
			if s.Size() != int64(len(test.in)) || s.Err() != nil {
				t.Errorf("size %d, want %d; error %v", s.Size(), len(test.in), s.Err())
			}
		})
	}
}

// TestParseAddr: parseAddr agrees with net/netip.
func TestParseAddr(t *testing.T) {
	for _, text := range []string{
		"192.0.2.1", "0.0.0.0", "255.255.255.255", "256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1..2.3", "",
		"::", "::1", "1::", "2001:db8::1", "2001:db8:0:0:0:0:0:1", "2001:DB8::A", "::ffff:192.0.2.1", "1:2:3:4:5:6:192.0.2.1",
		"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":::", ":1", "1:",
		"12345::", "g::", "1:2:3:4:5:6:7:192.0.2.1", "::192.0.2", "1:2:3:4:5:6:7:8::", "unknown", "1.2.3.4::",
	} {
		want, err := netip.ParseAddr(text)
		got, ok := parseAddr([]byte(text))
		if ok != (err == nil) || ok && got != want {
			t.Errorf("%q: %v, %v; want %v, %v", text, got, ok, want, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`Pass; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from="\"a"; receiver=<UNKNOWN> `,
		"prepend Received-SPF: Fail (x) identity=helo; client-ip=::1; helo=h; envelope-from=<>; receiver=r ",
		"prepend Authentication-Results: mx; spf=pass (x) smtp.helo=h (client-ip=192.0.2.1; helo=h; envelope-from=<>; receiver=r)",
		"550 5.7.23 x http://x/?s=helo;id=h;ip=192.0.2.1;r=r", `action=dunno helo="\\" client=`, "shadow: 550 (a = b)",
		"message repeated 3 times: [ DUNNO]",
	} {
		f.Add("policyd-spf", text)
	}
	f.Add("postfix/policy-spf", `Policy action=550 http://x/?s=helo;id=%41;ip=192.0.2.1;r=r`)
	f.Add("postfix/smtpd", "NOQUEUE: reject: RCPT from a[192.0.2.1]: 550 5.1.1 <r>: x; from=<s> to=<r> proto=ESMTP helo=<h>")
	f.Add("postfix/lmtp", "4F1A22C0D1: to=<r>, relay=x, status=sent (x)")
	f.Add("rspamd", "<a>; proxy; rspamd_task_write_log: id: <m>, qid: <4F1A22C0D1>, ip: ::1, from: <a>, (default: F (no action): [0/15] [DMARC_NA(0.00){}]), len: 1")
	f.Fuzz(func(t *testing.T, ident, text string) {
		line := []byte("Nov  2 10:11:12 mx " + ident + "[1]: " + text)
		before := bytes.Clone(line)
		r := NewReader(now())
		r.Line(line)
		r.Line(line)
		r.Flush()
		if !bytes.Equal(line, before) {
			t.Error("the line was changed")
		}
		p := NewParser(now())
		p.Parse([]byte(text))
		rec := p.Parse(line)
		if rec.Ambiguous && rec.Kind != Refused && (len(rec.Sender) > 0 || rec.Known != 0) {
			t.Errorf("ambiguous, but believed: %s", describe(rec))
		}
		for i := range line { // cut lines
			p.Parse(line[:i])
		}
	})
}
