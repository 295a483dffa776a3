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
	places map[string]int // in latest, by instance
	latest []message      // as a ring once it is full: the oldest at next
	next   int
}

// message is a message and what was answered for it.
type message struct {
	instance string
	action   Action
}

// get gives what was remembered for an instance.
func (m *messages) get(instance string) (Action, bool) {
	i, known := m.places[instance]
	if !known {
		return Action{}, false
	}
	return m.latest[i].action, true
}

// put remembers an action. The oldest message is forgotten for a new one.
func (m *messages) put(instance string, a Action) {
	if instance == "" || len(instance) > maxInstance {
		return
	}
	a.Error = false // as in the original: 5.7.23 after 5.7.24
	i, known := m.places[instance]
	if known {
		m.latest[i].action = a
		return
	}
	if m.places == nil {
		m.places = make(map[string]int)
	}
	if i = len(m.latest); i < maxMessages {
		m.latest = append(m.latest, message{})
	} else {
		i, m.next = m.next, (m.next+1)%maxMessages
		delete(m.places, m.latest[i].instance)
	}
	instance = strings.Clone(instance) // it is a part of a whole request
	m.places[instance], m.latest[i] = i, message{instance, a}
}
