package e2e

import (
	"bytes"
	"net/mail"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const mailbox = "/var/mail/e2e"

func clearMailbox(t *testing.T, root string) {
	t.Helper()
	mailbox := root + mailbox
	os.RemoveAll(mailbox)
	if err := os.MkdirAll(mailbox, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(mailbox, 65534, 65534); err != nil {
		t.Fatal(err)
	}
}

// delivered waits until Postfix is done with a message and returns its copies,
// one for each recipient.
func (h *host) delivered(t *testing.T, id string) []*mail.Message {
	t.Helper()
	var copies []*mail.Message
	for _, text := range h.deliveredText(t, id) {
		m, err := mail.ReadMessage(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		copies = append(copies, m)
	}
	return copies
}

// deliveredText is delivered for the copies as they are in the mailbox.
func (h *host) deliveredText(t *testing.T, id string) [][]byte {
	t.Helper()
	h.log.await(t, `postfix/qmgr\[\d+\]: `+id+`: removed`)
	files, err := filepath.Glob(h.root + mailbox + "/all/new/*")
	if err != nil {
		t.Fatal(err)
	}
	var copies [][]byte
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte(" id "+id)) {
			copies = append(copies, text)
		}
	}
	if len(copies) == 0 {
		t.Fatalf("message %s is in no mailbox", id)
	}
	return copies
}

// spfFields are the names of the fields that a policy server adds.
var spfFields = []string{"Received-Spf", "Authentication-Results", "X-Comment"}

// spfHeader returns the field about SPF. A message must have one.
func spfHeader(t *testing.T, m *mail.Message) string {
	t.Helper()
	var found []string
	for _, name := range spfFields {
		for _, value := range m.Header[textproto.CanonicalMIMEHeaderKey(name)] {
			found = append(found, name+": "+strings.TrimSpace(value))
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d SPF headers, want 1: %q", len(found), found)
	}
	return found[0]
}
