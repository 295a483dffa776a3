// Package maillog reads what policy servers, Postfix and DMARC filters write
// about mail: the lines of a mail log, and the header fields, bounces and
// requests that people paste.
//
// A [Parser] reads one line. A [Reader] reads whole logs and assembles the lines
// of a policy server into a [Message] each. [Paste] finds the first usable
// evidence in pasted text.
//
// # What is believed
//
// Only the ident of a line says who wrote it. Text inside the line of another
// program never counts.
//
// policyd-spf writes values as quoted-strings where RFC 7208, 9.1 requires it,
// and the parser undoes that exactly: a line is read as such a list of values
// only if the whole of it is one, each key once. pypolicyd-spf and spf-engine
// quote nothing, and the comments of Authentication-Results and X-Comment and
// the URL of a refusal hold unquoted values in every version. There a value
// ends only where the next key begins, so a sender can include text that looks
// like a key. Such a line is believed only if each key occurs once.
// Otherwise [Record.Ambiguous] is set, and the Record says what was done but not to
// whom: Client, HELO, Sender and Recipient are unknown.
//
// One case remains. A Reason_Message without {url} and without a full stop at its
// end shows the explanation that a domain publishes (exp=) as it is, and that may
// look like the URL of a refusal. A Reader believes the checks logged before a
// refusal rather than its URL, so this concerns only logs without checks.
package maillog
