package api

import "fmt"

// text names a message for people. Every language has every text; field names and
// values of enumerations are no texts and never change.
type text string

// The texts that are not of a kind of problem.
const (
	textFault text = "fault"

	allowedNumber  text = "allowed/number"
	allowedFlag    text = "allowed/flag"
	allowedChoice  text = "allowed/choice"
	allowedChoices text = "allowed/choices"
	allowedOrder   text = "allowed/order"
	allowedRunID   text = "allowed/run"
	allowedCursor  text = "allowed/cursor"
	allowedKey     text = "allowed/key"
	allowedQuery   text = "allowed/query"
	allowedNames   text = "allowed/names"
	allowedNoNames text = "allowed/no-names"
	allowedValue   text = "allowed/value"
	allowedEnd     text = "allowed/end"
	allowedAsSaid  text = "allowed/as-said"
	allowedSeed    text = "allowed/seed"
	allowedWeights text = "allowed/weights"
	allowedLength  text = "allowed/length"
	allowedOfRun   text = "allowed/of-run"
	allowedPhrase  text = "allowed/phrase"
	allowedOrders  text = "allowed/orders"
	allowedOneOf   text = "allowed/one-of"

	textUnknownRoute text = "detail/unknown-route/named"
	textMethod       text = "detail/method-not-allowed/named"
	textNoOrder      text = "detail/not-found/order"
	textNoRun        text = "detail/not-found/run"
	textNoProblem    text = "detail/not-found/problem"
	textRunActive    text = "detail/run-active/named"
	textUnknownHost  text = "detail/unknown-host/named"
	textNotJSON      text = "detail/unsupported-media-type/named"
	textNoKeyInBody  text = "detail/invalid-body/no-key"

	textStarted   text = "started"
	textForced    text = "started/forced"
	textRecovered text = "started/recovered"
	textCancelled text = "cancelled"
	textKept      text = "cancelled/kept"
	textNoneToEnd text = "cancelled/none"
	textReset     text = "reset"
	textAutomatic text = "process"
	textUnstuck   text = "recovered"
	textNoStore   text = "health/unhealthy"

	textRetried      text = "dead-letter/retried"
	textWouldRetry   text = "dead-letter/retried/dry-run"
	textDiscarded    text = "dead-letter/discarded"
	textWouldDiscard text = "dead-letter/discarded/dry-run"

	textStoryAccepted  text = "story/accepted"
	textStoryWaiting   text = "story/waiting"
	textStoryFailed    text = "story/failed"
	textStoryRedriven  text = "story/redriven"
	textStoryProcessed text = "story/processed"
	textStoryDead      text = "story/dead"
	textStoryRemoved   text = "story/removed"
)

// dictionary is one language's texts.
type dictionary map[text]string

// dictionaries holds each language's texts. It is not changed once made.
type dictionaries [languageCount]dictionary

func newDictionaries() dictionaries {
	return dictionaries{english: englishTexts(), portuguese: portugueseTexts()}
}

// say returns a text in a language, with its arguments put in.
func (d *dictionaries) say(lang language, name text, args ...any) string {
	return fmt.Sprintf(d[lang][name], args...)
}
