package e2e

import (
	"os"
	"strings"
	"testing"
)

// testdata sets up Postfix as the README does, with the paths of the tests. White space
// may differ.
func TestREADME(t *testing.T) {
	data, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	text := words(string(data))
	_, mainLines, _ := strings.Cut(mainCF, "policy-spf_time_limit")
	service := masterCF[strings.Index(masterCF, "policy-spf unix"):]
	service = strings.Replace(service, binary, "/usr/bin/policyd-spf", 1)
	service, _, _ = strings.Cut(service, configFile)
	for _, want := range []string{"policy-spf_time_limit" + mainLines, service} {
		if want = words(want); !strings.Contains(text, want) {
			t.Errorf("the README does not say:\n%s", want)
		}
	}
}
