package maillog_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"policyd-spf/maillog"
)

// TestUnquotedLinesAreNeverMisread: pypolicyd-spf and spf-engine quote nothing. Each of
// their lines is read as the values that it was written from, or not believed.
func TestUnquotedLinesAreNeverMisread(t *testing.T) {
	random := rand.New(rand.NewPCG(14, 3))
	believed := make(map[string]int)
	for range 100_000 {
		helo := strings.Map(neutered, hostile(random)) + "h"
		sender := hostile(random) + "@evil.example"
		recipient := [...]string{"<UNKNOWN>", "dest.example", hostile(random) + "@dest.example"}[random.IntN(3)]
		explanation := hostile(random) + hostile(random)
		for _, value := range []*string{&sender, &recipient, &explanation} {
			*value = shown(*value) // syslogd escapes control characters too
		}
		values := fmt.Sprintf("client-ip=192.0.2.1; helo=%s; envelope-from=%s; receiver=%s", helo, sender, recipient)
		domain := sender[strings.IndexByte(sender, '@')+1:]
		for form, text := range map[string]string{
			"check":   "Fail; identity=mailfrom; " + values + " ",
			"header":  "prepend Received-SPF: Fail (" + explanation + ") identity=mailfrom; " + values + " ",
			"AR":      "prepend Authentication-Results: mx.example.net; spf=fail (" + explanation + ") smtp.mailfrom=" + domain + " (" + values + ")",
			"exempt":  "prepend X-Comment: SPF skipped for whitelisted relay - " + values + " ",
			"refusal": "550 5.7.23 Message rejected due to: " + explanation + ". Please see http://www.openspf.net/Why?s=mfrom;id=" + sender + ";ip=192.0.2.1;r=" + recipient,
		} {
			p := maillog.NewParser(now())
			rec := p.Parse([]byte("Nov  2 10:11:12 mx policyd-spf[1]: " + text))
			if rec.Kind == maillog.Unreadable || rec.Ambiguous {
				continue
			}
			believed[form]++
			if rec.Client.String() != "192.0.2.1" || string(rec.Sender) != sender ||
				rec.Known&maillog.HasHELO != 0 && string(rec.HELO) != helo ||
				rec.Known&maillog.HasRecipient != 0 && strings.TrimSuffix(string(rec.Recipient), " ") != recipient {
				t.Fatalf("%s: %s\nread as %v %q %q %q", form, text, rec.Client, rec.HELO, rec.Sender, rec.Recipient)
			}
		}
	}
	for _, form := range []string{"check", "header", "AR", "exempt", "refusal"} {
		if believed[form] < 1000 {
			t.Errorf("only %d lines of the form %q were believed", believed[form], form)
		}
	}
}

// neutered replaces what Postfix replaces in a HELO name.
func neutered(r rune) rune {
	if strings.ContainsRune(" <>()\\\";@", r) || r < ' ' || r == 0x7F {
		return '?'
	}
	return r
}
