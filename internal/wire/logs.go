package wire

import "github.com/filavip/filavip/internal/order"

// Logs is the answer to GET /pedidos/logs.
type Logs struct {
	ProcessLog  ProcessLog  `json:"processLog"`
	QueueStatus QueueCounts `json:"queueStatus"`
	Logs        LogLines    `json:"logs"`
	QuickStats  QuickStats  `json:"quickStats"`
}

// ProcessLog is the run's figures as the logs show them.
type ProcessLog struct {
	Timings
	Phase      order.Phase `json:"phase"`
	Throughput Throughput  `json:"throughput"`
	ETA        ETA         `json:"eta"`
	Target     int64       `json:"target"`
	Generated  int64       `json:"generated"`
}

// LogLines are the last lines of each level, oldest first.
type LogLines struct {
	LogMessages   []string `json:"logMessages" nullable:"false"`
	WarnMessages  []string `json:"warnMessages" nullable:"false"`
	ErrorMessages []string `json:"errorMessages" nullable:"false"`
}

// QuickStats are exact counts, under every name they have had.
type QuickStats struct {
	ProcessedLines  int64 `json:"processedLines" doc:"Same as totalProcessed: orders are counted, not lines."`
	VIPProcessed    int64 `json:"vipProcessed"`
	NormalProcessed int64 `json:"normalProcessed"`
	TotalProcessed  int64 `json:"totalProcessed"`
}

// NewLogs returns the logs body; nil lines are shown as empty lists.
func NewLogs(s *Status, queue QueueCounts, info, warn, errors []string) Logs {
	return Logs{
		ProcessLog: ProcessLog{
			Timings:    NewTimings(s),
			Phase:      s.Phase,
			Throughput: s.Throughput,
			ETA:        s.ETA,
			Target:     s.Target,
			Generated:  s.Generated,
		},
		QueueStatus: queue,
		Logs: LogLines{
			LogMessages:   orEmpty(info),
			WarnMessages:  orEmpty(warn),
			ErrorMessages: orEmpty(errors),
		},
		QuickStats: QuickStats{
			ProcessedLines:  s.Counts.Total,
			VIPProcessed:    s.Counts.VIP,
			NormalProcessed: s.Counts.Normal,
			TotalProcessed:  s.Counts.Total,
		},
	}
}

func orEmpty(lines []string) []string {
	if lines == nil {
		return []string{}
	}
	return lines
}
