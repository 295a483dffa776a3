package explain

// Version is the version of all JSON output. It changes when a name is removed or
// changes its meaning, not when one is added.
const Version = 1

// Report is the explanation of the reply to one request. Its JSON names are stable.
// Text from clients and name servers is unchanged, except that bytes which are not
// UTF-8 become U+FFFD.
type Report struct {
	Version int     `json:"version"`
	Source  *Source `json:"source,omitempty"` // of a request that was read from a text
	Request Request `json:"request"`
	Config  Config  `json:"config"`

	User       *User        `json:"user,omitempty"`       // with Per_User only
	Remembered *Remembered  `json:"remembered,omitempty"` // the action cached from an earlier recipient of the message
	Unchecked  string       `json:"unchecked,omitempty"`  // why nothing was checked, if no whitelist is the reason
	Lists      []*List      `json:"lists,omitempty"`      // entries of whitelists that were looked up
	Bypass     *Setting     `json:"bypass,omitempty"`     // the whitelist that contains the client; the value is the entry
	Checks     []*Check     `json:"checks"`               // HELO, then MAIL FROM
	DMARC      *DMARC       `json:"dmarc,omitempty"`      // the DMARC policy, if Leave_DMARC asked for it
	Override   *Setting     `json:"override,omitempty"`   // the option that overrides the checks
	Decision   DecisionKind `json:"decision"`
	Outcome    Outcome      `json:"outcome"`
	Reply      string       `json:"reply"`            // the line that Postfix gets, without line feeds
	Shadow     *Shadow      `json:"shadow,omitempty"` // with Shadow_Config only

	Advice   *Advice         `json:"advice,omitempty"`   // if the result is not what a sender wants
	Glossary []GlossaryEntry `json:"glossary,omitempty"` // terms of SPF that occur in the report

	settings settings // for the text
	policy   *List    // the lookups of the DMARC policy
	identity string   // of the check that decided, or that Override is about
}

// DecisionKind is what decided on the reply.
type DecisionKind string

// The values of Decision.
const (
	ByHELO       DecisionKind = "helo"       // the check of HELO, and the option named there
	ByMailFrom   DecisionKind = "mailfrom"   // the check of MAIL FROM, and the option named there
	ByList       DecisionKind = "bypass"     // the whitelist in bypass
	ByOverride   DecisionKind = "override"   // the option in override
	ByRemembered DecisionKind = "remembered" // the reply to an earlier recipient
	ByNobody     DecisionKind = "unchecked"  // nothing was checked
	ByUnreadable DecisionKind = "fault"      // the request could not be read, or an internal error
)

// DMARC is the DMARC policy of the sender's organizational domain (RFC 9989).
type DMARC struct {
	Domain               string   `json:"domain"` // of the sender
	OrganizationalDomain string   `json:"organizational_domain"`
	RecordDomain         string   `json:"record_domain,omitempty"` // whose record applies
	Policy               string   `json:"policy"`                  // none, quarantine, reject, no policy
	Lookups              []Lookup `json:"lookups,omitempty"`
}

// Shadow is what the configuration of Shadow_Config decides.
type Shadow struct {
	File    string `json:"file"`
	Text    string `json:"text"`    // as the log shows it: the reply, without a header field, and the option that decides
	Unknown bool   `json:"unknown"` // the server lacks the fact that the text names
	Differs bool   `json:"differs"` // Postfix would, or might, get another action
}

// Request is the request as the server read it, in lower case.
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
	Problems int    `json:"problems"` // that --check-config would report, without hints
}

// User is the recipient's line in the per-user file.
type User struct {
	Found   bool     `json:"found"`
	File    string   `json:"file"`
	Line    int      `json:"line,omitempty"`
	Options []string `json:"options,omitempty"` // that it sets
}

// Remembered is the action for the recipients after the first one of a message.
type Remembered struct {
	Action string `json:"action"`
	Text   string `json:"text,omitempty"`
}

// Setting is an option with its value in force, and where the value is from.
type Setting struct {
	Option string `json:"option"`
	Value  string `json:"value"`
	Origin Origin `json:"origin"`
}

// Origin is where a value is from: a line of a file, or the default.
type Origin struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Default bool   `json:"default,omitempty"`
}

// List is a whitelist entry that was looked up.
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
	Cached      bool           `json:"kept"`   // the verdict is from an earlier request: there is no record
	Record      *Record        `json:"record,omitempty"`
	Explanation *Explanation   `json:"explanation,omitempty"` // for a fail whose record has exp=
	Lookups     []Lookup       `json:"lookups,omitempty"`     // that belong to no record or term
	Verdict     Verdict        `json:"verdict"`
	Fault       *ErrorLocation `json:"fault,omitempty"` // the place in a record that causes permerror
	Rule        *Rule          `json:"rule,omitempty"`  // what the settings do with the verdict

	failedName string // of the lookup that makes it temperror
}

