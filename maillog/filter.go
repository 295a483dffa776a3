package maillog

import "bytes"

// openDMARC reads "QID: example.com pass", also with "fail" and "none".
func (p *Parser) openDMARC(text []byte) {
	r := &p.rec
	id, rest, ok := cutQueueID(text)
	if !ok {
		return
	}
	domain, name, ok := cut(rest, " ")
	if !ok {
		return
	}
	switch string(name) {
	case "pass":
		r.Result = Pass
	case "fail":
		r.Result = Fail
	case "none":
		r.Result = None
	default:
		return
	}
	if bytes.IndexByte(domain, ':') >= 0 {
		return
	}
	r.Kind, r.QueueID, r.Domain = DMARC, id, domain
}

// openDKIM reads "QID: DKIM verification successful" and similar lines, and
// "QID: s=mail d=example.com a=rsa-sha256 SSL" with OpenSSL's error after it.
func (p *Parser) openDKIM(text []byte) {
	r := &p.rec
	id, rest, ok := cutQueueID(text)
	if !ok {
		return
	}
	switch string(rest) {
	case "DKIM verification successful":
		r.Result = Pass
	case "no signature data":
		r.Result = None
	case "bad signature data":
		r.Result = Fail
	}
	if rest, ok := cutPrefix(rest, "s="); ok && r.Result == NoResult {
		_, rest, ok = cut(rest, " d=")
		domain, rest, ok2 := cut(rest, " a=")
		if _, problem, ok3 := cut(rest, " SSL"); ok && ok2 && ok3 && bytes.IndexByte(domain, ' ') < 0 {
			r.Domain = domain
			if r.Result = Pass; len(bytes.TrimSpace(problem)) > 0 {
				r.Result = Fail
			}
		}
	}
	if r.Result != NoResult {
		r.Kind, r.QueueID = DKIM, id
	}
}

// rspamd reads the line that rspamd writes about each message:
//
//	<tag>; proxy; rspamd_task_write_log: id: <mid>, qid: <QID>, ip: 192.0.2.1,
//	from: <a@b>, (default: F (no action): [1.50/15.00] [DMARC_NA(0.00){b;},...]), len: ...
//
// The sender controls the Message-ID, the address and the options in braces. A
// line that has two queue ids, or DMARC symbols that contradict each other, is not
// believed.
func (p *Parser) rspamd(text []byte) {
	r := &p.rec
	_, rest, ok := cut(text, "rspamd_task_write_log: ")
	if !ok {
		return
	}
	_, rest, ok = cutOnce(rest, ", qid: <")
	if !ok {
		r.Ambiguous = len(rest) > 0
		return
	}
	id, rest, ok := cut(rest, ">, ")
	if !ok || len(id) == 0 {
		return
	}
	for _, c := range id {
		if !isDigit(c) && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return
		}
	}
	result := NoResult
	for {
		i := index(rest, "DMARC_")
		if i <= 0 {
			break
		}
		start := rest[i-1]
		rest = rest[i+len("DMARC_"):]
		if start != '[' && start != ',' {
			continue
		}
		name, _, ok := cut(rest, "(")
		if !ok {
			continue
		}
		found := dmarcSymbol(name)
		if found != NoResult && result != NoResult && found != result {
			r.Ambiguous = true
			return
		}
		if found != NoResult {
			result = found
		}
	}
	if result != NoResult {
		r.Kind, r.QueueID, r.Result = DMARC, id, result
	}
}

// dmarcSymbol returns the result that one of rspamd's symbols stands for. name is
// without "DMARC_".
func dmarcSymbol(name []byte) Result {
	switch string(name) {
	case "POLICY_ALLOW", "POLICY_ALLOW_WITH_FAILURES":
		return Pass
	case "POLICY_REJECT", "POLICY_QUARANTINE", "POLICY_SOFTFAIL":
		return Fail
	case "NA":
		return None
	case "BAD_POLICY":
		return Permerror
	case "DNSFAIL":
		return Temperror
	}
	return NoResult
}
