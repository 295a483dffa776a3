package suites

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"gopkg.in/yaml.v3"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// TestSuites runs every case of every suite twice: with a fake resolver, and
// over sockets with the client and a name server.
func TestSuites(t *testing.T) {
	exceptions := readExceptions(t)
	if !fileExists("../../shared/suites/rfc7208-tests.yml") {
		t.Run("rfc7208-tests-shared", func(t *testing.T) {
			t.Skip("../shared/suites/rfc7208-tests.yml does not exist; the copy in the Go module is used")
		})
	}
	ran := 0
	for _, path := range suitePaths(t) {
		scenarios := readSuite(t, path)
		t.Run(suiteName(path), func(t *testing.T) {
			for _, s := range scenarios {
				s.cases = slices.DeleteFunc(s.cases, func(c suiteCase) bool { return *caseFlag != "" && c.name != *caseFlag })
				if len(s.cases) == 0 {
					continue
				}
				ran += len(s.cases)
				s = exceptions.apply(t, s)
				t.Run(s.name, func(t *testing.T) {
					t.Parallel()
					s.run(t, "fake", &zoneResolver{zone: s.zone})
					s.run(t, "wire", newClient(serve(t, s.zone)))
				})
			}
		})
	}
	if ran == 0 {
		t.Errorf("no case is named %q", *caseFlag)
	}
	if *caseFlag == "" {
		exceptions.checkAllUsed(t)
	}
}

// run checks all cases in parallel, because some wait for a timeout, and reports each
// in a subtest.
func (s scenario) run(t *testing.T, how string, r dns.Resolver) {
	verdicts := s.verdicts(t, &spf.Checker{Resolver: r, Limits: spf.DefaultLimits()})
	for i, c := range s.cases {
		t.Run(c.name+"/"+how, func(t *testing.T) { c.checkVerdict(t, verdicts[i]) })
	}
}

// verdicts runs a scenario's cases.
func (s scenario) verdicts(t testing.TB, checker *spf.Checker) []spf.Verdict {
	verdicts := make([]spf.Verdict, len(s.cases))
	var wg sync.WaitGroup
	for i, c := range s.cases {
		q := c.args(t)
		wg.Go(func() { verdicts[i] = checker.CheckHost(context.Background(), q) })
	}
	wg.Wait()
	return verdicts
}

// checkVerdict checks that a verdict is what the case wants.
func (c suiteCase) checkVerdict(t *testing.T, v spf.Verdict) {
	if !slices.Contains(c.results, v.Result.String()) {
		t.Errorf("got %s (%v; term %q), want %s\n%v",
			v.Result, v.Err, v.Term, strings.Join(c.results, " or "), c)
		return
	}
	isError := v.Result == spf.Temperror || v.Result == spf.Permerror
	if (v.Err != nil) != isError {
		t.Errorf("got %s with the error %v\n%v", v.Result, v.Err, c)
	}
	switch {
	case v.Result != spf.Fail:
		if v.Explanation != "" {
			t.Errorf("got explanation %q for %s\n%v", v.Explanation, v.Result, c)
		}
	case c.explanation == nil:
	case *c.explanation == noExplanation && v.Explanation != "":
		t.Errorf("got explanation %q, want none\n%v", v.Explanation, c)
	case *c.explanation != noExplanation && v.Explanation != *c.explanation:
		t.Errorf("got explanation %q, want %q\n%v", v.Explanation, *c.explanation, c)
	}
}

// exception is a case whose suite contradicts RFC 7208.
type exception struct {
	Suite, Scenario, Case string
	Result                string // by RFC 7208
	Reason                string
	used                  bool
}

type exceptions []*exception

func readExceptions(t *testing.T) exceptions {
	b, err := os.ReadFile("exceptions.yml")
	if err != nil {
		t.Fatal(err)
	}
	var all exceptions
	if err := yaml.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Reason == "" {
			t.Errorf("exceptions.yml: %s: %s: no reason given", e.Suite, e.Case)
		}
	}
	return all
}

// apply returns the scenario with the results that RFC 7208 wants.
func (all exceptions) apply(t *testing.T, s scenario) scenario {
	for _, e := range all {
		if e.Suite != s.suite || e.Scenario != s.name {
			continue
		}
		i := slices.IndexFunc(s.cases, func(c suiteCase) bool { return c.name == e.Case })
		if i < 0 {
			continue
		}
		if slices.Contains(s.cases[i].results, e.Result) {
			t.Errorf("exceptions.yml: %s: %s: %s is not an exception: the suite wants %s, too",
				s.suite, s.name, e.Case, e.Result)
		}
		s.cases[i].results = []string{e.Result}
		e.used = true
	}
	return s
}

// checkAllUsed checks that each exception names a case.
func (all exceptions) checkAllUsed(t *testing.T) {
	for _, e := range all {
		if !e.used {
			t.Errorf("exceptions.yml: %s: %s: there is no case %s", e.Suite, e.Scenario, e.Case)
		}
	}
}
