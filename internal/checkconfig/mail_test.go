package checkconfig

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"policyd-spf/conf"
	"policyd-spf/internal/golden"
	"policyd-spf/policy"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

func TestOutcomes(t *testing.T) {
	var got strings.Builder
	for _, test := range []struct{ name, config string }{
		{name: "defaults"},
		{name: "header only", config: "HELO_reject = False\nMail_From_reject = False"},
		{name: "nothing checked", config: "HELO_reject = No_Check\nMail_From_reject = No_Check"},
		{name: "strict", config: "HELO_reject = SPF_Not_Pass\nMail_From_reject = Softfail\nPermError_reject = True\nTempError_Defer = True"},
		{name: "old codes", config: "SPF_Enhanced_Status_Codes = No\nPermError_reject = True\nTempError_Defer = True"},
		{name: "HELO_reject = Null", config: "HELO_reject = Null"},
		{name: "No_Mail", config: "No_Mail = True\nMail_From_reject = Softfail"},
		{name: "test mode", config: "TestOnly = 0\nHeader_Type = AR"},
		{name: "no header", config: "Header_Type = None"},
		{name: "another address", config: "Prospective = 192.0.2.9\nHELO_reject = No_Check"},
		{name: "actions", config: "HELO_pass_restriction = spf_pass\nMail_From_pass_restriction = permit_auth_destination\nMail_From_softfail_restriction = greylist\nMail_From_none_restriction = greylist\nMail_From_reject = False\nHELO_reject = False"},
		{name: "actions for HELO", config: "HELO_none_restriction = greylist\nHELO_softfail_restriction = HOLD"},
		{name: "listed domains", config: "Reject_Not_Pass_Domains = a.example\nHELO_reject = False\nMail_From_reject = False"},
		{name: "DMARC", config: "Leave_DMARC = Enforced"},
		{name: "DMARC, all policies", config: "Leave_DMARC = All\nMail_From_reject = SPF_Not_Pass"},
		{name: "mock", config: "Mock = True"},
	} {
		path := filepath.Join(t.TempDir(), "policyd-spf.conf")
		if err := os.WriteFile(path, []byte(test.config+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		file, err := conf.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		got.WriteString("-- " + test.name + " --\n" + test.config + "\n\n")
		mail := outcomes(&file.Settings)
		for _, o := range mail {
			refused := ""
			if o.Refused {
				refused = " (refused)"
			}
			got.WriteString(strings.TrimSpace(o.Identity+" "+o.Result) + ": " + o.Text + refused + "\n")
		}
		got.WriteString(strings.Join(notes(&file.Settings, mail), "\n") + "\n")
	}
	golden.Compare(t, "testdata/outcomes.txt", got.String())
}

// scenario is a message with one result of one identity; the other has no record.
type scenario struct {
	identity    string
	result      spf.Result
	emptySender bool
	noMail      bool   // the record is "v=spf1 -all"
	dmarc       string // the sender domain's policy
}

// record returns an SPF record with the scenario's result for 192.0.2.1, "" if there
// is no record.
func (s scenario) record() string {
	switch s.result {
	case spf.Pass:
		return "v=spf1 ip4:192.0.2.1 -all"
	case spf.Neutral:
		return "v=spf1 ?all"
	case spf.Softfail:
		return "v=spf1 ~all"
	case spf.Permerror:
		return "v=spf1 nonsense"
	case spf.Fail:
		if s.noMail {
			return "v=spf1 -all"
		}
		return "v=spf1 ip4:203.0.113.1 -all"
	}
	return ""
}

// lookup answers with the scenario's records.
func (s scenario) lookup(q dns.Question, _ time.Time) (dns.Answer, error) {
	checked := map[string]string{"helo": "helo.test.example", "mailfrom": "sender.example"}[s.identity]
	text := ""
	switch {
	case q.Type != dns.TypeTXT:
	case q.Name == checked && s.result == spf.Temperror:
		return dns.Answer{}, &dns.Error{Kind: dns.BadRcode, Question: q}
	case q.Name == checked:
		text = s.record()
	case q.Name == "_dmarc.sender.example" && s.dmarc != "":
		text = "v=DMARC1; p=" + s.dmarc
	}
	if text == "" {
		return dns.Answer{TTL: time.Hour}, nil
	}
	return dns.Answer{TXT: [][]string{{text}}, TTL: time.Hour}, nil
}

// resolve returns the part of an outcome's text that is about the scenario.
func (s scenario) resolve(t *testing.T, text string) string {
	t.Helper()
	yes, rest, ok := strings.Cut(text, ", if ")
	if !ok {
		return text
	}
	conditions, no, _ := strings.Cut(rest, "; otherwise ")
	for condition := range strings.SplitSeq(conditions, " and ") {
		if !s.holds(t, condition) {
			return s.resolve(t, no)
		}
	}
	return yes
}

// holds reports whether a condition of an outcome's text is true.
func (s scenario) holds(t *testing.T, condition string) bool {
	t.Helper()
	policies, isDMARC := strings.CutPrefix(condition, "the DMARC policy is ")
	switch {
	case condition == `the record is "v=spf1 -all"`:
		return s.noMail
	case condition == "the sender is empty":
		return s.emptySender
	case isDMARC && s.dmarc == "":
		return slices.Contains(strings.Split(policies, " or "), "no policy")
	case isDMARC:
		return slices.Contains(strings.Split(policies, " or "), s.dmarc)
	}
	t.Fatalf("a condition that the test does not know: %q", condition)
	return false
}

// replyTo returns how the server's reply begins if an outcome is true.
func replyTo(outcome string) string {
	for _, r := range []struct{ text, reply string }{
		{"rejected, ", ""}, {"deferred, ", ""}, {leftToPostfix, ""},
		{"accepted, with Received-SPF", "prepend Received-SPF: "},
		{"accepted, with Authentication-Results", "prepend Authentication-Results: "},
		{"accepted", "dunno"},
	} {
		if rest, ok := strings.CutPrefix(outcome, r.text); ok && r.reply == "" {
			return rest
		} else if ok {
			return r.reply
		}
	}
	return "an outcome that the test does not know: " + outcome
}

type discard struct{}

func (discard) Write([]policy.Line) {}

// TestOutcomes_served: what --check-config says about mail is what the server does, for
// random configurations.
func TestOutcomes_served(t *testing.T) {
	const configurations = 200
	values := map[string][]string{
		"HELO_reject":                     {"SPF_Not_Pass", "Softfail", "Fail", "Null", "False", "No_Check", "fail"},
		"Mail_From_reject":                {"SPF_Not_Pass", "Softfail", "Fail", "False", "No_Check", "fail"},
		"PermError_reject":                {"True", "False"},
		"TempError_Defer":                 {"True", "False"},
		"No_Mail":                         {"True", "False"},
		"TestOnly":                        {"0", "1", "1", "1"},
		"Header_Type":                     {"SPF", "AR", "None"},
		"SPF_Enhanced_Status_Codes":       {"Yes", "No"},
		"HELO_pass_restriction":           {"", "", "class_a"},
		"HELO_softfail_restriction":       {"", "", "HOLD", "450 4.7.1 later"},
		"HELO_neutral_restriction":        {"", "", "class_b"},
		"HELO_permerror_restriction":      {"", "", "class_b"},
		"HELO_temperror_restriction":      {"", "", "DEFER_IF_PERMIT later"},
		"Mail_From_pass_restriction":      {"", "", "class_a"},
		"Mail_From_softfail_restriction":  {"", "", "class_b"},
		"Mail_From_neutral_restriction":   {"", "", "class_b"},
		"Mail_From_permerror_restriction": {"", "", "class_b"},
		"Mail_From_temperror_restriction": {"", "", "class_b"},
		"Leave_DMARC":                     {"None", "None", "Enforced", "All"},
		"Pass_By_All":                     {"Yes", "No"},
		"Prospective":                     {"", "", "", "192.0.2.1"},
		"Reject_Not_Pass_Domains":         {"", "other.example"},
		"Authserv_Id":                     {"mx.example.net"},
	}
	path := filepath.Join(t.TempDir(), "policyd-spf.conf")
	random := rand.New(rand.NewPCG(1, 2))
	outcomesSeen := make(map[string]bool)
	for range configurations {
		var config strings.Builder
		for _, o := range conf.Options() { // in their order, so that the configurations are always the same
			if choices := values[o.Name]; len(choices) > 0 && random.IntN(2) == 0 {
				fmt.Fprintf(&config, "%s = %s\n", o.Name, choices[random.IntN(len(choices))])
			}
		}
		if err := os.WriteFile(path, []byte(config.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		file, err := conf.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range outcomes(&file.Settings) {
			for _, s := range scenarios(o) {
				want := replyTo(s.resolve(t, o.Text))
				got := answer(t, file.Settings, s)
				outcomesSeen[want] = true
				if !strings.HasPrefix(got, want) {
					t.Fatalf("%+v: %q, but the outcome is %q\n%s", s, got, o.Text, &config)
				}
				if refuses := strings.HasPrefix(got, "4") || strings.HasPrefix(got, "5") || strings.HasPrefix(got, "defer_if_permit"); refuses && !o.Refused && !strings.HasPrefix(o.Text, leftToPostfix) {
					t.Fatalf("%+v: %q, but the outcome is that nothing is refused\n%s", s, got, &config)
				}
			}
		}
	}
	if len(outcomesSeen) < 10 {
		t.Errorf("only %d different outcomes: %v", len(outcomesSeen), outcomesSeen)
	}
}

// scenarios returns the messages that an outcome is about. It has none if the identity
// is not checked.
func scenarios(o Outcome) []scenario {
	i := slices.IndexFunc(results(), func(r spf.Result) bool { return r.String() == o.Result })
	if i < 0 {
		return nil
	}
	result := results()[i]
	s := scenario{identity: o.Identity, result: result}
	all := []scenario{s}
	if result == spf.Fail {
		s.noMail = true
		all = append(all, s)
	}
	for _, s := range all {
		if o.Identity == "helo" {
			s.emptySender = true
			all = append(all, s)
			continue
		}
		for _, p := range []string{"none", "quarantine", "reject"} {
			s.dmarc = p
			all = append(all, s)
		}
	}
	return all
}

// answer returns the server's reply, without "action=".
func answer(t *testing.T, settings conf.Settings, s scenario) string {
	t.Helper()
	server := &policy.Server{Settings: settings, Resolver: dnsfake.Func(s.lookup), Log: &policy.Log{Sink: discard{}}}
	request := policy.Request{
		ClientAddress: "192.0.2.1", HELOName: "helo.test.example", Sender: "a@sender.example",
		Recipient: "b@example.net", Instance: "1",
	}
	if s.emptySender {
		request.Sender = ""
	}
	return server.Answer(t.Context(), request).String()
}
