package explain

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Version is the version of Document and of the other documents. It changes
// when a name goes or gets another meaning, not when one is added.
const Version = 1

// Document is how the answer to one request came about. Its names are stable.
// Texts that a client or a name server chose are as they are, except that
// octets which are no UTF-8 become U+FFFD.
type Report struct {
	Version int     `json:"version"`
	Request Request `json:"request"`
	Config  Config  `json:"config"`

	User       *User        `json:"user,omitempty"`       // with Per_User only
	Remembered *Remembered  `json:"remembered,omitempty"` // another recipient of the message was answered before
	Unchecked  string       `json:"unchecked,omitempty"`  // why nothing is checked, if no list says so
	Lists      []*List      `json:"lists,omitempty"`      // entries of whitelists that were looked up
	Bypass     *Setting     `json:"bypass,omitempty"`     // the list that holds the client; value is the entry
	Checks     []*Check     `json:"checks"`               // HELO, then MAIL FROM
	Override   *Setting     `json:"override,omitempty"`   // the option that has the last word over what the checks came to
	Decision   DecisionKind `json:"decision"`
	Reply      string       `json:"reply"` // the line that Postfix gets, without line feeds

	settings settings // for sentences
	identity string   // of the check that decided, or that Override is about
}

// DecisionKind is who decided on the reply.
type DecisionKind string

// Who decides.
const (
	ByHELO       DecisionKind = "helo"       // the check of HELO, and the option named there
	ByMailFrom   DecisionKind = "mailfrom"   // the check of MAIL FROM, and the option named there
	ByList       DecisionKind = "bypass"     // the list under bypass
	ByOverride   DecisionKind = "override"   // the option under override
	ByRemembered DecisionKind = "remembered" // the answer to an earlier recipient
	ByNobody     DecisionKind = "unchecked"  // nothing was checked
	ByUnreadable DecisionKind = "fault"      // the request could not be read
)

// Request is what was asked, as the server read it: in lower case.
type Request struct {
	ClientAddress string `json:"client_address"`
	HELOName      string `json:"helo_name"`
	Sender        string `json:"sender"`
	Recipient     string `json:"recipient"`
	Instance      string `json:"instance,omitempty"`
	QueueID       string `json:"queue_id,omitempty"`
}

// Config is the configuration in force.
type Config struct {
	File     string `json:"file"`
	Problems int    `json:"problems"` // that --check-config would tell of, hints not counted
}

// User is the line of the recipient's own in the per-user file.
type User struct {
	Found   bool     `json:"found"`
	File    string   `json:"file"`
	Line    int      `json:"line,omitempty"`
	Options []string `json:"options,omitempty"` // that it sets
}

// Remembered is what was answered to an earlier recipient of the same message.
type Remembered struct {
	Action string `json:"action"`
	Text   string `json:"text,omitempty"`
}

// Setting is an option with its value in force, and where that is from.
type Setting struct {
	Option string `json:"option"`
	Value  string `json:"value"`
	Origin Origin `json:"origin"`
}

// Origin is where a value is from: a line of a file, or else the default.
type Origin struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Default bool   `json:"default,omitempty"`
}

// List is an entry of a whitelist that was looked up.
type List struct {
	Option  string   `json:"option"`
	Entry   string   `json:"entry,omitempty"`
	Record  *Record  `json:"record,omitempty"` // of an entry whose SPF record is evaluated
	Lookups []Lookup `json:"lookups,omitempty"`
}

// Check is the check of one identity.
type Check struct {
	Identity    string         `json:"identity"` // helo, mailfrom
	IP          string         `json:"ip"`
	Domain      string         `json:"domain"`
	Sender      string         `json:"sender"` // %{s}
	HELO        string         `json:"helo"`   // %{h}
	Cached      bool           `json:"kept"`   // the verdict is kept from an earlier request: there is no record
	Record      *Record        `json:"record,omitempty"`
	Explanation *Explanation   `json:"explanation,omitempty"` // a fail's, if its record has exp=
	Lookups     []Lookup       `json:"lookups,omitempty"`     // that belong to no record
	Verdict     Verdict        `json:"verdict"`
	Fault       *ErrorLocation `json:"fault,omitempty"` // the place in a record that makes permerror
	Rule        *Rule          `json:"rule,omitempty"`  // what the settings make of the verdict
}

