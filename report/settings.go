package report

import (
	"hash/maphash"
	"net/netip"

	"policyd-spf/conf"
	"policyd-spf/maillog"
	"policyd-spf/policy"
	"policyd-spf/spf"
)

// A combination is the input of a setting: the results of HELO and MAIL FROM and
// whether there is a sender. Messages are counted by combination and DMARC result.
const (
	maillogResults = int(maillog.Permerror) + 1
	combos         = maillogResults * maillogResults * senderStates * dmarcClasses
)

func comboIndex(helo, mailFrom maillog.Result, sender senderState) int {
	return (int(helo)*maillogResults+int(mailFrom))*senderStates + int(sender)
}

// settingRow is a setting whose effect is counted.
type settingRow struct {
	Setting
	settings         conf.Settings
	clients, domains distinct
}

// newSettingRows returns the settings, each with all others set to refuse nothing.
func newSettingRows() []*settingRow {
	// "Neither" is not a value of these options: it rejects no result, but
	// PermError_reject and TempError_Defer apply.
	const off, neither = "No_Check", "Neither"
	row := func(option, value string, change func(*conf.Settings)) *settingRow {
		s := conf.Default()
		s.HELOReject, s.MailFromReject, s.PermErrorReject, s.TempErrorDefer, s.TestOnly = off, off, false, false, 1
		change(&s)
		return &settingRow{Setting: Setting{Option: option, Value: value}, settings: s}
	}
	var rows []*settingRow
	for _, value := range [...]string{"SPF_Not_Pass", "Softfail", "Fail"} {
		rows = append(rows, row("Mail_From_reject", value, func(s *conf.Settings) { s.MailFromReject = value }))
	}
	for _, value := range [...]string{"SPF_Not_Pass", "Softfail", "Fail", "Null"} {
		rows = append(rows, row("HELO_reject", value, func(s *conf.Settings) { s.HELOReject = value }))
	}
	return append(rows,
		row("PermError_reject", "True", func(s *conf.Settings) {
			s.HELOReject, s.MailFromReject, s.PermErrorReject = neither, neither, true
		}),
		row("TempError_Defer", "True", func(s *conf.Settings) {
			s.HELOReject, s.MailFromReject, s.TempErrorDefer = neither, neither, true
		}))
}

// rowMasks are the settings that refuse a combination, a bit each.
type rowMasks struct {
	known                      bool
	refused, deferred, missing uint16
}

// masksOf returns which settings refuse a combination.
func (c *Collector) masksOf(combo int) rowMasks {
	m := &c.masks[combo]
	if m.known {
		return *m
	}
	m.known = true
	f := policy.Facts{
		Client: netip.IPv4Unspecified(), HELOName: "helo.example",
		HELO:     checkResult(maillog.Result(combo/senderStates/maillogResults), noMailUnknown),
		MailFrom: checkResult(maillog.Result(combo/senderStates%maillogResults), noMailUnknown),
	}
	sender := senderState(combo % senderStates)
	if sender == senderKnown {
		f.Sender = someSender
	}
	for n, row := range c.settings {
		d := policy.Decide(&row.settings, f)
		if sender == senderUnknown {
			g := f
			g.Sender = someSender
			if other := policy.Decide(&row.settings, g); other.Kind != d.Kind || other.Needs != d.Needs {
				m.missing |= 1 << n
				continue
			}
		}
		switch {
		case d.Needs != policy.NeedNothing:
			m.missing |= 1 << n
		case d.Kind == policy.Reject:
			m.refused |= 1 << n
		case d.Kind == policy.Defer:
			m.deferred |= 1 << n
		}
	}
	return *m
}

// someSender stands for any sender but the null reverse-path.
const someSender = "sender@domain.example"

// checkResult returns what policy.Decide needs to know about a logged result.
func checkResult(r maillog.Result, n noMail) policy.CheckResult {
	if r == maillog.NoResult {
		return policy.CheckResult{}
	}
	return policy.CheckResult{
		Known: true, Result: spfResult(r), ByAllUnknown: r == maillog.Pass,
		NoMailUnknown: r == maillog.Fail && n == noMailUnknown, // "v=spf1 -all" has no other result
	}
}

func spfResult(r maillog.Result) spf.Result {
	return [...]spf.Result{
		maillog.None: spf.None, maillog.Neutral: spf.Neutral, maillog.Pass: spf.Pass, maillog.Fail: spf.Fail,
		maillog.Softfail: spf.Softfail, maillog.Temperror: spf.Temperror, maillog.Permerror: spf.Permerror,
	}[r]
}

// countSettings counts the client and the domain of a message for each setting
// that refuses it. The messages are counted by combination.
func (c *Collector) countSettings(p *pending, combo int) {
	m := c.masksOf(combo)
	refused := m.refused | m.deferred
	if refused == 0 || p.known&maillog.HasClient == 0 {
		return
	}
	var buf [256]byte
	name := p.domain()
	if len(name) == 0 {
		name = p.heloName()
	}
	client := hashAddr(c.hashSeed, p.client)
	domain := maphash.Bytes(c.join.seed, appendLower(buf[:0], name))
	for n := 0; refused != 0; n++ {
		if refused&1 != 0 {
			c.settings[n].clients.add(client)
			c.settings[n].domains.add(domain)
		}
		refused >>= 1
	}
}

// finishSettings adds up the messages.
func (c *Collector) finishSettings() []Setting {
	rows := make([]Setting, len(c.settings))
	for n, row := range c.settings {
		rows[n] = row.Setting
		rows[n].Clients, rows[n].Domains = row.clients.count(), row.domains.count()
	}
	for i, messages := range c.combos {
		if messages == 0 {
			continue
		}
		m := c.masksOf(i / dmarcClasses)
		for n := range rows {
			switch {
			case m.refused>>n&1 != 0:
				rows[n].Refused += messages
				rows[n].DMARC.add(dmarcClass(i%dmarcClasses), messages)
			case m.deferred>>n&1 != 0:
				rows[n].Deferred += messages
				rows[n].DMARC.add(dmarcClass(i%dmarcClasses), messages)
			case m.missing>>n&1 != 0:
				rows[n].Unknown += messages
			}
		}
	}
	return rows
}
