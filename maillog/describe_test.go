package maillog

import (
	"fmt"
	"strings"
	"time"
)

// now is the time of reading in all tests.
func now() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

// describe returns what a Record says, in one line.
func describe(r *Record) string {
	kinds := [...]string{"foreign", "unreadable", "other", "checked", "acted", "shadowed", "client", "refused", "queued", "message-id", "delivered", "dmarc", "dkim"}
	parts := []string{kinds[r.Kind]}
	add := func(name string, value any) {
		if text := fmt.Sprint(value); text != "" && text != "0" && text != "false" {
			parts = append(parts, name+"="+text)
		}
	}
	if r.Kind <= Other {
		return parts[0]
	}
	add("qid", string(r.QueueID))
	add("result", r.Result)
	parts = append(parts, describeVerdict(&r.Verdict)...)
	parts = append(parts, describeEnvelope(&r.Envelope)...)
	if r.Ambiguous {
		parts = append(parts, "ambiguous")
	}
	if r.Shadow.Text != nil {
		parts = append(parts, describeShadow(&r.Shadow))
	}
	add("name", string(r.ClientName))
	add("message-id", string(r.ID))
	add("status", string(r.Status))
	return strings.Join(parts, " ")
}

func describeVerdict(v *Verdict) []string {
	var parts []string
	add := func(name string, value any) {
		if text := fmt.Sprint(value); text != "" && text != "0" && text != "false" {
			parts = append(parts, name+"="+text)
		}
	}
	add("identity", v.Identity)
	add("helo_result", v.HELOResult)
	add("mailfrom_result", v.MailFromResult)
	add("action", v.Action)
	add("code", string(v.Code))
	add("reason", string(v.Reason))
	add("exempt", v.Exempt)
	add("domain", string(v.Domain))
	add("term", string(v.Term))
	add("lookups", v.Lookups)
	add("voids", v.Voids)
	add("ms", v.Millis)
	add("cached", v.Cached)
	return parts
}

func describeEnvelope(e *Envelope) []string {
	var parts []string
	if e.Known&HasClient != 0 {
		parts = append(parts, "client="+e.Client.String())
	}
	if e.Known&HasHELO != 0 {
		parts = append(parts, "helo="+string(e.HELO))
	}
	if e.Known&HasSender != 0 {
		parts = append(parts, "sender=<"+string(e.Sender)+">")
	}
	if e.Known&HasRecipient != 0 {
		parts = append(parts, "recipient=<"+string(e.Recipient)+">")
	}
	return parts
}

func describeShadow(s *Shadow) string {
	return strings.TrimSpace(fmt.Sprintf("shadow=%s/%s/%s/%s", s.Action, s.Code, s.Option, s.Value))
}

// describeMessage returns what a Message says, in one line.
func describeMessage(m *Message) string {
	parts := []string{m.Time.UTC().Format("15:04:05"), fmt.Sprintf("%s/%d", m.Host, m.PID)}
	if len(m.QueueID) > 0 {
		parts = append(parts, "qid="+string(m.QueueID))
	}
	parts = append(parts, describeVerdict(&m.Verdict)...)
	parts = append(parts, describeEnvelope(&m.Envelope)...)
	if m.Ambiguous {
		parts = append(parts, "ambiguous")
	}
	if m.HasShadow {
		parts = append(parts, describeShadow(&m.Shadow))
	}
	if m.Answers != 1 {
		parts = append(parts, fmt.Sprintf("answers=%d", m.Answers))
	}
	return strings.Join(parts, " ")
}
