package policy

import (
	"strings"

	"policyd-spf/internal/lru"
)

// The limits of the instance cache. Postfix does not go back to an earlier message
// on a connection. The original never forgets one; a thousand is what it needs at
// least.
const (
	maxInstances     = 1000
	maxInstanceBytes = 4 << 20 // more than a thousand of the longest replies take
	maxInstance      = 1 << 10 // bytes of an instance attribute; Postfix's have some thirty
	instanceOverhead = 150     // bytes of an entry besides its strings
)

// instanceCache keeps, by the instance attribute, the action for a message, so
// that its other recipients get the same reply, and the header only once.
type instanceCache struct {
	entries *lru.Cache[string, CachedAction] // nil before the first put
}

// get returns the action for the message's other recipients. Reading does not
// count as use: the oldest message is evicted first.
func (c *instanceCache) get(instance string) CachedAction {
	if c.entries == nil {
		return CachedAction{}
	}
	a, _ := c.entries.Peek(instance)
	return a
}

// put stores the action for the message's other recipients.
func (c *instanceCache) put(instance string, a CachedAction) {
	if instance == "" || len(instance) > maxInstance {
		return
	}
	if c.entries == nil {
		c.entries = lru.New(maxInstances, maxInstanceBytes, instanceSize)
	}
	c.entries.Put(strings.Clone(instance), a) // it is part of the request, all of which would stay in memory
}

// instanceSize estimates the bytes that an entry occupies. A text longer than a
// reply can be is a restriction class of the configuration: entries share it.
func instanceSize(instance string, a CachedAction) int {
	return instanceOverhead + len(instance) + min(len(a.Text), maxReply)
}
