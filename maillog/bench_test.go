package maillog

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// sampleLog returns a log of about size bytes in which some 40 % of the lines
// are those of a policy server: sessions of several processes interleaved,
// 100,000 clients, 10,000 domains.
func sampleLog(size int, format string) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	var b bytes.Buffer
	line := func(ident string, pid int, text string, args ...any) {
		stamp := at.Format(time.Stamp)
		if format == "rfc3339" {
			stamp = at.Format("2006-01-02T15:04:05.000000-07:00")
		}
		fmt.Fprintf(&b, "%s mx%d %s[%d]: ", stamp, pid%2, ident, pid)
		fmt.Fprintf(&b, text, args...)
		b.WriteByte('\n')
	}
	for b.Len() < size {
		at = at.Add(time.Duration(random.IntN(40)) * time.Millisecond)
		pid := 1000 + random.IntN(100)
		id := fmt.Sprintf("%010X", random.Uint64()>>24)
		client := fmt.Sprintf("10.%d.%d.%d", random.IntN(7), random.IntN(128), random.IntN(112))
		domain := fmt.Sprintf("domain%d.example", random.IntN(10_000))
		sender := fmt.Sprintf("user%d@%s", random.IntN(50), domain)
		pairs := fmt.Sprintf("client-ip=%s; helo=mail.%s; envelope-from=%s; receiver=<UNKNOWN> ", client, domain, sender)
		line("policyd-spf", pid, "None; identity=helo; %s", pairs)
		line("policyd-spf", pid, "Pass; identity=mailfrom; %s", pairs)
		if random.IntN(10) == 0 {
			line("policyd-spf", pid, "550 5.7.23 Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=mfrom;id=%s;ip=%s;r=<UNKNOWN>", sender, client)
			line("postfix/smtpd", pid, "NOQUEUE: reject: RCPT from mail.%s[%s]: 550 5.7.23 <r@dest.example>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=mfrom;id=%s;ip=%s;r=<UNKNOWN>; from=<%s> to=<r@dest.example> proto=ESMTP helo=<mail.%s>", domain, client, sender, client, sender, domain)
			continue
		}
		line("policyd-spf", pid, "prepend Received-SPF: Pass (sender SPF authorized) identity=mailfrom; %s", pairs)
		line("postfix/smtpd", pid, "%s: client=mail.%s[%s]", id, domain, client)
		line("postfix/cleanup", pid+1, "%s: message-id=<%d@%s>", id, random.Uint64(), domain)
		line("opendmarc", 77, "%s: %s pass", id, domain)
		line("postfix/qmgr", 78, "%s: from=<%s>, size=%d, nrcpt=1 (queue active)", id, sender, random.IntN(100_000))
		line("postfix/lmtp", pid+2, "%s: to=<r@dest.example>, relay=mx[private/dovecot-lmtp], delay=0.1, delays=0.07/0.01/0.01/0.01, dsn=2.0.0, status=sent (250 2.0.0 <r@dest.example> Saved)", id)
		line("postfix/qmgr", 78, "%s: removed", id)
	}
	return b.Bytes()
}

func BenchmarkReader(b *testing.B) {
	for _, format := range []string{"rfc3164", "rfc3339"} {
		b.Run(format, func(b *testing.B) {
			log := sampleLog(32<<20, format)
			b.SetBytes(int64(len(log)))
			b.ReportAllocs()
			start, rounds := cpuTime(b), 0
			for b.Loop() {
				rounds++
				r := NewReader(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
				messages := 0
				r.OnMessage = func(*Message) { messages++ }
				r.OnRecord = func(*Record) {}
				if err := r.Read(bytes.NewReader(log)); err != nil {
					b.Fatal(err)
				}
				r.Flush()
				if messages == 0 || r.Stats.Unreadable > 0 {
					b.Fatalf("%d messages, %d unreadable lines", messages, r.Stats.Unreadable)
				}
				if share := float64(r.Stats.Ours) / float64(r.Stats.Lines); share < 0.3 || share > 0.5 {
					b.Fatalf("%.2f of the lines are ours", share)
				}
			}
			b.ReportMetric(float64(rounds*len(log))/1e6/(cpuTime(b)-start).Seconds(), "MB/cpu-s")
		})
	}
}

// cpuTime returns how long this process has used a CPU. Unlike the time that has
// passed it does not depend on what else the machine does.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func BenchmarkParse(b *testing.B) {
	for _, test := range []struct{ name, line string }{
		{name: "foreign", line: "Nov  2 10:11:12 mx dovecot: imap-login: Login: user=<a>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2"},
		{name: "result", line: "Nov  2 10:11:12 mx policyd-spf[123]: Pass; identity=mailfrom; client-ip=192.0.2.1; helo=mail.example.com; envelope-from=a@example.com; receiver=<UNKNOWN> "},
		{name: "header", line: "Nov  2 10:11:12 mx policyd-spf[123]: prepend Received-SPF: Pass (sender SPF authorized) identity=mailfrom; client-ip=2001:db8::1; helo=mail.example.com; envelope-from=a@example.com; receiver=<UNKNOWN> "},
		{name: "unquoted header", line: "Nov  2 10:11:12 mx policyd-spf[123]: prepend Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=192.0.2.1; helo=mail.example.com; envelope-from=b+a=b@example.com; receiver=<UNKNOWN> "},
		{name: "refusal", line: "Nov  2 10:11:12 mx policyd-spf[123]: 550 5.7.23 Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=<UNKNOWN>"},
		{name: "kv", line: "Nov  2 10:11:12 mx policyd-spf[123]: action=prepend client=192.0.2.1 helo=mail.example.com sender=a@example.com recipient=<UNKNOWN> helo_result=none mailfrom_result=pass domain=example.com term=ip4:192.0.2.0/24 lookups=1 voids=0 ms=12 cached=no"},
		{name: "client", line: "Nov  2 10:11:12 mx postfix/smtpd[123]: 4F1A22C0D1: client=mail.example.com[192.0.2.1]"},
		{name: "delivery", line: "Nov  2 10:11:12 mx postfix/lmtp[123]: 4F1A22C0D1: to=<r@dest.example>, relay=mx[private/dovecot-lmtp], delay=0.1, delays=0.07/0.01/0.01/0.01, dsn=2.0.0, status=sent (250 2.0.0 <r@dest.example> Saved)"},
	} {
		b.Run(test.name, func(b *testing.B) {
			p := NewParser(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
			line := []byte(test.line)
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				if r := p.Parse(line); r.Kind == Unreadable || r.Kind == Other {
					b.Fatalf("kind %d", r.Kind)
				}
			}
		})
	}
}
