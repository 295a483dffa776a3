package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Prometheus writes the report as gauges in the text format of Prometheus
// (version 0.0.4), for the textfile collector of the node exporter. All series are
// always present, so that none goes missing on a quiet day. Names of clients, domains
// and senders are not labels: each would make another series.
func (r *Report) Prometheus(w io.Writer, since, until time.Time) error {
	p := &metrics{}
	p.gauge("policyd_spf_window_start_timestamp_seconds", "Start of the period that the other metrics are about.")
	p.sample(seconds(since))
	p.gauge("policyd_spf_window_end_timestamp_seconds", "End of the period that the other metrics are about.")
	p.sample(seconds(until))
	p.gauge("policyd_spf_last_message_timestamp_seconds", "Time of the last message in the period, 0 without one.")
	p.sample(seconds(r.Logs.Last))

	p.gauge("policyd_spf_log_lines", "Lines of policy servers that were read, in the period or not.")
	p.count(r.Logs.Ours)
	p.gauge("policyd_spf_log_unreadable_lines", "Lines that could not be read.")
	p.count(r.Logs.Unreadable)
	p.gauge("policyd_spf_messages", "Messages that the policy server answered.")
	p.count(r.Messages)
	p.gauge("policyd_spf_exempt_messages", "Messages that a whitelist kept from being checked.")
	p.count(r.Exempt)
	p.gauge("policyd_spf_refused_messages", "Messages that the policy server rejected.")
	p.count(r.Refused)
	p.gauge("policyd_spf_deferred_messages", "Messages that the policy server deferred.")
	p.count(r.Deferred)

	p.gauge("policyd_spf_checks", "Checks by identity and result (RFC 7208, 2.6).")
	for _, identity := range [...]struct {
		name    string
		results *Results
	}{{"helo", &r.Checks.HELO}, {"mailfrom", &r.Checks.MailFrom}} {
		for i, n := range identity.results.counts() {
			p.count(n, "identity", identity.name, "result", resultNames()[i])
		}
	}
	p.gauge("policyd_spf_dmarc_messages", "Messages by what a DMARC filter logged of them.")
	p.dmarc(&r.DMARC)

	p.gauge("policyd_spf_setting_refused_messages", "Messages that a setting would reject by itself.")
	for _, s := range r.Settings {
		p.count(s.Refused, "option", s.Option, "value", s.Value)
	}
	p.gauge("policyd_spf_setting_deferred_messages", "Messages that a setting would defer by itself.")
	for _, s := range r.Settings {
		p.count(s.Deferred, "option", s.Option, "value", s.Value)
	}
	p.gauge("policyd_spf_setting_unknown_messages", "Messages whose log lacks the result that a setting needs.")
	for _, s := range r.Settings {
		p.count(s.Unknown, "option", s.Option, "value", s.Value)
	}
	p.gauge("policyd_spf_setting_dmarc_messages", "Messages that a setting would refuse, by what a DMARC filter logged of them.")
	for i := range r.Settings {
		p.dmarc(&r.Settings[i].DMARC, "option", r.Settings[i].Option, "value", r.Settings[i].Value)
	}
	if whatIf := distinctConfigs(r.WhatIf); len(whatIf) > 0 {
		p.gauge("policyd_spf_what_if_refused_messages", "Messages that a configuration file would have had rejected.")
		for _, w := range whatIf {
			p.count(w.Refused, "config", w.Config)
		}
		p.gauge("policyd_spf_what_if_deferred_messages", "Messages that a configuration file would have had deferred.")
		for _, w := range whatIf {
			p.count(w.Deferred, "config", w.Config)
		}
		p.gauge("policyd_spf_what_if_unknown_messages", "Messages whose fate under a configuration file the log does not tell.")
		for _, w := range whatIf {
			p.count(w.Unknown, "config", w.Config)
		}
	}
	p.gauge("policyd_spf_findings", "Findings by kind.")
	for _, k := range kindTitles {
		n := int64(0)
		for i := range r.Findings {
			if r.Findings[i].Kind == k.kind {
				n++
			}
		}
		p.count(n, "kind", k.kind)
	}
	_, err := io.WriteString(w, p.text.String())
	return err
}

// distinctConfigs returns the what-ifs without repeated file names: a sample must not
// occur twice.
func distinctConfigs(all []WhatIf) []WhatIf {
	var distinct []WhatIf
	for _, w := range all {
		if !slices.ContainsFunc(distinct, func(d WhatIf) bool { return d.Config == w.Config }) {
			distinct = append(distinct, w)
		}
	}
	return distinct
}

// metrics collects metrics in the text format.
type metrics struct {
	text strings.Builder
	name string // of the metric in progress
}

// gauge begins a metric.
func (p *metrics) gauge(name, help string) {
	p.name = name
	fmt.Fprintf(&p.text, "# HELP %s %s\n# TYPE %[1]s gauge\n", name, help)
}

// count adds a sample that is a number of something. Labels are names and values
// in turn.
func (p *metrics) count(n int64, labels ...string) {
	p.sample(strconv.FormatInt(n, 10), labels...)
}

func (p *metrics) sample(value string, labels ...string) {
	p.text.WriteString(p.name)
	for i := 0; i < len(labels); i += 2 {
		separator := byte(',')
		if i == 0 {
			separator = '{'
		}
		p.text.WriteByte(separator)
		p.text.WriteString(labels[i] + `="` + escapeLabel(labels[i+1]) + `"`)
	}
	if len(labels) > 0 {
		p.text.WriteByte('}')
	}
	p.text.WriteString(" " + value + "\n")
}

// dmarc adds a sample for each DMARC result.
func (p *metrics) dmarc(d *DMARC, labels ...string) {
	for _, x := range [...]struct {
		says string
		n    int64
	}{{"pass", d.Pass}, {"fail", d.Fail}, {"none", d.None}, {"unknown", d.Unknown}} {
		p.count(x.n, append(labels[:len(labels):len(labels)], "dmarc", x.says)...)
	}
}

// escapeLabel escapes the value of a label for the text format.
func escapeLabel(value string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(value, "\ufffd"))
}

// seconds returns a time in seconds since 1970, 0 for none.
func seconds(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64)
}
