package maillog

import "bytes"

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
		isStart := stampLen(text) > 0 || contains(text, "policyd-spf[") || contains(text, "NOQUEUE: reject: ")
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
	reason := v.Reason
	if _, text, ok := cut(reason, " address rejected: "); ok {
		reason = text
	}
	v.Reason = reason
	s := source(PostfixReject, i, &e, &v)
	u, ok := readURL(reason)
	if ok {
		s.Identity = u.Identity
	}
	if !ok && s.Result == NoResult && !mentionsSPF(rec) {
		s.Action, s.Other = NoAction, string(bytes.TrimSpace(append(append(bytes.Clone(rec.Code), ' '), rec.Reason...)))
	}
	return s
}

// mentionsSPF reports whether a refusal is about SPF: by its enhanced status code
// (RFC 7372, 3.2), or by its words.
func mentionsSPF(rec *Record) bool {
	for _, code := range [...]string{".7.23", ".7.24"} {
		if bytes.HasSuffix(rec.Code, []byte(code)) {
			return true
		}
	}
	return containsFold(rec.Reason, "spf")
}

// bareLine reads the text of a log line without what syslogd wrote before it.
func (p *paste) bareLine() (Source, bool) {
	for i, line := range p.lines {
		text := bytes.TrimPrefix(bytes.TrimSpace(line), []byte("MESSAGE=")) // of journalctl -o export
		if _, after, ok := cut(text, "policyd-spf["); ok {                  // a log line that begins in another form
			if _, after, ok = cut(after, "]: "); ok {
				text = after
			}
		}
		if j := index(text, "NOQUEUE: reject: "); j >= 0 {
			rec := p.parser.Parse(append([]byte("Jan  1 00:00:00 x postfix/smtpd[1]: "), text[j:]...))
			if s := refused(rec, i); rec.Kind == Refused && s.usable() {
				return s, true
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
