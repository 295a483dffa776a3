package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The limits that documents name are those of the code.
func TestDocumentsNameLimits(t *testing.T) {
	for _, test := range []struct {
		document string
		says     string // with a verb for the number
		folder   string
		constant string
		unit     int64 // 0: 1
	}{
		{document: "SECURITY.md", says: "A line over %s kB or a request", folder: "policy", constant: "maxLine", unit: 1 << 10},
		{document: "SECURITY.md", says: "or a request over %s kB", folder: "policy", constant: "maxRequest", unit: 1 << 10},
		{document: "SECURITY.md", says: "No request takes longer than %s seconds", folder: "conf", constant: "ReplyTimeout"},
		{document: "SECURITY.md", says: "A header has at most %s bytes", folder: "policy", constant: "maxHeader"},
		{document: "SECURITY.md", says: "a reply at most %s;", folder: "policy", constant: "maxReply"},
		{document: "SECURITY.md", says: "has at most %s prefetches in flight", folder: "spf/dns", constant: "maxPrefetches"},
		{document: "SECURITY.md", says: "starts at most %s a request", folder: "spf/dns", constant: "maxRequestPrefetches"},
		{document: "SECURITY.md", says: "stops for %s seconds when one fails", folder: "spf/dns", constant: "prefetchPause"},
		{document: "docs/performance.md", says: "at most %s prefetches in flight", folder: "spf/dns", constant: "maxPrefetches"},
		{document: "docs/performance.md", says: "starts at most %s a request", folder: "spf/dns", constant: "maxRequestPrefetches"},
		{document: "docs/performance.md", says: "and none for %s s after one has failed", folder: "spf/dns", constant: "prefetchPause"},
		{document: "docs/performance.md", says: "Cache the answers to %s questions", folder: "spf/dns", constant: "maxEntries"},
		{document: "docs/performance.md", says: "They take at most %s MB", folder: "spf/dns", constant: "maxBytes", unit: 1 << 20},
		{document: "docs/performance.md", says: "After %s seconds the walk ends", folder: "conf", constant: "DMARCTimeout"},
		{document: "docs/fleet.md", says: "a whole request takes at most %s s", folder: "conf", constant: "ReplyTimeout"},
		{document: "docs/fleet.md", says: "itself announces %s bytes", folder: "spf/dns", constant: "UDPSize"},
		{document: "docs/fleet.md", says: "%s to a resolver on loopback", folder: "spf/dns", constant: "udpSizeLoopback"},
		{document: "docs/report.md", says: "at least %s messages of at least", folder: "report", constant: "minForwarderMessages"},
		{document: "docs/report.md", says: "of at least %s unrelated domains", folder: "report", constant: "minForwarderDomains"},
		{document: "docs/report.md", says: "unrelated domains (%s if", folder: "report", constant: "minDomainsOfDoubtful"},
		{document: "docs/report.md", says: "come on at least %s days, not in bursts", folder: "report", constant: "minDays"},
		{document: "docs/report.md", says: "at least %s messages of one domain", folder: "report", constant: "minServerMessages"},
		{document: "docs/report.md", says: "days (%s, if the client's verified name", folder: "report", constant: "minDaysOfOwnName"},
		{document: "docs/report.md", says: "\"Few recipients\" is up to %s,", folder: "report", constant: "fewRecipients"},
		{document: "docs/report.md", says: "each with %s messages", folder: "report", constant: "deliveriesForMany"},
		{document: "docs/report.md", says: "A burst is %s messages", folder: "report", constant: "minBurst"},
		{document: "docs/report.md", says: "more than %s new domains an hour", folder: "report", constant: "newPerHour"},
		{document: "docs/report.md", says: "recipients, and at least %s, do not exist", folder: "report", constant: "minGuesses"},
		{document: "docs/report.md", says: "At most %s queries are in flight", folder: "report", constant: "recheckWorkers"},
		{document: "docs/report.md", says: "It distinguishes %s clients", folder: "report", constant: "maxClients"},
		{document: "docs/report.md", says: "counted exactly up to %s", folder: "report", constant: "maxExact"},
		{document: "docs/report.md", says: "%s distinct ones for each configuration", folder: "report", constant: "maxDeferred"},
		{document: "docs/report.md", says: "%s questions with `--recheck`", folder: "report", constant: "maxQuestions"},
		{document: "docs/json.md", says: "up to %s for the other kinds", folder: "report", constant: "maxShownClients"},
		{document: "docs/json.md", says: "At most %s findings of the kinds", folder: "report", constant: "maxListed"},
		{document: "man/policyd-spf.1", says: "At most %s queries are in flight", folder: "report", constant: "recheckWorkers"},
		{document: "man/policyd-spf.1", says: "%s clients with mail", folder: "report", constant: "maxClients"},
		{document: "man/policyd-spf.1", says: "at %s random addresses", folder: "spf/lint", constant: "randomProbes"},
		{document: "man/policyd-spf.1", says: "between %s and", folder: "internal/term", constant: "MinWidth"},
		{document: "man/policyd-spf.1", says: "and %s columns", folder: "internal/term", constant: "MaxWidth"},
		{document: "man/policyd-spf.conf.5", says: "at most %s lookups and", folder: "dmarc", constant: "maxQueries"},
		{document: "man/policyd-spf.conf.5", says: "lookups and %s seconds to find", folder: "conf", constant: "DMARCTimeout"},
		{document: "man/policyd-spf.conf.5", says: "Only the first %s PTR records are used", folder: "policy", constant: "maxPTRNames"},
		{document: "man/policyd-spf.conf.5", says: "one of %s seconds for each lookup", folder: "policy", constant: "lookupTimeout"},
		{document: "man/policyd-spf.conf.5", says: "should be at most %s seconds", folder: "conf", constant: "ReplyTimeout"},
		{document: "man/policyd-spf.conf.5", says: "because Postfix waits %s", folder: "conf", constant: "smtpdTimeout"},
		{document: "man/policyd-spf.conf.5", says: "larger than %s megabytes", folder: "conf", constant: "maxConfigSize", unit: 1 << 20},
		{document: "man/policyd-spf.peruser.5", says: "larger than %s megabytes", folder: "conf", constant: "maxPerUserSize", unit: 1 << 20},
		{document: "man/policyd-spf.peruser.5", says: "Only the first %s such lines", folder: "conf", constant: "maxBadLines"},
	} {
		text := strings.ReplaceAll(strings.Join(strings.Fields(read(t, test.document)), " "), `\-`, "-")
		n := intConstant(t, test.folder, test.constant) / max(test.unit, 1)
		found := false
		for _, number := range []string{fmt.Sprint(n), digits(n), inWords(n)} {
			found = found || strings.Contains(text, fmt.Sprintf(test.says, number))
		}
		if !found {
			t.Errorf("%s does not say %q, the %s of %s", test.document, fmt.Sprintf(test.says, digits(n)), test.constant, test.folder)
		}
	}
}

// digits returns a number below a million with a comma after the thousands.
func digits(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// inWords returns a small number in words.
func inWords(n int64) string {
	words := map[int64]string{1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 10: "ten", 20: "twenty", 100: "a hundred"}
	if word, ok := words[n]; ok {
		return word
	}
	return digits(n)
}

// intConstant returns the value of a constant of a package. Durations are in seconds.
func intConstant(t *testing.T, folder, name string) int64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(fset, file, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				spec := spec.(*ast.ValueSpec)
				if spec.Names[0].Name != name || len(spec.Values) == 0 {
					continue
				}
				value := spec.Values[0]
				text := string(source[fset.Position(value.Pos()).Offset:fset.Position(value.End()).Offset])
				result, err := types.Eval(fset, nil, token.NoPos, strings.ReplaceAll(text, "time.Second", "1"))
				if err != nil {
					t.Fatalf("%s: %s = %s: %v", file, name, text, err)
				}
				n, exact := constant.Int64Val(result.Value)
				if !exact {
					t.Fatalf("%s: %s = %s is not an integer", file, name, text)
				}
				return n
			}
		}
	}
	t.Fatalf("%s has no constant %s", folder, name)
	return 0
}
