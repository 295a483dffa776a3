package conf

import "testing"

func TestReasonMessage(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"default", defaultReasonMessage, "Message rejected due to: bad {spf}. Please see http://x"},
		{"no field", "Go away", "Go away"},
		{"empty", "", ""},
		{"field alone", "{spf}", "bad {spf}"},
		{"field twice", "{spf}{spf}", "bad {spf}bad {spf}"},
		{"braces", "{{spf}} {{{url}}}", "{spf} {http://x}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			template, err := ParseReasonMessage(test.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := template.Expand("rejected", "bad {spf}", "http://x"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	for _, bad := range []string{"{", "}", "a}b", "{spf", "{}", "{0}", "{reason}", "{ spf}", "{spf!x}", "{spf:d}", "{spf.upper}", "{{}", "{}}", "{spf}}"} {
		t.Run("bad "+bad, func(t *testing.T) {
			if _, err := ParseReasonMessage(bad); err == nil {
				t.Errorf("%q is accepted", bad)
			}
		})
	}
}

func TestReasonOfSettings(t *testing.T) {
	for _, test := range []struct{ name, message, url, want string }{
		{"defaults", defaultReasonMessage, defaultReasonURL,
			"Message rejected due to: x. Please see http://www.openspf.net/Why?s=helo;id=a.example;ip=::1;r=b"},
		{"no URL", defaultReasonMessage, "", "Message rejected due to: x."},
		{"no URL, own message", "No: {spf} {url}!", "", "No: x !"},
		{"own URL", "{url}", "https://spf.example/?{3}={0}", "https://spf.example/?b=helo"},
		{"bad message", "No: {why}", "https://spf.example/", "Message rejected due to: x. Please see https://spf.example/"},
		{"bad message, no URL", "No: {why}", "", "Message rejected due to: x."},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := Settings{ReasonMessage: test.message, ReasonURL: test.url}
			message, url, err := s.Reason()
			if bad := test.message == "No: {why}"; bad != (err != nil) {
				t.Errorf("error %v", err)
			}
			got := message.Expand("rejected", "x", url.Expand("helo", "a.example", "::1", "b"))
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
