package mongotest

import (
	"slices"
	"strings"
)

// fanout is how many keys a node of a tree holds before it is split.
const fanout = 128

// tree is an ordered map of keys to records: a B+ tree whose nodes are split when full and
// dropped when empty, and never merged. It is not safe for concurrent writes.
type tree struct {
	root *node
}

// node is a leaf with a record for each key, or, above the leaves, one with a child for
// each key: the child's lowest or less.
type node struct {
	keys  []string
	recs  []*record
	nodes []*node
}

func newTree() *tree { return &tree{root: &node{}} }

// child returns which child holds a key.
func (n *node) child(key string) int {
	i, found := slices.BinarySearch(n.keys, key)
	if !found && i > 0 {
		i--
	}
	return i
}

// insert adds a key, which is not there yet.
func (t *tree) insert(key string, rec *record) {
	if right := t.root.insert(key, rec); right != nil {
		left := t.root
		t.root = &node{keys: []string{left.keys[0], right.keys[0]}, nodes: []*node{left, right}}
	}
}

// insert returns the new right half if the node was split.
func (n *node) insert(key string, rec *record) *node {
	if n.nodes == nil {
		at, _ := slices.BinarySearch(n.keys, key)
		n.keys = slices.Insert(n.keys, at, key)
		n.recs = slices.Insert(n.recs, at, rec)
		return n.split(at)
	}
	at := n.child(key)
	right := n.nodes[at].insert(key, rec)
	if key < n.keys[at] {
		n.keys[at] = key
	}
	if right == nil {
		return nil
	}
	n.keys = slices.Insert(n.keys, at+1, right.keys[0])
	n.nodes = slices.Insert(n.nodes, at+1, right)
	return n.split(at + 1)
}

// split halves a node that is too full. Where keys come in order, the left half stays full.
func (n *node) split(at int) *node {
	if len(n.keys) <= fanout {
		return nil
	}
	half := len(n.keys) / 2
	if at == len(n.keys)-1 {
		half = at
	}
	right := &node{keys: slices.Clone(n.keys[half:])}
	clear(n.keys[half:])
	n.keys = n.keys[:half]
	if n.nodes == nil {
		right.recs = slices.Clone(n.recs[half:])
		clear(n.recs[half:])
		n.recs = n.recs[:half]
		return right
	}
	right.nodes = slices.Clone(n.nodes[half:])
	clear(n.nodes[half:])
	n.nodes = n.nodes[:half]
	return right
}

// remove takes a key away, if it is there.
func (t *tree) remove(key string) {
	t.root.remove(key)
	for len(t.root.nodes) == 1 {
		t.root = t.root.nodes[0]
	}
	if len(t.root.keys) == 0 {
		t.root = &node{}
	}
}

func (n *node) remove(key string) {
	if n.nodes == nil {
		if at, found := slices.BinarySearch(n.keys, key); found {
			n.keys = slices.Delete(n.keys, at, at+1)
			n.recs = slices.Delete(n.recs, at, at+1)
		}
		return
	}
	at := n.child(key)
	n.nodes[at].remove(key)
	if len(n.nodes[at].keys) == 0 {
		n.keys = slices.Delete(n.keys, at, at+1)
		n.nodes = slices.Delete(n.nodes, at, at+1)
	}
}

// ascend calls f with each key from low on, below high, until f returns false. An empty
// high is no limit.
func (t *tree) ascend(low, high string, f func(key string, rec *record) bool) {
	t.root.ascend(low, high, f)
}

// ascend says whether there may be more to come.
func (n *node) ascend(low, high string, f func(string, *record) bool) bool {
	if n.nodes == nil {
		at, _ := slices.BinarySearch(n.keys, low)
		for ; at < len(n.keys); at++ {
			if high != "" && n.keys[at] >= high || !f(n.keys[at], n.recs[at]) {
				return false
			}
		}
		return true
	}
	for at := n.child(low); at < len(n.keys); at++ {
		if !n.nodes[at].ascend(low, high, f) {
			return false
		}
	}
	return true
}

// descend is ascend from the highest key below high down to low.
func (t *tree) descend(low, high string, f func(key string, rec *record) bool) {
	t.root.descend(low, high, f)
}

// descend says whether there may be more to come.
func (n *node) descend(low, high string, f func(string, *record) bool) bool {
	at := len(n.keys) - 1
	if n.nodes == nil {
		if high != "" {
			below, _ := slices.BinarySearchFunc(n.keys, high, strings.Compare)
			at = below - 1
		}
		for ; at >= 0; at-- {
			if n.keys[at] < low || !f(n.keys[at], n.recs[at]) {
				return false
			}
		}
		return true
	}
	if high != "" {
		at = n.child(high)
	}
	for ; at >= 0; at-- {
		if !n.nodes[at].descend(low, high, f) {
			return false
		}
	}
	return true
}
