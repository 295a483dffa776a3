package mailstream

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// WriteLargeLog writes a log of about size bytes with 100,000 clients and 10,000
// domains. Some 40 % of its lines are those of a policy server, sessions are
// interleaved, and a third of the messages does not pass.
func WriteLargeLog(w io.Writer, size int) error {
	random := rand.New(rand.NewPCG(1, 2))
	out := bufio.NewWriterSize(w, 1<<20)
	at := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	written := 0
	line := func(ident string, pid int, text string, args ...any) {
		n, _ := fmt.Fprintf(out, "%s mx %s[%d]: ", at.Format(time.Stamp), ident, pid)
		m, _ := fmt.Fprintf(out, text, args...)
		out.WriteByte('\n')
		written += n + m + 1
	}
	var sessions [50][]func() // the lines that are still to come of each
	for written < size {
		at = at.Add(time.Duration(random.IntN(400)) * time.Millisecond)
		slot := random.IntN(len(sessions))
		if s := sessions[slot]; len(s) > 0 {
			s[0]()
			sessions[slot] = s[1:]
			continue
		}
		pid := 1000 + slot
		id := fmt.Sprintf("%010X", random.Uint64()>>24)
		n := random.IntN(100_000)
		client := fmt.Sprintf("20.%d.%d.%d", n>>16, n>>8&255, n&255)
		domain := fmt.Sprintf("domain%d.example", random.IntN(10_000))
		sender := fmt.Sprintf("user%d@%s", random.IntN(50), domain)
		name := fmt.Sprintf("mail%d.%s", n%3, domain)
		rcpt := fmt.Sprintf("r%d@dest.example", random.IntN(1000))
		result := []string{"Pass", "Pass", "Pass", "Pass", "None", "None", "Fail", "Softfail", "Softfail", "Neutral"}[random.IntN(10)]
		pairs := fmt.Sprintf("client-ip=%s; helo=%s; envelope-from=%s; receiver=<UNKNOWN> ", client, name, sender)
		sessions[slot] = []func(){
			func() { line("postfix/smtpd", pid, "connect from %s[%s]", name, client) },
			func() {
				line("policyd-spf", pid+5000, "None; identity=helo; %s", pairs)
				line("policyd-spf", pid+5000, "%s; identity=mailfrom; %s", result, pairs)
				line("policyd-spf", pid+5000, "prepend Received-SPF: %s (some comment of a result) identity=mailfrom; %s", result, pairs)
			},
			func() { line("postfix/smtpd", pid, "%s: client=%s[%s]", id, name, client) },
			func() { line("postfix/cleanup", pid+10000, "%s: message-id=<%d@%s>", id, random.Uint64(), domain) },
			func() {
				line("opendmarc", 77, "%s: %s %s", id, domain, []string{"pass", "none", "fail"}[random.IntN(3)])
			},
			func() {
				line("postfix/qmgr", 78, "%s: from=<%s>, size=%d, nrcpt=1 (queue active)", id, sender, random.IntN(100_000))
			},
			func() {
				line("postfix/lmtp", pid+15000, "%s: to=<%s>, relay=mx[private/dovecot-lmtp], delay=0.1, delays=0.07/0.01/0.01/0.01, dsn=2.0.0, status=sent (250 2.0.0 <%s> Saved)", id, rcpt, rcpt)
			},
		}
	}
	return out.Flush()
}
