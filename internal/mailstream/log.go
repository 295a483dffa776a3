package mailstream

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// LogOptions says what the log holds beside the policy server's lines.
type LogOptions struct {
	Host     string // "" is "mx"
	RFC3339  bool   // time stamps; the others are of RFC 3164
	DMARC    bool   // lines of OpenDKIM and OpenDMARC
	NoSMTP   bool   // leave Postfix's lines out
	HELOOnly bool   // no line for MAIL FROM, as Mail_From_reject = No_Check logs
}

// logLine is a line, before it has its place among the others.
type logLine struct {
	at    time.Time
	ident string // with its pid
	text  string
}

// WriteLog writes the log of a server that adds headers and rejects nothing on
// account of SPF, with the lines of concurrent sessions interleaved.
func (s *Stream) WriteLog(w io.Writer, o LogOptions) error {
	if o.Host == "" {
		o.Host = "mx"
	}
	var lines []logLine
	for i := range s.Messages {
		lines = s.appendSession(lines, i, o)
	}
	slices.SortStableFunc(lines, func(a, b logLine) int { return a.at.Compare(b.at) })
	out := bufio.NewWriter(w)
	layout := time.Stamp
	if o.RFC3339 {
		layout = "2006-01-02T15:04:05.000000-07:00"
	}
	for _, l := range lines {
		fmt.Fprintf(out, "%s %s %s: %s\n", l.at.Format(layout), o.Host, l.ident, l.text)
	}
	return out.Flush()
}

// comments are what Received-SPF says in its parentheses.
func comment(result string) string {
	return map[string]string{
		"pass": "sender SPF authorized", "fail": "SPF fail - not authorized", "none": "no SPF record",
		"softfail": "domain owner discourages use of this host", "neutral": "access neither permitted nor denied",
		"temperror": "SPF Temporary Error: DNS Timeout", "permerror": "SPF Permanent Error: Unknown mechanism found: ipv4:192.0.2.1",
	}[result]
}

func title(result string) string { return strings.ToUpper(result[:1]) + result[1:] }

// appendSession appends the lines of one message's session.
func (s *Stream) appendSession(lines []logLine, i int, o LogOptions) []logLine {
	m := &s.Messages[i]
	// A process serves one session at a time: the pid is one of so many that no
	// two sessions that overlap have the same.
	pid := 2000 + i%4000
	at := m.Time
	add := func(after time.Duration, ident, text string) {
		at = at.Add(after)
		lines = append(lines, logLine{at, ident, text})
	}
	smtpd, server := fmt.Sprintf("postfix/smtpd[%d]", pid), fmt.Sprintf("policyd-spf[%d]", pid+5000)
	client := fmt.Sprintf("%s[%s]", m.ClientName, m.Client)
	if !o.NoSMTP {
		add(0, smtpd, "connect from "+client)
	}
	pairs := fmt.Sprintf("client-ip=%s; helo=%s; envelope-from=%s; receiver=<UNKNOWN> ", m.Client, pairValue(m.HELO), pairValue(m.Sender))
	add(90*time.Millisecond, server, fmt.Sprintf("%s; identity=helo; %s", title(m.HELOResult), pairs))
	identity, result := "mailfrom", m.MailFromResult
	if o.HELOOnly || result == "none" && m.HELOResult != "none" {
		identity, result = "helo", m.HELOResult
	} else {
		add(time.Millisecond, server, fmt.Sprintf("%s; identity=mailfrom; %s", title(result), pairs))
	}
	add(time.Millisecond, server, fmt.Sprintf("prepend Received-SPF: %s (%s) identity=%s; %s", title(result), comment(result), identity, pairs))
	if o.NoSMTP {
		return lines
	}
	if !m.Exists {
		add(5*time.Millisecond, smtpd, fmt.Sprintf("NOQUEUE: reject: RCPT from %s: 550 5.1.1 <%s>: Recipient address rejected: User unknown in local recipient table; from=<%s> to=<%s> proto=ESMTP helo=<%s>",
			client, m.Recipient, m.Sender, m.Recipient, m.HELO))
		add(30*time.Millisecond, smtpd, "disconnect from "+client+" ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4")
		return lines
	}
	qid := fmt.Sprintf("4F1A%X", 0x100000+i*7919)
	add(5*time.Millisecond, smtpd, fmt.Sprintf("%s: client=%s", qid, client))
	add(60*time.Millisecond, fmt.Sprintf("postfix/cleanup[%d]", pid+10000), fmt.Sprintf("%s: message-id=<%d@%s>", qid, i, m.HELO))
	if o.DMARC {
		domain := m.Sender[strings.LastIndexByte(m.Sender, '@')+1:]
		if m.DKIM {
			add(8*time.Millisecond, "opendkim[812]", qid+": DKIM verification successful")
			add(0, "opendkim[812]", qid+": s=mail d="+domain+" a=rsa-sha256 SSL ")
		}
		add(8*time.Millisecond, "opendmarc[815]", fmt.Sprintf("%s: %s %s", qid, domain, m.DMARC))
	}
	add(20*time.Millisecond, "postfix/qmgr[901]", fmt.Sprintf("%s: from=<%s>, size=%d, nrcpt=1 (queue active)", qid, m.Sender, 2000+i%9000))
	add(10*time.Millisecond, smtpd, "disconnect from "+client+" ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5")
	add(80*time.Millisecond, fmt.Sprintf("postfix/lmtp[%d]", pid+15000), fmt.Sprintf("%s: to=<%s>, relay=mx[private/dovecot-lmtp], delay=0.4, delays=0.3/0/0/0.1, dsn=2.0.0, status=sent (250 2.0.0 <%s> Saved)", qid, m.Recipient, m.Recipient))
	add(time.Millisecond, "postfix/qmgr[901]", qid+": removed")
	return lines
}

// pairValue quotes a value as Received-SPF does (RFC 7208, 9.1).
func pairValue(s string) string {
	if !strings.ContainsAny(s, " ;=\"\\") {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
