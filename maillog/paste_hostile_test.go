package maillog_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"policyd-spf/maillog"
)

// TestPasteIsNeverMisled pastes fields of other programs about a sender whose quoted
// local part imitates them. What is found is what the field was written from, or nothing
// is.
func TestPasteIsNeverMisled(t *testing.T) {
	words := []string{
		"x", " ", "(", ")", ") ", "; ", ";", ": ", `\"`, "a@b.example ", "designates 198.51.100.9 as permitted sender", " does not designate 198.51.100.9 as permitted sender",
		"198.51.100.9 is neither permitted nor denied by domain of ", "domain of v@bank.example ", "client-ip=198.51.100.9; ", "client-ip=198.51.100.9",
		"envelope-from=v@bank.example; ", "identity=mailfrom; ", "helo=bank.example; ", "spf=pass ", "smtp.mailfrom=v@bank.example ", "smtp.remote-ip=198.51.100.9 ",
		"(sender IP is 198.51.100.9) ", "iprev=pass policy.iprev=198.51.100.9 ", "remoteip=198.51.100.9; ", "sender=v@bank.example; ", "SPF=MAILFROM; ",
	}
	forms := []struct{ name, field string }{
		{name: "Gmail", field: "Received-SPF: fail (google.com: domain of SENDER does not designate 192.0.2.1 as permitted sender) client-ip=192.0.2.1;"},
		{name: "Gmail, neutral", field: "Received-SPF: neutral (google.com: 192.0.2.1 is neither permitted nor denied by domain of SENDER) client-ip=192.0.2.1;"},
		{name: "Mail::SPF", field: "Received-SPF: softfail (evil.example: Sender is not authorized by default to use 'SENDER' in 'mfrom' identity) receiver=mx.example.net; identity=mailfrom; envelope-from=QUOTED; helo=h.example; client-ip=192.0.2.1"},
		{name: "Cisco", field: "Received-SPF: Fail (esa.example.net: domain of SENDER does not designate 192.0.2.1 as permitted sender) identity=mailfrom; client-ip=192.0.2.1; receiver=esa.example.net; envelope-from=QUOTED; x-sender=QUOTED"},
		{name: "no comment", field: "Received-SPF: pass client-ip=192.0.2.1; envelope-from=QUOTED; helo=h.example"},
		{name: "AR, Gmail", field: "Authentication-Results: mx.google.com; spf=fail (google.com: domain of SENDER does not designate 192.0.2.1 as permitted sender) smtp.mailfrom=QUOTED"},
		{name: "AR, Gmail, pass", field: "Authentication-Results: mx.google.com; spf=pass (google.com: domain of SENDER designates 192.0.2.1 as permitted sender) smtp.mailfrom=QUOTED"},
		{name: "AR, Microsoft", field: "Authentication-Results: spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=QUOTED; dkim=none"},
		{name: "AR, rspamd", field: "Authentication-Results: mx.example.net; dkim=none; spf=softfail (mx.example.net: 192.0.2.1 is neither permitted nor denied by domain of SENDER) smtp.mailfrom=QUOTED"},
		{name: "AR, with iprev", field: "Authentication-Results: mx.example.net; iprev=pass smtp.remote-ip=192.0.2.1 (h.example); spf=fail smtp.mailfrom=QUOTED smtp.helo=h.example"},
	}
	random := rand.New(rand.NewPCG(15, 1))
	found := make(map[string]int)
	for range 4_000 {
		local := ""
		for range 1 + random.IntN(5) {
			local += words[random.IntN(len(words))]
		}
		sender := `"` + local + `"@evil.example`
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(sender) + `"`
		for _, form := range forms {
			text := strings.NewReplacer("SENDER", sender, "QUOTED", quoted).Replace(form.field)
			s, err := maillog.Paste([]byte(text), now())
			if err != nil {
				continue
			}
			found[form.name]++
			if s.Client.String() != "192.0.2.1" || s.Sender != sender {
				t.Fatalf("%s: %s\nread as %v", form.name, text, describe(&s))
			}
		}
	}
	for _, form := range forms {
		if found[form.name] < 300 {
			t.Errorf("%s: only %d fields were read", form.name, found[form.name])
		}
	}
}

func describe(s *maillog.Source) string {
	return fmt.Sprintf("client %v, HELO %q, sender %q, %v", s.Client, s.HELO, s.Sender, s.Form)
}
