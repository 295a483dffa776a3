package report

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/maillog"
	"policyd-spf/policy"
	"policyd-spf/spf"
)

const (
	// maxDeferred bounds the distinct messages of a what-if that are decided after
	// the logs, over DNS. An entry takes about 300 bytes.
	maxDeferred = 20_000

	// maxUsers bounds the recipients whose settings are kept.
	maxUsers = 10_000
)

// whatIf is a configuration that the logged messages are decided under.
type whatIf struct {
	WhatIf
	settings conf.Settings
	users    *conf.PerUser
	byUser   map[string]*conf.UserSettings
	list     bool
	zone     *time.Location
	canWait  map[policy.Need]bool // facts that are looked up after the logs

	deferred map[logged]*deferred
	left     int64 // messages for which deferred had no room
	unsorted bool  // messages were added after the logs
}

// logged is the part of a message on which decisions depend.
type logged struct {
	client         netip.Addr
	known          maillog.Fields
	helo           string
	sender         string
	recipient      string // as in RCPT TO, "" if it is not known
	heloResult     maillog.Result
	mailFromResult maillog.Result
	noMail         noMail
}

// deferred are equal messages whose decision needs DNS.
type deferred struct {
	dmarc DMARC
	times []time.Time // with --list
	shown []string    // their recipients
}

func newWhatIf(c Config, o *Options) *whatIf {
	w := &whatIf{WhatIf: WhatIf{Config: c.Name}, settings: c.Settings, list: o.List, zone: o.Now.Location(), deferred: make(map[logged]*deferred)}
	if c.Settings.PerUser != "" {
		w.users = conf.NewPerUser(c.Settings.PerUser)
		w.byUser = make(map[string]*conf.UserSettings)
	}
	recheck := o.NewResolver != nil && o.Recheck != RecheckOff
	w.canWait = map[policy.Need]bool{policy.NeedWhitelist: o.NewResolver != nil, policy.NeedDMARC: recheck, policy.NeedHELO: recheck, policy.NeedMailFrom: recheck}
	return w
}

// settingsFor returns the settings for a recipient, and whether they are that
// recipient's own.
func (w *whatIf) settingsFor(recipient string) (*conf.Settings, bool) {
	if w.users == nil || w.settings.Mock {
		return &w.settings, false
	}
	u := w.byUser[recipient]
	if u == nil {
		if len(w.byUser) >= maxUsers {
			clear(w.byUser)
		}
		found := w.users.Lookup(recipient, w.settings)
		u = &found
		w.byUser[strings.Clone(recipient)] = u
	}
	if !u.Found {
		return &w.settings, false
	}
	return &u.Settings, true
}

// unknownReason is why the decision on a message is unknown.
type unknownReason uint8

const (
	nothingUnknown unknownReason = iota
	unknownHELO
	unknownMailFrom
	unknownNoMail
	unknownRecipient
	unknownEnvelope
	unknownWhitelist
	unknownByAll
	unknownAuthentication
	unknownDMARC
)

func (n *Needs) add(r unknownReason, messages int64) {
	switch r {
	case unknownHELO:
		n.HELO += messages
	case unknownMailFrom:
		n.MailFrom += messages
	case unknownNoMail:
		n.NoMail += messages
	case unknownRecipient:
		n.Recipient += messages
	case unknownEnvelope:
		n.Envelope += messages
	case unknownWhitelist:
		n.Whitelist += messages
	case unknownByAll:
		n.ByAll += messages
	case unknownAuthentication:
		n.Authentication += messages
	case unknownDMARC:
		n.DMARC += messages
	}
}

// reasonOf returns why a decision is unknown.
func reasonOf(d policy.Decision, f *policy.Facts) unknownReason {
	switch d.Needs {
	case policy.NeedWhitelist:
		return unknownWhitelist
	case policy.NeedHELO:
		return reasonOfCheck(f.HELO, unknownHELO)
	case policy.NeedMailFrom:
		return reasonOfCheck(f.MailFrom, unknownMailFrom)
	case policy.NeedAuthentication:
		return unknownAuthentication
	case policy.NeedDMARC:
		return unknownDMARC
	}
	return nothingUnknown
}

// reasonOfCheck returns what is unknown about a check.
func reasonOfCheck(c policy.CheckResult, result unknownReason) unknownReason {
	switch {
	case !c.Known:
		return result
	case c.Result == spf.Pass:
		return unknownByAll
	}
	return unknownNoMail
}

// decide decides a message as far as the log suffices.
func (w *whatIf) decide(m *logged) (policy.Decision, policy.Facts, unknownReason) {
	if w.users != nil && m.recipient == "" && !w.settings.Mock {
		return policy.Decision{}, policy.Facts{}, unknownRecipient
	}
	s, own := w.settingsFor(m.recipient)
	f := m.facts(s)
	f.PerUser = own
	const needed = maillog.HasClient | maillog.HasSender
	if m.known&needed != needed || m.known&maillog.HasHELO == 0 && usesHELOName(s) {
		if cannotRefuse(s) {
			return policy.Decision{Kind: policy.Dunno}, f, nothingUnknown
		}
		return policy.Decision{}, f, unknownEnvelope
	}
	d := policy.Decide(s, f)
	if d.Refuses() && d.Option == "" { // whatever HELO's result is, but not by the same option
		g := f
		g.HELO = policy.CheckResult{Known: true, Result: spf.None}
		if other := policy.Decide(s, g); other.Effect() == d.Effect() {
			d.Option, d.Value = other.Option, other.Value
		}
	}
	return d, f, reasonOf(d, &f)
}

