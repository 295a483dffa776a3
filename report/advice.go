package report

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// minPeriod is the shortest period of a log that advice is based on: seven days, minus
// the quiet hours of a night. Monthly newsletters and invoices come less often, but
// most senders write again within a week.
const minPeriod = 7*24*time.Hour - 6*time.Hour

// Report returns the report on the logs. Call it once, after all logs are read. If ctx
// is done, lookups end early; what they would have shown counts as unknown.
func (c *Collector) Report(ctx context.Context) *Report {
	c.reader.Flush()
	c.join.flush()
	c.afterLogs(ctx)
	r := &c.report
	r.Version = 1
	if r.Logs.Files == nil {
		r.Logs.Files = []string{}
	}
	stats := &c.reader.Stats
	r.Logs.Lines, r.Logs.Bytes, r.Logs.Ours, r.Logs.Unreadable = stats.Lines, stats.Bytes, stats.Ours, stats.Unreadable
	r.Days = []Day{}
	for _, d := range c.days {
		r.Days = append(r.Days, *d)
		r.Checks.HELO.add(&d.HELO)
		r.Checks.MailFrom.add(&d.MailFrom)
	}
	slices.SortFunc(r.Days, func(a, b Day) int { return strings.Compare(a.Day, b.Day) })
	for i, n := range c.combos {
		r.DMARC.add(dmarcClass(i%dmarcClasses), n)
	}
	r.Settings = c.finishSettings()
	r.WhatIf = []WhatIf{}
	for _, w := range c.whatIf {
		r.WhatIf = append(r.WhatIf, w.finish())
		r.Limits.Unresolved += w.left
	}
	r.Limits.Clients, r.Limits.EvictedClients = c.clients.n, c.clients.evicted
	r.Limits.EvictedCount = c.clients.lost.total()
	r.Limits.Domains, r.Limits.EvictedDomains, r.Limits.Distinct = len(c.broken.domains), c.broken.evicted, maxExact
	r.Interrupted = ctx.Err() != nil
	k := c.classifyAll()
	r.Findings = c.findings(k, c.advise(k))
	zone := c.options.Now.Location()
	r.Logs.First, r.Logs.Last = r.Logs.First.In(zone), r.Logs.Last.In(zone)
	for i := range r.Findings {
		f := &r.Findings[i]
		f.First, f.Last = f.First.In(zone), f.Last.In(zone)
	}
	return r
}

// strictness has the values of Mail_From_reject, strictest first, and the last outcome
// that each refuses.
var strictness = [...]struct {
	value  string
	strict outcome
}{
	{"SPF_Not_Pass", outcomeNeutral},
	{"Softfail", outcomeSoftfail},
	{"Fail", outcomeFail},
}

// advise chooses the strictest value that is safe.
func (c *Collector) advise(k *classes) outcome {
	r := &c.report
	period := r.Logs.Last.Sub(r.Logs.First)
	var chosen outcome
	for _, s := range strictness {
		a := Advice{Option: "Mail_From_reject", Value: s.value, Whitelist: []Line{}, Period: period.Hours() / 24, Blockers: []string{}}
		remaining := c.fails
		for i := range k.list {
			x := &k.list[i]
			saved := x.tally.refused(s.strict)
			if saved.Total() == 0 || !x.hasLine() {
				continue
			}
			f := x.finding(s.strict)
			a.Whitelist = append(a.Whitelist, Line{f.Option, f.Value, saved.Total()})
			remaining.subtract(&x.tally)
		}
		a.DMARC = remaining.refused(s.strict)
		a.Refused = a.DMARC.Total()
		if r.Messages > 0 {
			a.Share = float64(a.Refused) / float64(r.Messages)
		}
		a.Blockers = append(a.Blockers, c.blockers(k, &remaining, s.strict)...)
		if period < minPeriod {
			a.Blockers = append(a.Blockers, fmt.Sprintf("The log covers %.1f days. Seven are needed to see the mail that comes once a week.", a.Period))
		}
		if r.Interrupted {
			a.Blockers = append(a.Blockers, "The report was interrupted: let it read all of the logs.")
		}
		a.Safe = r.Messages > 0 && len(a.Blockers) == 0
		r.Advice, chosen = a, s.strict
		if a.Safe {
			break
		}
	}
	a := &r.Advice
	values := []string{}
	if c.options.Whitelist != "" {
		values = append(values, c.options.Whitelist)
	}
	for _, l := range a.Whitelist {
		values = append(values, l.Value)
	}
	a.Merged = strings.Join(values, ",")
	a.Text = a.sentence(r, period)
	a.Steps = a.steps(r, k)
	return chosen
}

