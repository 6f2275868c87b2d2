package ui

import (
	"strconv"
	"strings"
)

// The languages, by their tags.
const (
	english    = "en"
	portuguese = "pt-BR"
)

// dictionary is one language's texts by name.
type dictionary map[string]string

func dictionaries() map[string]dictionary {
	return map[string]dictionary{english: englishTexts(), portuguese: portugueseTexts()}
}

func englishTexts() dictionary {
	return dictionary{
		"thousands": ",",

		"overview": "Overview", "charts": "Charts", "browse": "Orders", "queue": "Queue", "failures": "Failures",
		"runs": "Runs", "run": "Run", "logs": "Logs", "system": "System",

		"about/overview": "Where the current run stands: its phase, its counts and timings, and when it will be done.",
		"about/charts":   "Throughput, queue depth and latency over time, for VIP and NORMAL orders.",
		"about/browse":   "Find orders by id, customer, tier, priority and status.",
		"about/queue":    "What waits, what is being worked on and by whom; pause, resume and clean the queue.",
		"about/failures": "Orders that used up their attempts, grouped by their error, to be put back or discarded.",
		"about/runs":     "The history of runs, with their timings and how each ended.",
		"about/run":      "One run: its phases, timings, throughput and digest.",
		"about/logs":     "The latest log lines of each level, live.",
		"about/system":   "Version, storage, memory, settings with where they come from, and checks.",

		"product":  "A durable order queue that processes millions of orders and ships every VIP before the first NORMAL.",
		"keywords": "order queue, priority queue, VIP, durable queue, e-commerce, orders, throughput, dashboard, Go",

		"pages": "Pages", "now": "Current run", "never": "There has been no run yet.", "unread": "The status cannot be read at the moment. Try again shortly; the server's log says why.",
		"locked": "This server asks for its key. Sign in to see how the work stands; that takes JavaScript.",
		"script": "This summary works without JavaScript. With it, the page follows the work live and lets you steer it.",
		"phase":  "Phase", "runID": "Run", "target": "Asked for", "generated": "Generated", "processed": "Done", "failed": "Failed", "removed": "Removed", "pending": "Pending",
		"progress": "Progress", "paused": "The queue is paused.", "stalled": "No orders are handed out", "ended": "The run ended in an error",
		"timings": "Timings", "generation": "Generation", "enqueueVIP": "Enqueue VIP", "enqueueNormal": "Enqueue NORMAL", "total": "Total (generation + VIP + NORMAL)", "wall": "Wall clock", "left": "Time left",
		"lanes": "Lanes", "lane": "Lane", "orders": "Orders", "start": "Start", "end": "End", "took": "Took", "rate": "Orders per second", "both": "Both",
		"data": "As JSON", "status": "status", "timeseries": "time series", "unknown": "not known",
	}
}

func portugueseTexts() dictionary {
	return dictionary{
		"thousands": ".",

		"overview": "Visão geral", "charts": "Gráficos", "browse": "Pedidos", "queue": "Fila", "failures": "Falhas",
		"runs": "Execuções", "run": "Execução", "logs": "Logs", "system": "Sistema",

		"about/overview": "Em que ponto está a execução atual: fase, contagens, tempos e quando termina.",
		"about/charts":   "Vazão, tamanho da fila e latência ao longo do tempo, para pedidos VIP e NORMAL.",
		"about/browse":   "Encontre pedidos por id, cliente, tier, prioridade e status.",
		"about/queue":    "O que espera, o que está em andamento e com quem; pause, retome e limpe a fila.",
		"about/failures": "Pedidos que esgotaram as tentativas, agrupados por erro, para repor ou descartar.",
		"about/runs":     "O histórico das execuções, com seus tempos e como cada uma terminou.",
		"about/run":      "Uma execução: fases, tempos, vazão e digest.",
		"about/logs":     "As últimas linhas de log de cada nível, ao vivo.",
		"about/system":   "Versão, armazenamento, memória, configurações com sua origem e verificações.",

		"product":  "Uma fila de pedidos durável que processa milhões de pedidos e envia todos os VIP antes do primeiro NORMAL.",
		"keywords": "fila de pedidos, fila com prioridade, VIP, fila durável, e-commerce, pedidos, vazão, painel, Go",

		"pages": "Páginas", "now": "Execução atual", "never": "Ainda não houve nenhuma execução.", "unread": "O status não pode ser lido agora. Tente de novo em instantes; o log do servidor diz o motivo.",
		"locked": "Este servidor pede a sua chave. Entre para ver como está o trabalho; isso exige JavaScript.",
		"script": "Este resumo funciona sem JavaScript. Com ele, a página acompanha o trabalho ao vivo e permite controlá-lo.",
		"phase":  "Fase", "runID": "Execução", "target": "Solicitados", "generated": "Gerados", "processed": "Concluídos", "failed": "Falharam", "removed": "Removidos", "pending": "Pendentes",
		"progress": "Andamento", "paused": "A fila está pausada.", "stalled": "Nenhum pedido é entregue", "ended": "A execução terminou com erro",
		"timings": "Tempos", "generation": "Geração", "enqueueVIP": "Enfileirar VIP", "enqueueNormal": "Enfileirar NORMAL", "total": "Tempo somado (geração + VIP + NORMAL)", "wall": "Tempo total", "left": "Tempo restante",
		"lanes": "Faixas", "lane": "Faixa", "orders": "Pedidos", "start": "Início", "end": "Fim", "took": "Duração", "rate": "Pedidos por segundo", "both": "Ambas",
		"data": "Em JSON", "status": "status", "timeseries": "série temporal", "unknown": "desconhecido",
	}
}

// number writes n with marks between its thousands.
func (d dictionary) number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return sign + strings.Join(append([]string{digits}, groups...), d["thousands"])
}

// millis writes a number of milliseconds.
func (d dictionary) millis(n int64) string { return d.number(n) + " ms" }

// rate writes a number of orders a second.
func (d dictionary) rate(n float64) string { return d.number(int64(n + 0.5)) }
