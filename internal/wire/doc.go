// Package wire holds the JSON shapes of the API and their making from the domain.
//
// The names are those that clients of the challenge know: Portuguese for the fields
// of an order (cliente, valor, observacoes) and its status (pendente, processado,
// falhou, removido), English for the rest. They exist here and nowhere else; the
// rest of the program speaks the words of package order.
//
// Every shape decodes what it encodes, so the command line and the tests read the
// same types that the server writes. A shape may gain a field; it never loses or
// renames one.
//
// # Null rules
//
// A number that is not known yet is 0 and an instant that has not come is null. The
// end of a lane's window is null, and its length 0, until the lane has drained. An
// estimate that has no basis is null rather than a guess. Text for people is put in
// by whoever knows the reader's language; nothing here is translated.
package wire
