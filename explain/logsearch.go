package explain

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"policyd-spf/internal/idn"
	"policyd-spf/maillog"
)

// Find says which messages of a mail log are looked for. A zero field matches all
// messages.
type Find struct {
	From    string     // sender: an address, a domain, or "<>"
	To      string     // recipient: an address or a domain
	Client  netip.Addr // address of the client
	QueueID string
}

// String describes what is looked for.
func (f Find) String() string {
	var parts []string
	for _, part := range [...][2]string{{"sender", f.From}, {"recipient", f.To}, {"queue id", f.QueueID}} {
		if part[1] != "" {
			parts = append(parts, part[0]+" "+part[1])
		}
	}
	if f.Client.IsValid() {
		parts = append(parts, "client "+f.Client.String())
	}
	if len(parts) == 0 {
		return "any message"
	}
	return strings.Join(parts, ", ")
}

// matchesAddress reports whether an address is the wanted one, or is in the wanted
// domain. Case does not count, nor whether a domain is written in Unicode.
func matchesAddress(want, address string) bool {
	if want == "" || want == "<>" {
		return want == "" || address == ""
	}
	wantLocal, wantDomain, isAddress := strings.Cut(strings.TrimPrefix(want, "@"), "@")
	if !isAddress {
		wantLocal, wantDomain = "", wantLocal
	}
	local, domain, ok := strings.Cut(address, "@")
	if !ok {
		local, domain = "", local
	}
	return address != "" && strings.EqualFold(asciiDomain(wantDomain), asciiDomain(domain)) && (!isAddress || strings.EqualFold(wantLocal, local))
}

// asciiDomain returns a domain as the DNS has it, or unchanged if it has no such form.
func asciiDomain(domain string) string {
	if ascii, ok := idn.ToASCII(domain); ok {
		return ascii
	}
	return domain
}

// Bounds on what a search keeps of a log. The latest messages stay.
const (
	maxCandidates = 20000
	maxQueued     = 20000
)

// joinTime is how long after the check of a message Postfix may log its queue id or
// its refusal: smtpd_timeout, 300 s by default.
const joinTime = 5 * time.Minute

// finder finds messages in a log. The lines of a policy server need not have
// recipients and queue ids, so they are joined with those of Postfix by client,
// sender and time.
type finder struct {
	find       Find
	reader     *maillog.Reader
	candidates []maillog.Source // messages of a policy server whose client and sender match
	refusals   []maillog.Source // refusals by Postfix that match
	queued     map[string]*queueEntry
	order      []string // queue ids in queued, oldest first
	delivered  []*queueEntry
}

// queueEntry is what the log says about a queue id.
type queueEntry struct {
	maillog.Source
	matches bool // it has the queue id or the recipient that is looked for
}

func (e *queueEntry) setRecipient(recipient []byte) {
	e.matches = true
	e.Recipient, e.Known = string(recipient), e.Known|maillog.HasRecipient
}

func newFinder(find Find, now time.Time) *finder {
	f := &finder{find: find, reader: maillog.NewReader(now), queued: make(map[string]*queueEntry)}
	f.reader.OnMessage = f.message
	f.reader.OnRecord = f.record
	return f
}

// needsJoin reports whether it may take lines of Postfix to see that a message matches.
func (f *finder) needsJoin() bool { return f.find.To != "" || f.find.QueueID != "" }

func (f *finder) matchesClient(s *maillog.Source) bool {
	return !f.find.Client.IsValid() || f.find.Client == s.Client
}

// message processes a message of a policy server.
func (f *finder) message(m *maillog.Message) {
	s, ok := m.Source()
	if !ok || !f.matchesClient(&s) || f.find.From != "" && (s.Known&maillog.HasSender == 0 || !matchesAddress(f.find.From, s.Sender)) {
		return
	}
	id := string(m.QueueID)
	if f.find.QueueID != "" && id != "" && id != f.find.QueueID {
		return
	}
	if f.needsJoin() && (f.find.QueueID == "" || id != "") && (f.find.To == "" || s.Recipient != "" && matchesAddress(f.find.To, s.Recipient)) {
		f.add(&queueEntry{Source: s, matches: true}) // its own lines suffice
	}
	if f.candidates = append(f.candidates, s); len(f.candidates) > maxCandidates {
		f.candidates = f.candidates[1:]
	}
}

// record processes a line of Postfix.
func (f *finder) record(r *maillog.Record) {
	switch r.Kind {
	case maillog.Refused:
		s, ok := r.Source(f.reader.Stats.Lines, f.reader.Time(r.Stamp))
		if !ok || !f.matchesClient(&s) || !matchesAddress(f.find.From, s.Sender) || !matchesAddress(f.find.To, s.Recipient) ||
			f.find.QueueID != "" && string(r.QueueID) != f.find.QueueID {
			return
		}
		if f.refusals = append(f.refusals, s); len(f.refusals) > maxCandidates {
			f.refusals = f.refusals[1:]
		}
	case maillog.Client, maillog.Queued, maillog.Delivered:
		if f.needsJoin() {
			f.queue(r)
		}
	}
}

