// Package ui serves the dashboard: the shell that the server renders, and the files that
// its build has made.
//
// # The shell
//
// Every page is one HTML document with its own title and description, and with a summary of
// the current run that needs no script. The script, once it is there, takes the summary's
// place and goes on from the data in the page. The document holds no code and no style of
// its own, so the content security policy allows none.
//
// All its addresses are relative, so it works behind a proxy that strips a prefix off the
// path. Only what the standards want absolute is so: the canonical address, and what is for
// crawlers.
//
// # The files
//
// The folder dist is what `npm run build` in web makes. Names of its files carry a hash of
// their content, so browsers may keep them for good. Its manifest says which files the page
// has to load; without an entry there the page is the summary alone.
package ui
