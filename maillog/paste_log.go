package maillog

import (
	"bytes"
	"unicode"
)

// log reads log lines: those of the first message of a policy server, or a
// refusal by Postfix.
func (p *paste) log() (Source, bool) {
	const maxMessages = 200 // that turn out not to be usable
	for i, tried := 0, 0; i < len(p.lines); i++ {
		line := p.lines[i]
		rec := p.parser.Parse(line)
		switch rec.Kind {
		case Checked, Acted:
			if rec.Ambiguous && rec.Kind == Acted || tried == maxMessages {
				continue
			}
			tried++
			if s, ok := p.message(i); ok {
				return s, true
			}
		case Refused:
			s := refused(rec, i)
			if s.Time, _ = p.parser.Time(rec.Stamp); s.usable() {
				return s, true
			}
		}
	}
	return Source{}, false
}

// wrappedLog reads log lines that a mail client has wrapped at spaces.
func (p *paste) wrappedLog() (Source, bool) {
	const maxLines = 20 // of a log line
	var t pastedLines
	wrapped := 0 // lines that the last log line was joined from, 0 outside of one
	joined := false
	for i, line := range p.lines {
		text := bytes.TrimSpace(line)
		refusal, _ := cutRefusal(text)
		isStart := stampLen(text) > 0 || contains(text, "policyd-spf[") || refusal != nil
		switch {
		case isStart:
			wrapped = 1
		case wrapped > 0 && wrapped < maxLines && len(text) > 0:
			last := &t.lines[len(t.lines)-1]
			*last = append(append(bytes.Clone(*last), ' '), text...)
			wrapped++
			joined = true
			continue
		default:
			wrapped = 0
		}
		t.add(text, i)
	}
	if !joined {
		return Source{}, false
	}
	q := &paste{parser: p.parser, now: p.now, lines: t.lines}
	s, ok := q.log()
	if !ok {
		s, ok = q.bareLine()
	}
	if ok {
		s.Line = t.numbers[s.Line-1] + 1
	}
	return s, ok
}

// message reads the message whose first line is the one at i.
func (p *paste) message(i int) (s Source, ok bool) {
	r := NewReader(p.now)
	r.OnMessage = func(m *Message) {
		if s.Form == 0 {
			s = source(ServerLog, i, &m.Envelope, &m.Verdict)
			s.Time = m.Time
		}
	}
	first := p.parser.Parse(p.lines[i])
	host, pid := bytes.Clone(first.Host), first.PID
	const maxLines = 1000 // between the first and the last line of a message
	for _, line := range p.lines[i:min(i+maxLines, len(p.lines))] {
		if rec := p.parser.Parse(line); rec.PID == pid && bytes.Equal(rec.Host, host) {
			r.Line(line)
		}
	}
	r.Flush()
	return s, s.usable()
}

// refused returns a refusal by Postfix as a Source.
func refused(rec *Record, i int) Source {
	e, v := rec.Envelope, rec.Verdict
	v.Reason = trimRejected(v.Reason)
	s := source(PostfixReject, i, &e, &v)
	u, ok := readURL(v.Reason)
	if ok {
		s.Identity = u.Identity
	}
	if !ok && s.Result == NoResult && !mentionsSPF(rec.Code, v.Reason) {
		s.Action, s.Other = NoAction, string(bytes.TrimSpace(append(append(bytes.Clone(rec.Code), ' '), rec.Reason...)))
	}
	return s
}

// trimRejected removes what was rejected from the start of a reason:
// "<r@example.net>: Recipient address rejected: ".
func trimRejected(reason []byte) []byte {
	rest := reason
	if bytes.HasPrefix(reason, []byte("<")) { // an address may hold anything
		_, rest, _ = cut(reason, ">: ")
	}
	if _, text, ok := cut(rest, " rejected: "); ok {
		return text
	}
	return reason
}

// mentionsSPF reports whether a refusal is about SPF: by its enhanced status code
// (RFC 7372, 3.2), or by its words.
func mentionsSPF(code, reason []byte) bool {
	for _, suffix := range [...]string{".7.23", ".7.24"} {
		if bytes.HasSuffix(code, []byte(suffix)) {
			return true
		}
	}
	isBetween := func(r rune) bool { // words
		return r != '.' && r != '-' && r != '@' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	for _, word := range bytes.FieldsFunc(reason, isBetween) {
		if equalFold(bytes.Trim(word, ".-"), "spf") {
			return true
		}
	}
	return containsFold(reason, "sender policy framework")
}

// bareLine reads the text of a log line without what syslogd wrote before it, or with
// something else there.
func (p *paste) bareLine() (Source, bool) {
	for i, line := range p.lines {
		text := bytes.TrimPrefix(bytes.TrimSpace(line), []byte("MESSAGE=")) // of journalctl -o export
		if _, after, ok := cut(text, "policyd-spf["); ok {
			if _, after, ok = cut(after, "]: "); ok {
				text = after
			}
		}
		if refusal, isWarning := cutRefusal(text); len(refusal) > 0 {
			rec := p.parser.Parse(append([]byte("Jan  1 00:00:00 x postfix/smtpd[1]: "), refusal...))
			s := refused(rec, i)
			if isWarning {
				s.Action, s.Other = NoAction, ""
			}
			if rec.Kind == Refused && s.usable() {
				return s, true
			}
			if rec.Kind == Refused && !rec.Ambiguous {
				p.lacking(&s)
			}
			continue
		}
		if len(text) == 0 {
			continue
		}
		rec := p.parser.Parse(append([]byte("Jan  1 00:00:00 x policyd-spf[1]: "), text...))
		if (rec.Kind != Checked && rec.Kind != Acted) || isRefusal(rec) { // a refusal is read by url
			continue
		}
		if s := source(ServerLog, i, &rec.Envelope, &rec.Verdict); s.usable() {
			return s, true
		}
	}
	return Source{}, false
}

// cutRefusal returns the text of a refusal by Postfix in a line, from the queue id or
// "NOQUEUE" on, or nil. A warning (warn_if_reject) becomes a refusal, and one by
// postscreen(8) gets the form of smtpd(8).
func cutRefusal(line []byte) (refusal []byte, isWarning bool) {
	const reject = ": reject: "
	for _, kind := range [...]string{reject, ": milter-reject: ", ": reject_warning: "} {
		before, text, ok := cut(line, kind)
		if !ok {
			continue
		}
		id := before[bytes.LastIndexByte(before, ' ')+1:]
		if _, rest, ok := cut(text, " from ["); ok { // RCPT from [192.0.2.1]:25: 550 text; from=<s>, to=<r>, proto=ESMTP, helo=<h>
			text = append([]byte("RCPT from unknown["), rest...)
			for _, key := range [...]string{" to=<", " proto=", " helo=<"} {
				text = bytes.Replace(text, []byte(","+key), []byte(key), 1)
			}
		}
		return bytes.Join([][]byte{id, []byte(reject), text}, nil), kind == ": reject_warning: "
	}
	return nil, false
}