// queue processes a line about a queue id.
func (f *finder) queue(r *maillog.Record) {
	id := string(r.QueueID)
	if f.find.QueueID != "" && id != f.find.QueueID {
		return
	}
	entry := f.queued[id]
	switch {
	case r.Kind == maillog.Client: // Postfix may use an id again
		entry = &queueEntry{matches: f.find.To == ""}
		if f.queued[id] == nil {
			f.order = append(f.order, id)
		}
		f.queued[id] = entry
		entry.Form, entry.Line = maillog.PostfixReject, int(f.reader.Stats.Lines)
		entry.Time = f.reader.Time(r.Stamp)
		entry.Client, entry.Known = r.Client, r.Known&maillog.HasClient
		if len(f.order) > maxQueued {
			delete(f.queued, f.order[0])
			f.order = f.order[1:]
		}
	case entry == nil:
		return
	case r.Kind == maillog.Queued:
		entry.Sender, entry.Known = string(r.Sender), entry.Known|maillog.HasSender
	case entry.Recipient != "":
	case matchesAddress(f.find.To, string(r.Recipient)):
		entry.setRecipient(r.Recipient)
	case len(r.OriginalRecipient) > 0 && matchesAddress(f.find.To, string(r.OriginalRecipient)):
		entry.setRecipient(r.OriginalRecipient) // which the policy server was asked about
	}
	if entry.matches && entry.Known&maillog.HasClient != 0 && entry.Known&maillog.HasSender != 0 {
		f.add(entry)
	}
}

// add adds an entry that matches, once.
func (f *finder) add(entry *queueEntry) {
	if n := len(f.delivered); n > 0 && f.delivered[n-1] == entry {
		return
	}
	if f.delivered = append(f.delivered, entry); len(f.delivered) > maxCandidates {
		f.delivered = f.delivered[1:]
	}
}

// result returns the last message that matches, and how many there are.
func (f *finder) result() (last maillog.Source, matches int) {
	matched := f.candidates
	if f.needsJoin() {
		matched = f.joined()
	}
	for _, others := range [...]func() []maillog.Source{
		func() []maillog.Source { return matched },
		func() []maillog.Source { return f.refusals },
		f.queuedSources,
	} {
		if found := others(); len(found) > 0 {
			return slices.MaxFunc(found, func(a, b maillog.Source) int { return a.Line - b.Line }), len(found)
		}
	}
	return maillog.Source{}, 0
}

// queuedSources returns the matching messages of Postfix that a check can be
// repeated for.
func (f *finder) queuedSources() []maillog.Source {
	var found []maillog.Source
	for _, entry := range f.delivered {
		if entry.matches && entry.Sender != "" && f.matchesClient(&entry.Source) && matchesAddress(f.find.From, entry.Sender) {
			found = append(found, entry.Source)
		}
	}
	return found
}

// envelopeKey is what lines of a policy server and of Postfix are joined by.
type envelopeKey struct {
	client netip.Addr
	sender string
}

func keyOf(s *maillog.Source) envelopeKey {
	return envelopeKey{s.Client, strings.ToLower(s.Sender)}
}

// joined returns the messages of a policy server that match according to lines of
// Postfix.
func (f *finder) joined() []maillog.Source {
	postfix := make(map[envelopeKey][]*maillog.Source)
	for _, entry := range f.delivered {
		postfix[keyOf(&entry.Source)] = append(postfix[keyOf(&entry.Source)], &entry.Source)
	}
	for i := range f.refusals {
		s := &f.refusals[i]
		postfix[keyOf(s)] = append(postfix[keyOf(s)], s)
	}
	const clockSlack = time.Second // time stamps of RFC 3164 have no fractions
	var found []maillog.Source
	for _, s := range f.candidates {
		for _, other := range postfix[keyOf(&s)] {
			if after := other.Time.Sub(s.Time); after < -clockSlack || after > joinTime {
				continue
			}
			if s.Recipient == "" && other.Known&maillog.HasRecipient != 0 {
				s.Recipient, s.Known = other.Recipient, s.Known|maillog.HasRecipient
			}
			found = append(found, s)
			break
		}
	}
	return found
}

// ExplainLog finds a message in a mail log, explains it, and emits its report. If
// several match, it takes the last one.
func (s *Server) ExplainLog(ctx context.Context, log Text, find Find, emit func(*Report) error) error {
	f := newFinder(find, log.Now)
	if err := f.reader.Read(log.In); err != nil {
		return InputError(log.name() + ": " + errorWithoutPath(err))
	}
	f.reader.Flush()
	found, matches := f.result()
	if matches == 0 {
		stats := f.reader.Stats
		if stats.Ours == 0 {
			return InputError(fmt.Sprintf("%s: no line of a policy server, and no refusal by Postfix that matches (%s), among %d lines", log.name(), find, stats.Lines))
		}
		return InputError(fmt.Sprintf("%s: no message matches (%s) among %d lines", log.name(), find, stats.Lines))
	}
	source := newSource(found, log.File)
	if matches > 1 {
		source.Matches = matches
	}
	return s.explainSource(ctx, found, source, emit)
}

// errorWithoutPath returns the text of an error without the name of a file, which
// is shown already.
func errorWithoutPath(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}
