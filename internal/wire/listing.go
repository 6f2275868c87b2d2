package wire

// OrderPage is the answer to GET /pedidos/orders: one page of orders, oldest first.
type OrderPage struct {
	Limit      int     `json:"limit"`
	Count      int     `json:"count" doc:"How many orders this page has; it may be none although more follow."`
	Orders     []Order `json:"orders" nullable:"false"`
	NextCursor string  `json:"nextCursor,omitempty" doc:"Give it as cursor to get the next page; left out on the last."`
	Examined   int     `json:"examined" doc:"Orders looked at for this page, at most 10,000."`
}