func (t *tally) subtract(o *tally) {
	for i := range t {
		for d := range t[i] {
			t[i][d] -= o[i][d]
		}
	}
}

// blockers returns why a value would, or might, lose wanted mail.
func (c *Collector) blockers(k *classes, remaining *tally, strict outcome) []string {
	var all []string
	if n := remaining.wanted(strict); n > 0 {
		all = append(all, fmt.Sprintf("DMARC or DKIM passes for %s that would be refused.", count(n, "message")))
	}
	for _, kind := range [...]string{Forwarder, Misconfigured, Undecided} {
		clients, messages := int64(0), int64(0)
		for x := range k.ofKind(kind) {
			if d := x.tally.refused(strict); d.Total() > 0 && !x.hasLine() {
				clients += int64(len(x.addresses()))
				messages += d.Total()
			}
		}
		switch {
		case messages == 0:
		case kind == Forwarder:
			all = append(all, fmt.Sprintf("%s may come through forwarders (%s), but the log does not show for whom. Report on the lines of Postfix too.", count(messages, "message"), count(clients, "client")))
		case kind == Misconfigured:
			all = append(all, fmt.Sprintf("%s may come from the domains' own servers (%s): the log does not confirm it.", count(messages, "message"), count(clients, "client")))
		default:
			all = append(all, fmt.Sprintf("%s may be wanted (%s): the log shows too little.", count(messages, "message"), count(clients, "client")))
		}
	}
	if d := c.clients.lostConfirmed.refused(strict); d.Total() > 0 {
		all = append(all, fmt.Sprintf("%s from clients that found no room in memory may be wanted: read a shorter period with --since.", count(d.Total(), "message")))
	}
	const few = 100 // at most one message in this many may be unknown
	if c.unchecked*few > c.report.Messages {
		all = append(all, fmt.Sprintf("The log does not have the MAIL FROM result of %s. Mail_From_reject = False has it logged.", count(c.unchecked, "message")))
	}
	return all
}

// sentence returns the answer: whether rejecting is safe.
func (a *Advice) sentence(r *Report, period time.Duration) string {
	setting := a.Option + " = " + a.Value
	effect := fmt.Sprintf("%s would refuse %s of %s (%s)", setting, number(a.Refused), count(r.Messages, "message"), percent(a.Share))
	lines := ""
	switch n := len(a.Whitelist); {
	case n == 1:
		lines = " once the sender below is whitelisted"
	case n > 1:
		lines = fmt.Sprintf(" once the %d senders below are whitelisted", n)
	}
	switch {
	case r.Messages == 0:
		return "The logs have no message that a policy server answered."
	case a.Safe:
		return "Rejecting is safe" + lines + ": " + effect + ", and nothing shows that anyone would miss them."
	case period < minPeriod:
		return fmt.Sprintf("Not yet: the log covers %.1f days, and seven are needed. As far as it shows, %s%s.", a.Period, effect, lines)
	}
	return "Rejecting is not safe yet: " + effect + lines + ", and mail that is wanted may be among them."
}

// steps returns what to do, in order.
func (a *Advice) steps(r *Report, k *classes) []Step {
	steps := []Step{}
	add := func(line, format string, args ...any) {
		steps = append(steps, Step{Text: fmt.Sprintf(format, args...), Line: line})
	}
	if !r.hasDMARC() && r.Messages > 0 {
		add("", "Run a DMARC filter (OpenDMARC or rspamd) that logs to the same file: only its lines show which forwarded mail passes DKIM.")
	}
	if len(a.Whitelist) > 0 {
		saved := int64(0)
		for _, l := range a.Whitelist {
			saved += l.Messages
		}
		add("Whitelist = "+a.Merged, "Put this line into policyd-spf.conf, in place of the one that is there. It saves %s from %s.",
			count(saved, "message"), count(int64(len(a.Whitelist)), "sender"))
	}
	for _, b := range a.Blockers {
		add("", "Before rejecting: %s", b)
	}
	domains := make(map[shortName]bool) // one has two findings if only some of its servers have a line
	for x := range k.ofKind(Misconfigured) {
		domains[x.domain] = true
	}
	if len(domains) > 0 {
		add("", "Tell the postmasters of %s that servers are missing in their records.", count(int64(len(domains)), "domain"))
	}
	if a.Safe {
		note := ""
		if a.Value == strictness[0].value {
			note = " It also refuses neutral, which RFC 7208, 8.2 has treated like none; Softfail does not."
		}
		add(a.Option+" = "+a.Value, "Put this line into policyd-spf.conf.%s", note)
		add("", "Report again after a week: refused mail is in the log, too.")
		return steps
	}
	add("", "Keep on adding headers only, and report again later.")
	return steps
}