// facts returns what is known about a message under settings.
func (m *logged) facts(s *conf.Settings) policy.Facts {
	f := policy.Facts{
		Client: m.client, HELOName: m.helo, Sender: m.sender, AuthenticatedUnknown: true,
		HELO: checkResult(m.heloResult, noMailUnknown), MailFrom: checkResult(m.mailFromResult, m.noMail),
	}
	if m.known&maillog.HasHELO == 0 {
		f.HELOName = "unknown"
	}
	if s.Prospective != "" { // another client is checked than the one that was logged
		addr, err := netip.ParseAddr(s.Prospective)
		f.Client = addr.WithZone("")
		if err == nil && f.Client != m.client {
			f.HELO, f.MailFrom = policy.CheckResult{}, policy.CheckResult{}
		}
	}
	if s.VoidLimit != spf.DefaultLimits().VoidLookups || s.VoidCountTerms || s.VoidDualStack {
		// The void lookups of the logged check were probably counted otherwise.
		for _, c := range []*policy.CheckResult{&f.HELO, &f.MailFrom} {
			if c.Known && c.Result == spf.Permerror {
				*c = policy.CheckResult{}
			}
		}
	}
	f.Exemption, f.ExemptionNeeds = policy.ExemptWithoutDNS(s, f.Client, f.HELOName)
	return f
}

// usesHELOName reports whether a decision depends on the HELO name itself.
func usesHELOName(s *conf.Settings) bool {
	return len(s.RejectNotPassDomains) > 0 || len(s.HELOWhitelist) > 0
}

// cannotRefuse reports whether no message can be refused, whoever sends it.
func cannotRefuse(s *conf.Settings) bool {
	return s.Mock || s.TestOnly == 0 || s.HELOReject == "No_Check" && s.MailFromReject == "No_Check"
}

// count decides a message.
func (w *whatIf) count(p *pending, mailFrom maillog.Result) {
	m := logged{
		client: p.client, known: p.known, helo: string(p.heloName()), sender: string(p.sender()),
		heloResult: p.helo, mailFromResult: mailFrom, noMail: p.noMail,
	}
	if p.rcptTo {
		m.recipient = strings.ToLower(string(p.recipient))
	}
	d, _, reason := w.decide(&m)
	if reason == nothingUnknown {
		if d.Refuses() {
			w.refused(&m, d, p.dmarc, w.timeOf(p.at), string(p.recipient))
		}
		return
	}
	if w.canWait[d.Needs] {
		x := w.deferred[m]
		switch {
		case x != nil:
		case len(w.deferred) < maxDeferred:
			x = &deferred{}
			w.deferred[m] = x
		default:
			w.left++
		}
		if x != nil {
			x.dmarc.add(p.dmarc, 1)
			if w.list {
				x.times, x.shown = append(x.times, w.timeOf(p.at)), append(x.shown, string(p.recipient))
			}
			return
		}
	}
	w.Unknown++
	w.Needs.add(reason, 1)
}

// refused counts a message that is refused.
func (w *whatIf) refused(m *logged, d policy.Decision, class dmarcClass, at time.Time, recipient string) {
	if d.Effect() == policy.Defer {
		w.Deferred++
	} else {
		w.Refused++
	}
	w.DMARC.add(class, 1)
	if w.list {
		w.Messages = append(w.Messages, message(m, d, at, recipient))
	}
}

func message(m *logged, d policy.Decision, at time.Time, recipient string) Message {
	return Message{
		Time: at, Client: m.client.String(), HELO: m.helo, Sender: m.sender, Recipient: recipient,
		Action: d.Effect().String(), Option: d.Option, Value: d.Value,
	}
}

func (w *whatIf) timeOf(at int64) time.Time { return time.Unix(0, at).In(w.zone) }

// settle counts messages that were decided after the logs.
func (w *whatIf) settle(m *logged, x *deferred, d policy.Decision, reason unknownReason) {
	n := x.dmarc.Total()
	switch {
	case reason != nothingUnknown:
		w.Unknown += n
		w.Needs.add(reason, n)
		return
	case !d.Refuses():
		return
	case d.Effect() == policy.Defer:
		w.Deferred += n
	default:
		w.Refused += n
	}
	w.DMARC.addAll(x.dmarc)
	for i, at := range x.times {
		w.Messages = append(w.Messages, message(m, d, at, x.shown[i]))
		w.unsorted = true
	}
}

// finish returns the result.
func (w *whatIf) finish() WhatIf {
	if w.unsorted {
		slices.SortStableFunc(w.Messages, func(a, b Message) int { return a.Time.Compare(b.Time) })
	}
	if w.Messages == nil {
		w.Messages = []Message{}
	}
	return w.WhatIf
}
