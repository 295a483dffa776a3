package term

// Branch returns the indent of a child in a tree whose parent's lines begin
// with above.
func (s Style) Branch(above string, last bool) Indent {
	switch {
	case s.UTF8 && last:
		return Indent{above + "└─ ", above + "   "}
	case s.UTF8:
		return Indent{above + "├─ ", above + "│  "}
	case last:
		return Indent{above + "`- ", above + "   "}
	}
	return Indent{above + "|- ", above + "|  "}
}

// Stem returns the start of lines between a parent and its first child.
func (s Style) Stem(above string) string {
	if s.UTF8 {
		return above + "│ "
	}
	return above + "| "
}

// Node is a node of a tree: a text, a note on its right, and children.
type Node struct {
	Text, Note Span
	Children   []Node
}

// Tree prints a node and all nodes below it.
func (p *Printer) Tree(indent Indent, n Node) {
	p.Pair(indent, n.Text, n.Note)
	for i, child := range n.Children {
		p.Tree(p.Branch(indent.Rest, i == len(n.Children)-1), child)
	}
}
