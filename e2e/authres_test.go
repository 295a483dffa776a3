package e2e

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// readResults is a Python program that parses an Authentication-Results field from
// standard input with authres and prints it as JSON.
const readResults = `
import authres, json, sys
h = authres.AuthenticationResultsHeader.parse(sys.stdin.read())
print(json.dumps({"id": h.authserv_id, "results": [
    {"method": r.method, "result": r.result,
     "properties": {p.type + "." + p.name: p.value for p in r.properties}}
    for r in h.results]}))
`

type authResults struct {
	ID      string `json:"id"`
	Results []struct {
		Method     string            `json:"method"`
		Result     string            `json:"result"`
		Properties map[string]string `json:"properties"`
	} `json:"results"`
}

// python3-authres, a parser of RFC 8601, reads the values that we wrote to
// Authentication-Results, whatever the client sent.
func TestAuthres(t *testing.T) {
	const python = "/usr/bin/python3" // the one that Debian's modules belong to
	if err := exec.Command(python, "-c", "import authres").Run(); err != nil {
		skip(t, "no python3-authres")
	}
	configure(t, "Header_Type = AR", "Authserv_Id = mx.test", "Mail_From_reject = False", "HELO_reject = False")
	h := startHost(t)
	type test struct{ name, helo, sender, result, property, value string }
	tests := []test{
		{name: "pass", helo: "client.test", sender: "a@pass.test", result: "pass", property: "smtp.mailfrom", value: "pass.test"},
		{name: "fail", helo: "client.test", sender: "a@fail.test", result: "fail", property: "smtp.mailfrom", value: "fail.test"},
		{name: "softfail", helo: "client.test", sender: "a@softfail.test", result: "softfail", property: "smtp.mailfrom", value: "softfail.test"},
		{name: "neutral", helo: "client.test", sender: "a@neutral.test", result: "neutral", property: "smtp.mailfrom", value: "neutral.test"},
		{name: "none", helo: "client.test", sender: "a@none.test", result: "none", property: "smtp.mailfrom", value: "none.test"},
		{name: "permerror", helo: "client.test", sender: "a@permerror.test", result: "permerror", property: "smtp.mailfrom", value: "permerror.test"},
		{name: "temperror", helo: "client.test", sender: "a@temperror.test", result: "temperror", property: "smtp.mailfrom", value: "temperror.test"},
		{name: "null sender", helo: "helopass.test", result: "pass", property: "smtp.helo", value: "helopass.test"},
	}
	for _, x := range hostileValues {
		tests = append(tests, test{name: x.name, helo: x.helo, sender: x.sender, result: "pass", property: "smtp.mailfrom", value: "pass.test"})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, "192.0.2.1", test.helo)
			field := spfHeader(t, h.delivered(t, c.send(message{sender: test.sender, from: "a@pass.test"}))[0])
			cmd := exec.Command(python, "-c", readResults)
			cmd.Stdin = strings.NewReader(field)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("authres cannot read %s\n%s", field, out)
			}
			var got authResults
			if err := json.Unmarshal(out, &got); err != nil {
				t.Fatal(err)
			}
			if got.ID != "mx.test" || len(got.Results) != 1 {
				t.Fatalf("%s\nread as %s", field, out)
			}
			r := got.Results[0]
			if r.Method != "spf" || r.Result != test.result || r.Properties[test.property] != test.value {
				t.Errorf("%s\nread as %s\nwant spf=%s %s=%s", field, out, test.result, test.property, test.value)
			}
		})
	}
	h.log.checkNoProblems(t)
}
