package policy

import "strings"

// The limits of the memory of messages. Postfix does not go back to an earlier
// message on a connection, the original never forgot one.
const (
	maxMessages = 1000
	maxInstance = 1 << 10 // octets; Postfix's have some thirty
)

// messages remembers, by the instance attribute, what was answered for a
// message, so that its other recipients get the same answer, and the header
// only once.
type messages struct {
	actions map[string]Action
	order   []string // the instances, oldest at next once it is full
	next    int
}

// get gives what was remembered for an instance.
func (m *messages) get(instance string) (Action, bool) {
	a, ok := m.actions[instance]
	return a, ok
}

// put remembers an action. The oldest message is forgotten for a new one.
func (m *messages) put(instance string, a Action) {
	if instance == "" || len(instance) > maxInstance {
		return
	}
	a.Error = false // as in the original: 5.7.23 after 5.7.24
	if _, known := m.actions[instance]; !known {
		instance = strings.Clone(instance) // of a whole request
		if m.actions == nil {
			m.actions = make(map[string]Action)
		}
		if len(m.order) < maxMessages {
			m.order = append(m.order, instance)
		} else {
			delete(m.actions, m.order[m.next])
			m.order[m.next] = instance
			m.next = (m.next + 1) % maxMessages
		}
	}
	m.actions[instance] = a
}
