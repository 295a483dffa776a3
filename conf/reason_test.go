package conf

import "testing"

func TestReasonMessage(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{name: "default", in: defaultReasonMessage, want: "Message rejected due to: bad {spf}. Please see http://x"},
		{name: "no field", in: "Go away", want: "Go away"},
		{name: "empty", in: "", want: ""},
		{name: "field alone", in: "{spf}", want: "bad {spf}"},
		{name: "field twice", in: "{spf}{spf}", want: "bad {spf}bad {spf}"},
		{name: "braces", in: "{{spf}} {{{url}}}", want: "{spf} {http://x}"},
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
	for _, bad := range []string{"{", "}", "a}b", "{spf", "{}", "{0}", "{reason}", "{ spf}", "{spf!x}", "{spf:d}", "{spf.upper}", "{{}", "{}}", "{spf}}", "}spf}"} {
		t.Run("bad "+bad, func(t *testing.T) {
			if _, err := ParseReasonMessage(bad); err == nil {
				t.Errorf("%q is accepted", bad)
			}
		})
	}
}

func TestReasonOfSettings(t *testing.T) {
	for _, test := range []struct{ name, message, url, want string }{
		{name: "defaults", message: defaultReasonMessage, url: defaultReasonURL,
			want: "Message rejected due to: x. Please see http://www.openspf.net/Why?s=helo;id=a.example;ip=::1;r=b"},
		{name: "no URL", message: defaultReasonMessage, url: "", want: "Message rejected due to: x."},
		{name: "no URL, own message", message: "No: {spf} {url}!", url: "", want: "No: x !"},
		{name: "own URL", message: "{url}", url: "https://spf.example/?{3}={0}", want: "https://spf.example/?b=helo"},
		{name: "bad message", message: "No: {why}", url: "https://spf.example/", want: "Message rejected due to: x. Please see https://spf.example/"},
		{name: "bad message, no URL", message: "No: {why}", url: "", want: "Message rejected due to: x."},
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