// Record is a name whose record was evaluated.
type Record struct {
	Domain  string   `json:"domain"`
	Text    string   `json:"text,omitempty"`
	Lookups []Lookup `json:"lookups,omitempty"`
	Terms   []*Term  `json:"terms,omitempty"` // as far as evaluated
	Result  string   `json:"result"`
	Default bool     `json:"default,omitempty"` // no term matched, and there is no redirect
	Error   string   `json:"error,omitempty"`   // why it cannot be evaluated
	Offset  *int     `json:"offset,omitempty"`  // of a syntax error, in octets of text
	Length  int      `json:"length,omitempty"`  // of what is wrong there

	evaluable int // terms that can be evaluated
}

// Term is a term that was evaluated.
type Term struct {
	Text     string   `json:"text"`
	Offset   int      `json:"offset"`           // in the record, in octets
	Target   string   `json:"target,omitempty"` // the name that it is about
	Counted  int      `json:"counted"`          // terms with lookups so far, this one included
	Counts   bool     `json:"counts"`           // it is one of them
	Lookups  []Lookup `json:"lookups,omitempty"`
	Record   *Record  `json:"record,omitempty"` // of an include or redirect
	Matched  bool     `json:"matched"`
	Result   string   `json:"result,omitempty"` // if it matched
	Error    string   `json:"error,omitempty"`
	redirect bool
}

// Lookup is a lookup that was made.
type Lookup struct {
	Name         string   `json:"name"`
	Type         string   `json:"type"`
	Data         []string `json:"data"` // the strings of a TXT record are joined
	NXDomain     bool     `json:"nxdomain,omitempty"`
	Void         int      `json:"void,omitempty"` // it is the nth void lookup counted
	TTL          float64  `json:"ttl"`            // seconds that are left of it
	Milliseconds float64  `json:"took_ms"`        // milliseconds
	Source       Source   `json:"source"`
	TCP          bool     `json:"tcp,omitempty"`
	Size         int      `json:"size,omitempty"` // octets of the message, if it has data
	Error        string   `json:"error,omitempty"`
}

// Source is where an answer is from.
type Source string

// Where answers are from.
const (
	FromServer Source = "server"
	FromCache  Source = "cache" // asked by an earlier check
	FromAhead  Source = "ahead" // asked before the evaluation came to it
	FromFile   Source = "file"  // of --zone
)

// Explanation is what became of exp=.
type Explanation struct {
	Target  string   `json:"target"`
	Text    string   `json:"text,omitempty"`
	Value   string   `json:"value,omitempty"`
	Lookups []Lookup `json:"lookups,omitempty"`
	Error   string   `json:"error,omitempty"` // why it is not used
}

// Verdict is what a check came to.
type Verdict struct {
	Result     string  `json:"result"`
	Reason     string  `json:"reason"`          // as headers and replies have it
	Error      string  `json:"error,omitempty"` // why it is temperror or permerror
	Domain     string  `json:"domain,omitempty"`
	Record     string  `json:"record,omitempty"`
	Term       string  `json:"term,omitempty"`
	Terms      int     `json:"terms"`
	TermsLimit int     `json:"terms_limit"`
	Voids      int     `json:"voids"`
	VoidsLimit int     `json:"voids_limit"`
	TTL        float64 `json:"ttl"` // seconds for which it is kept
}

// ErrorLocation is a place in a record.
type ErrorLocation struct {
	Domain string `json:"domain"`
	Record string `json:"record,omitempty"`
	Offset int    `json:"offset"` // octets
	Length int    `json:"length"`
	Error  string `json:"error"`
}

// Rule is what the settings make of a verdict.
type Rule struct {
	Action string `json:"action"` // reject, defer, prepend, dunno
	Setting
	Spared bool `json:"spared,omitempty"` // No_Mail makes a header of the rejection
}

// writeJSON writes a document. Text stays readable: it goes to no web page.
func writeJSON(w io.Writer, document any) error {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(document); err != nil {
		return err
	}
	_, err := io.WriteString(w, escapeInvisible(b.String()))
	return err
}

// escaped gives a document with escapes for what encoding/json leaves as it is
// though it does something to a terminal: DEL, C1 controls, and what is not
// seen or turns text round.
func escapeInvisible(document string) string {
	var b strings.Builder
	for _, r := range document {
		if r == '\n' || !unicode.In(r, unicode.Cc, unicode.Cf) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
