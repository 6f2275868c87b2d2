package main

import (
	"context"
	"fmt"
	"io"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

func showStory(ctx context.Context, r *remote, api *client.Client, id string) error {
	story, err := api.Story(ctx, id)
	if err != nil {
		return err
	}
	return r.show(story, func(w io.Writer) error { return printStory(w, &story) })
}

// printStory writes one order and its way.
func printStory(w io.Writer, s *wire.Story) error {
	o := &s.Order
	fmt.Fprintf(w, "Order %s  %s\n\n", printable(o.ID), o.Status)
	t := facts("customer", printable(o.Cliente), "valor", amount(o.Valor), "tier", o.Tier, "priority", o.Priority,
		"run", o.RunID.String(), "created", moment(o.CreatedAt.Time))
	if o.Observacoes != "" {
		t.add("note", printable(o.Observacoes))
	}
	if s.DeadLetter != nil {
		t.add("failed of", printable(s.DeadLetter.Group))
		t.add("times put back", grouped(int64(s.DeadLetter.Redriven)))
	}
	if err := t.print(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	way := newTable("", "", "")
	for _, e := range s.Events {
		way.add(moment(e.At.Time), printable(e.Kind), printable(e.Text))
	}
	return way.print(w)
}
