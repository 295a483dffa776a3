package report

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"policyd-spf/maillog"
	"policyd-spf/policy"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// RecheckMode is what is evaluated again over DNS.
type RecheckMode uint8

// The modes.
const (
	RecheckOff     RecheckMode = iota
	RecheckMissing             // what is missing in the log
	RecheckAll                 // every distinct question of the log
)

const (
	// recheckWorkers bounds the queries in flight: each worker waits for one. A
	// busy server's policy processes have as many.
	recheckWorkers = 20

	// maxQuestions bounds the distinct questions that are evaluated again. One
	// takes about 300 bytes.
	maxQuestions = 50_000

	// maxDifferences is how many differences with one cause are listed.
	maxDifferences = 20
)

// The causes of differences between the log and today.
const (
	CauseRecord   = "record changed" // both results are definite
	CauseServfail = "SERVFAIL"       // a name server failed, then or now
	CauseIDN      = "IDN"            // the name is internationalized: programs differ in how they look it up
	CauseTimeout  = "time-out"       // a name server did not answer, then or now
	CauseOther    = "other"
)

// Recheck is a comparison of logged results with today's.
type Recheck struct {
	Questions int64   `json:"questions"` // distinct ones that were evaluated
	LeftOut   int64   `json:"left_out"`  // for which there was no room, or no time before an interruption
	Same      int64   `json:"same"`
	Different int64   `json:"different"`
	New       int64   `json:"new"` // results that the log does not have
	Causes    []Cause `json:"causes"`
}

// Cause groups differences.
type Cause struct {
	Cause       string       `json:"cause"`
	Questions   int64        `json:"questions"`
	Messages    int64        `json:"messages"`
	Differences []Difference `json:"differences"` // the first ones
}

// Difference is a result that differs from the logged one.
type Difference struct {
	Identity string `json:"identity"` // "helo" or "mailfrom"
	Client   string `json:"client"`
	HELO     string `json:"helo"`
	Sender   string `json:"sender"`
	Logged   string `json:"logged"`
	Now      string `json:"now"`
	Error    string `json:"error,omitempty"` // why there is no result now
	Messages int64  `json:"messages"`
}

// Progress is the progress of the work after the logs are read.
type Progress struct {
	Done, Total int // distinct questions
}

// question is a check of the log.
type question struct {
	identity     policy.Identity
	client       netip.Addr
	helo, sender string
}

// recorded is the log's answer to a question.
type recorded struct {
	result   maillog.Result // the latest; NoResult if it is missing
	reason   string         // of an error
	messages int64
}

// rechecker collects questions.
type rechecker struct {
	all       bool
	questions map[question]*recorded
	left      int64
}

func newRechecker(all bool) *rechecker {
	return &rechecker{all: all, questions: make(map[question]*recorded)}
}

// count collects the questions of a message.
func (r *rechecker) count(p *pending, mailFrom maillog.Result) {
	const needed = maillog.HasClient | maillog.HasHELO | maillog.HasSender
	if p.known&needed != needed || p.exempt {
		return
	}
	if r.all || p.helo == maillog.NoResult {
		r.add(question{identity: policy.HELO, client: p.client, helo: string(p.heloName())}, p.helo, p)
	}
	if p.senderEnd > p.heloEnd && (r.all || mailFrom == maillog.NoResult) {
		r.add(question{identity: policy.MailFrom, client: p.client, helo: string(p.heloName()), sender: string(p.sender())}, mailFrom, p)
	}
}

func (r *rechecker) add(q question, result maillog.Result, p *pending) {
	x := r.questions[q]
	if x == nil {
		if len(r.questions) >= maxQuestions {
			r.left++
			return
		}
		x = &recorded{}
		r.questions[q] = x
	}
	x.messages++
	if result != maillog.NoResult {
		x.result = result
		if x.reason = ""; isError(result) {
			x.reason = string(p.reason())
		}
	}
}

// sorted returns the questions in an order that does not depend on the run.
func (r *rechecker) sorted() []question {
	list := make([]question, 0, len(r.questions))
	for q := range r.questions {
		list = append(list, q)
	}
	slices.SortFunc(list, compareQuestions)
	return list
}

func compareQuestions(a, b question) int {
	if n := a.client.Compare(b.client); n != 0 {
		return n
	}
	if n := strings.Compare(a.helo, b.helo); n != 0 {
		return n
	}
	if n := strings.Compare(a.sender, b.sender); n != 0 {
		return n
	}
	return int(a.identity) - int(b.identity)
}

// compare compares today's results with those of the log.
func (r *rechecker) compare(results map[question]*evaluation) *Recheck {
	report := &Recheck{LeftOut: r.left}
	causes := [...]string{CauseRecord, CauseServfail, CauseIDN, CauseTimeout, CauseOther}
	groups := make(map[string]*Cause)
	for _, name := range causes {
		groups[name] = &Cause{Cause: name, Differences: []Difference{}}
	}
	for _, q := range r.sorted() {
		x, logged := results[q], r.questions[q]
		switch {
		case x.err != nil:
			report.LeftOut++
			continue
		case logged.result == maillog.NoResult:
			report.New++
		case spfResult(logged.result) == x.verdict.Result:
			report.Same++
		default:
			report.Different++
			groups[causeOf(q, logged, &x.verdict)].add(q, logged, &x.verdict)
		}
		report.Questions++
	}
	report.Causes = []Cause{}
	for _, name := range causes {
		if groups[name].Questions > 0 {
			report.Causes = append(report.Causes, *groups[name])
		}
	}
	return report
}

func (c *Cause) add(q question, logged *recorded, v *spf.Verdict) {
	c.Questions++
	c.Messages += logged.messages
	if len(c.Differences) == maxDifferences {
		return
	}
	d := Difference{
		Identity: q.identity.String(), Client: q.client.String(), HELO: q.helo, Sender: q.sender,
		Logged: logged.result.String(), Now: v.Result.String(), Messages: logged.messages,
	}
	if v.Err != nil {
		d.Error = v.Err.Error()
	}
	c.Differences = append(c.Differences, d)
}

// causeOf returns why a result differs from the logged one.
func causeOf(q question, logged *recorded, v *spf.Verdict) string {
	var failure *dns.Error
	if errors.As(v.Err, &failure) && v.Result == spf.Temperror {
		if failure.Kind == dns.Timeout {
			return CauseTimeout
		}
		return CauseServfail
	}
	if logged.result == maillog.Temperror {
		reason := strings.ToLower(logged.reason)
		switch {
		case strings.Contains(reason, "timeout"), strings.Contains(reason, "timed out"):
			return CauseTimeout
		case strings.Contains(reason, "servfail"):
			return CauseServfail
		}
		return CauseOther
	}
	name := q.helo
	if q.identity == policy.MailFrom {
		name = q.sender[strings.LastIndexByte(q.sender, '@')+1:]
	}
	if isInternationalized(name) {
		return CauseIDN
	}
	if logged.result == maillog.Permerror || v.Result == spf.Permerror || v.Result == spf.Temperror {
		return CauseOther
	}
	return CauseRecord
}

// isInternationalized reports whether a name has a U-label or an A-label (RFC
// 5890, 2.3.2.1).
func isInternationalized(name string) bool {
	for i := range len(name) {
		if name[i] >= 0x80 {
			return true
		}
	}
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "xn--") || strings.Contains(name, ".xn--")
}
