package report

import (
	"bytes"
	"hash/maphash"
	"io"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/internal/idn"
	"policyd-spf/maillog"
	"policyd-spf/spf/dns"
)

// Options are the options of a report.
type Options struct {
	Now   time.Time // time stamps without a year are read as of Now, and days are those of its location
	Since time.Time // earlier messages are ignored; zero: no limit
	Until time.Time // later messages are ignored; zero: no limit
	Own   []string  // domains that mail is accepted for

	// Whitelist is the value of that option in force; Advice.Merged begins with it.
	Whitelist string

	WhatIf []Config
	List   bool // WhatIf.Messages: takes memory for each refused message

	// NewResolver returns a Resolver for one goroutine. It serves the whitelists of
	// WhatIf that need DNS, and Recheck. Such messages are unknown if it is nil.
	NewResolver func() dns.Resolver
	Recheck     RecheckMode
	Progress    func(Progress) // called during the work after the logs are read; may be nil
}

// Config is a configuration to try.
type Config struct {
	Name     string // of its file, as given
	Settings conf.Settings
}

// Collector reads logs and makes a Report. It is not safe for concurrent use.
type Collector struct {
	options  Options
	reader   *maillog.Reader
	join     *joiner
	hashSeed uint64
	own      [][]byte

	report   Report
	combos   [combos]int64
	settings []*settingRow
	masks    [combos / dmarcClasses]rowMasks
	days     map[int64]*Day
	day      *Day
	dayStart int64 // of day, in nanoseconds
	dayEnd   int64

	clients    clientTable
	broken     brokenTable
	recipients distinct
	networks   networkTable
	unchecked  int64 // messages without a MAIL FROM result that were not refused
	fails      tally // of all messages
	whatIf     []*whatIf
	recheck    *rechecker
}

// New returns a Collector.
func New(o Options) *Collector {
	c := &Collector{options: o, reader: maillog.NewReader(o.Now), days: make(map[int64]*Day)}
	c.join = newJoiner(c.count, maxPending)
	c.hashSeed = maphash.Bytes(c.join.seed, nil)
	c.clients.seed, c.clients.nameSeed, c.networks.seed = c.hashSeed, c.join.seed, c.hashSeed
	c.settings = newSettingRows()
	for _, d := range o.Own {
		d = strings.Trim(d, ". ")
		if ascii, ok := idn.ToASCII(d); ok {
			d = ascii
		}
		c.own = append(c.own, bytes.ToLower([]byte(d)))
	}
	for _, config := range o.WhatIf {
		c.whatIf = append(c.whatIf, newWhatIf(config, &c.options))
	}
	c.reader.OnAnswer = c.add
	c.reader.OnMessage = func(m *maillog.Message) {
		if m.HasShadow {
			c.countShadow(m)
		}
		if m.Action == maillog.NoAction {
			c.add(m)
		}
	}
	c.reader.OnRecord = c.join.record
	if o.Recheck != RecheckOff {
		c.recheck = newRechecker(o.Recheck == RecheckAll)
	}
	return c
}

// Read reads a log to its end. It returns the error of in; what was read before
// the error is counted. Read the logs of a host in chronological order.
func (c *Collector) Read(name string, in io.Reader) error {
	c.report.Logs.Files = append(c.report.Logs.Files, name)
	return c.reader.Read(in)
}

// Ours returns how many lines of policy servers were read so far.
func (c *Collector) Ours() int64 { return c.reader.Stats.Ours }

// inPeriod reports whether messages at a time are counted.
func (c *Collector) inPeriod(t time.Time) bool {
	return (c.options.Since.IsZero() || !t.Before(c.options.Since)) && (c.options.Until.IsZero() || !t.After(c.options.Until))
}

// add adds a message that the policy server has answered.
func (c *Collector) add(m *maillog.Message) {
	if !c.inPeriod(m.Time) {
		return
	}
	r := &c.report
	r.Messages++
	if r.Logs.First.IsZero() || m.Time.Before(r.Logs.First) {
		r.Logs.First = m.Time
	}
	if m.Time.After(r.Logs.Last) {
		r.Logs.Last = m.Time
	}
	switch m.Action {
	case maillog.Reject:
		r.Refused++
	case maillog.Defer:
		r.Deferred++
	}
	if m.Ambiguous {
		m.Known &^= maillog.HasClient | maillog.HasHELO | maillog.HasSender | maillog.HasRecipient
	}
	c.join.add(m)
}

// countShadow counts the decision of a shadow configuration.
func (c *Collector) countShadow(m *maillog.Message) {
	if !c.inPeriod(m.Time) {
		return
	}
	if c.report.Shadow == nil {
		c.report.Shadow = &Shadow{}
	}
	switch s := c.report.Shadow; m.Shadow.Action {
	case maillog.NoAction:
		s.Unknown++
	case maillog.Reject:
		s.Refused++
	case maillog.Defer:
		s.Deferred++
	default:
		s.Accepted++
	}
}

// count counts a message whose lines are complete.
func (c *Collector) count(p *pending) {
	mailFrom := p.mailFromResult()
	day := c.dayOf(p.at)
	day.Messages++
	day.HELO.count(p.helo)
	day.MailFrom.count(mailFrom)
	if p.exempt {
		c.report.Exempt++
	}
	if p.unknown == 0 { // guessed addresses would make a site look large
		for _, h := range p.recipients[:p.nRecipients] {
			c.recipients.add(h)
		}
	}
	c.networks.count(p)
	sender := p.senderState()
	helo := p.helo
	switch {
	case p.exempt: // no setting refuses it
		helo, mailFrom = maillog.None, maillog.None
	case sender == senderKnown && mailFrom == maillog.NoResult && !isRefusal(p.action):
		c.unchecked++
	}
	combo := comboIndex(helo, mailFrom, sender)
	c.combos[combo*dmarcClasses+int(p.class())]++
	c.countSettings(p, combo)
	if out, ok := outcomeOf(mailFrom); ok {
		c.fails[out][p.class()]++
		switch {
		case out == outcomePermerror:
			c.broken.count(p)
		case p.known&maillog.HasClient != 0 && p.known&maillog.HasSender != 0:
			c.countClient(p, out)
		}
	}
	for _, w := range c.whatIf {
		w.count(p, p.mailFromResult())
	}
	if c.recheck != nil {
		c.recheck.count(p, p.mailFromResult())
	}
}

// maxDays bounds the number of distinct days: about 27 years.
const maxDays = 10_000

// dayOf returns the counts of the day of a time in nanoseconds.
func (c *Collector) dayOf(at int64) *Day {
	if c.day != nil && at >= c.dayStart && at < c.dayEnd {
		return c.day
	}
	y, m, d := c.timeOf(at).Date()
	start := time.Date(y, m, d, 0, 0, 0, 0, c.options.Now.Location())
	day := c.days[start.Unix()]
	if day == nil {
		if len(c.days) >= maxDays {
			return c.day
		}
		day = &Day{Day: start.Format(time.DateOnly)}
		c.days[start.Unix()] = day
	}
	c.day, c.dayStart, c.dayEnd = day, start.UnixNano(), time.Date(y, m, d+1, 0, 0, 0, 0, c.options.Now.Location()).UnixNano()
	return day
}

// timeOf returns a time in nanoseconds as a time in the zone of the report.
func (c *Collector) timeOf(at int64) time.Time { return time.Unix(0, at).In(c.options.Now.Location()) }
