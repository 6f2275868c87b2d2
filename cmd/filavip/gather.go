package main

// mostListed is how many items one command lists, and mostOnPage how many the server
// puts on a page.
const (
	mostListed = 10_000
	mostOnPage = 200
)

// asker returns a page of at most limit items and the cursor of the next page, which is
// empty behind the last. A page may be empty and have a next one.
type asker[T any] func(limit int, cursor string) (items []T, next string, err error)

// gather asks for page after page until it has limit items or there are no more. With an
// error it returns what it has until then; next is where to go on.
func gather[T any](limit int, cursor string, ask asker[T]) (items []T, next string, err error) {
	items, next = []T{}, cursor // in JSON no items are a list, too
	for len(items) < limit {
		page, after, err := ask(min(limit-len(items), mostOnPage), next)
		if err != nil {
			return items, next, err
		}
		items, next = append(items, page...), after
		if next == "" {
			break
		}
	}
	return items, next, nil
}