// Record is a name and its record, as far as it was evaluated.
type Record struct {
	Domain  string   `json:"domain"`
	Text    string   `json:"text,omitempty"`
	Lookups []Lookup `json:"lookups,omitempty"`
	Terms   []*Term  `json:"terms,omitempty"` // as far as evaluated
	Result  string   `json:"result"`
	Default bool     `json:"default,omitempty"` // no term matched and there is no redirect
	Error   string   `json:"error,omitempty"`   // why it cannot be evaluated
	Offset  *int     `json:"offset,omitempty"`  // of a syntax error in Text, in bytes
	Length  int      `json:"length,omitempty"`  // of the syntax error, in bytes

	NearMisses []NearMiss `json:"near_misses,omitempty"` // if there is no record
	Slips      []Slip     `json:"slips,omitempty"`       // in the record

	evaluable int // terms that can be evaluated
}

// Term is a term that was evaluated.
type Term struct {
	Text     string   `json:"text"`
	Offset   int      `json:"offset"`           // in the record, in bytes
	Target   string   `json:"target,omitempty"` // the name that it looks up
	Counted  int      `json:"counted"`          // terms that cause lookups so far, this one included
	Counts   bool     `json:"counts"`           // it causes lookups
	Lookups  []Lookup `json:"lookups,omitempty"`
	Record   *Record  `json:"record,omitempty"` // of an include or redirect
	Matched  bool     `json:"matched"`
	Result   string   `json:"result,omitempty"` // if it matched
	Error    string   `json:"error,omitempty"`
	redirect bool
}

// Lookup is one lookup.
type Lookup struct {
	Name         string       `json:"name"`
	Type         string       `json:"type"`
	Data         []string     `json:"data"` // the strings of a TXT record are joined
	NXDomain     bool         `json:"nxdomain,omitempty"`
	Void         int          `json:"void,omitempty"` // which void lookup it is, counted from 1
	TTL          float64      `json:"ttl"`            // remaining, in seconds
	Milliseconds float64      `json:"took_ms"`
	Source       AnswerSource `json:"source"`
	TCP          bool         `json:"tcp,omitempty"`
	Size         int          `json:"size,omitempty"` // bytes of the message, if it has data
	Error        string       `json:"error,omitempty"`
}

// AnswerSource is where an answer is from.
type AnswerSource string

// The sources of answers.
const (
	FromServer AnswerSource = "server"
	FromCache  AnswerSource = "cache" // from an earlier check
	FromAhead  AnswerSource = "ahead" // prefetched
	FromFile   AnswerSource = "file"  // the zone file of --zone
)

// Explanation is what an exp= modifier led to.
type Explanation struct {
	Target  string   `json:"target"`
	Text    string   `json:"text,omitempty"`
	Value   string   `json:"value,omitempty"`
	Lookups []Lookup `json:"lookups,omitempty"`
	Error   string   `json:"error,omitempty"` // why it is not used
}

// Verdict is the result of a check, and why.
type Verdict struct {
	Result     string  `json:"result"`
	Reason     string  `json:"reason"`          // as in headers and replies
	Error      string  `json:"error,omitempty"` // why it is temperror or permerror
	Domain     string  `json:"domain,omitempty"`
	Record     string  `json:"record,omitempty"`
	Term       string  `json:"term,omitempty"`
	Terms      int     `json:"terms"`
	TermsLimit int     `json:"terms_limit"`
	Voids      int     `json:"voids"`
	VoidsLimit int     `json:"voids_limit"`
	TTL        float64 `json:"ttl"` // seconds for which it is cached
}

// ErrorLocation is a place in a record.
type ErrorLocation struct {
	Domain string `json:"domain"`
	Record string `json:"record,omitempty"`
	Offset int    `json:"offset"` // in bytes
	Length int    `json:"length"`
	Error  string `json:"error"`
}

// Rule is what the settings do with a verdict.
type Rule struct {
	Action string `json:"action"` // reject, defer, prepend, dunno
	Setting
	Downgraded  bool     `json:"spared,omitempty"`        // No_Mail turned the rejection into a header
	LeftToDMARC bool     `json:"left_to_dmarc,omitempty"` // Leave_DMARC did so
	PassByAll   *Setting `json:"pass_by_all,omitempty"`   // Pass_By_All = No, which denies this Pass its restriction
}
